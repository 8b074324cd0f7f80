"""What Prometheus scrapes at /metrics: promises with their bounds, states of devices and services, newest readings.

Names of readings are those of Prometheus' snmp_exporter (the MIB's own: ifHCInOctets, sysUpTime), so that
dashboards and rules made for it work; the label `device` stands where it has `instance`. What is not known
is left out, never zero: the readings of a device end with its last look that it answered.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Protocol

import pyarrow as pa
import pyarrow.compute as pc
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric, StateSetMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from city.model.city import City
from city.model.wireless import AccessPoint
from monitoring import database_readings, exposition_lines, exposition_recovery
from monitoring.exposition_lines import END
from monitoring.figures.figure import Figure
from monitoring.ledger.intervals import State
from monitoring.probing.readings import CERTIFICATE_ENDS, SECONDS, SUCCESS, of_probes
from monitoring.recovery import Recovery
from monitoring.series.files import DEVICE
from monitoring.snapshot import NEVER_SEEN, OBSERVER, Snapshot

_SHARES: dict[str, tuple[str, Callable[[Figure], float | None]]] = {
    "asty_promise_value_ratio": ("What was found, as a share", lambda figure: figure.value),
    "asty_promise_lower_ratio": ("With everything unknown counted against it", lambda figure: figure.lower),
    "asty_promise_upper_ratio": ("With everything unknown counted for it", lambda figure: figure.upper),
    "asty_promise_target_ratio": ("What was promised", lambda figure: figure.target),
    "asty_promise_met": ("1 met, 0 not met, absent where the bounds straddle the target", lambda figure: figure.met),
}


_DEVICES = exposition_lines.States(
    name="asty_device_state",
    about="How each device was last seen",
    labels=("device", "site", "kind", "platform"),
)

RECENT = timedelta(minutes=5)
"""A reading that is older is not shown: Prometheus would take it for a new one."""


Readings = Callable[[datetime], "pa.Table | None"]
"""The newest values at a moment: columns device, key and value of each device's last row; None where there are none."""


class Store(Protocol):
    """What is asked of the store of series."""

    def latest(self, since: datetime) -> "pa.Table | None":
        """The values of each device's newest row since then, if there is any."""
        ...


def newest(store: Store, recent: timedelta = RECENT) -> Readings:
    """Gives the newest readings of a moment from the store of series."""
    return lambda moment: store.latest(moment - recent)


def registry(
    city: City, snapshot: Snapshot, readings: pa.Table | None = None, recovery: Recovery | None = None
) -> CollectorRegistry:
    """All of it, for prometheus_client's own encoders, which take a sample at a time; `text` writes the same."""
    made = CollectorRegistry(auto_describe=False)
    made.register(_Few(city, snapshot, readings, recovery))
    made.register(exposition_lines.Plain(_DEVICES, tuple(_seen(city, snapshot)), _told(readings, snapshot)))
    return made


def text(
    city: City,
    snapshot: Snapshot,
    readings: pa.Table | None = None,
    accept: str = "",
    *,
    recovery: Recovery | None = None,
) -> tuple[bytes, str]:
    """All of it, in the format that an Accept header asks for, and the media type of that."""
    encode, media_type = choose_encoder(accept)
    few = encode(_Few(city, snapshot, readings, recovery))
    end = END if few.endswith(END) else b""
    parts = [few.removesuffix(end), exposition_lines.states(encode, _DEVICES, _seen(city, snapshot))]
    if (told := _told(readings, snapshot)) is not None:
        parts += exposition_lines.readings(encode, told)
    return b"".join([*parts, end]), media_type


class _Few(Collector):
    """The families that have few samples."""

    def __init__(self, city: City, snapshot: Snapshot, readings: pa.Table | None, recovery: Recovery | None) -> None:
        self._city, self._snapshot, self._readings, self._recovery = city, snapshot, readings, recovery

    def collect(self) -> Iterable[Metric]:
        yield InfoMetricFamily(
            "asty",
            "Where all of this was observed: a lab stands in for the city",
            {"observed_in": self._snapshot.observed_in},
        )
        yield from _promises(self._snapshot.figures)
        yield _services(self._city, self._snapshot)
        yield from _probes(self._readings)
        yield from _databases(self._readings)
        yield from _observer(self._snapshot)
        if self._recovery is not None:
            yield from exposition_recovery.families(self._recovery, self._snapshot.at)
        yield GaugeMetricFamily(
            "asty_snapshot_timestamp_seconds", "When all of this was computed", self._snapshot.at.timestamp()
        )


def _promises(figures: Iterable[Figure]) -> Iterator[Metric]:
    known = list(figures)
    for name, (said, share) in _SHARES.items():
        family = GaugeMetricFamily(name, said, labels=["promise"])
        for figure in known:
            if (value := share(figure)) is not None:
                family.add_metric([figure.id], float(value))
        yield family


def _seen(city: City, snapshot: Snapshot) -> Iterator[tuple[Sequence[str], State]]:
    """The labels of each device, and its state."""
    for device in city.devices:
        kind = "access-point" if isinstance(device, AccessPoint) else "switch"
        yield (device.id, device.site, kind, device.platform), snapshot.state_of(device.id)


def _told(readings: pa.Table | None, snapshot: Snapshot) -> pa.Table | None:
    """Of the devices that are up."""
    up = [device for device, state in snapshot.states.items() if state is State.UP]
    return None if readings is None else readings.filter(pc.is_in(readings[DEVICE], pa.array(up, pa.string())))


def _services(city: City, snapshot: Snapshot) -> Metric:
    labels = ["service", "tier"]
    family = StateSetMetricFamily("asty_service_state", "How each service was last seen", labels=labels)
    for service in city.services:
        seen = snapshot.standing_of(f"service:{service.id}").state
        family.add_metric([service.id, str(service.tier.value)], {state.value: state is seen for state in State})
    return family


_PROBES = {
    SUCCESS: ("asty_probe_success", "1 where the service answered its newest probe as it should, else 0"),
    SECONDS: ("asty_probe_duration_seconds", "How long its newest probe took"),
    CERTIFICATE_ENDS: ("asty_probe_certificate_end_timestamp_seconds", "When the first certificate of its chain ends"),
}


def _probes(readings: pa.Table | None) -> Iterator[Metric]:
    """By service and vantage point; what was not asked lately is left out."""
    families = {key: GaugeMetricFamily(*named, labels=["service", "point"]) for key, named in _PROBES.items()}
    for service, point, key, value in () if readings is None else of_probes(readings):
        families[key].add_metric([service, point], value)
    yield from families.values()


_DATABASES = {
    database_readings.STANDBY: (
        "asty_database_standby",
        "1 where it follows the other site's, 0 where it takes writes",
    ),
    database_readings.STREAMS: ("asty_database_streams", "1 where a stream between the sites stands, else 0"),
    database_readings.SLOT_LOST: (
        "asty_database_slot_lost",
        "1 where this leader has removed log that its follower needs, else 0",
    ),
    database_readings.LAG: ("asty_database_lag_seconds", "The age of what a standby has not replayed yet"),
    database_readings.ARCHIVES: (
        "asty_database_archives",
        "1 where what is written comes to the copies kept here, else 0",
    ),
    database_readings.BACKUP: (
        "asty_database_backup_end_timestamp_seconds",
        "When the newest good base backup ended",
    ),
    database_readings.RESTORED: (
        "asty_database_restore_test_timestamp_seconds",
        "When a backup was restored as a test last",
    ),
    database_readings.RESTORED_WELL: (
        "asty_database_restore_test_good",
        "1 where that test found all rows, else 0",
    ),
}


def _databases(readings: pa.Table | None) -> Iterator[Metric]:
    """By service and site; what no host said lately is left out."""
    families = {key: GaugeMetricFamily(*named, labels=["service", "site"]) for key, named in _DATABASES.items()}
    for service, site, key, value in () if readings is None else database_readings.of_databases(readings):
        families[key].add_metric([service, site], value)
    yield from families.values()


def _observer(snapshot: Snapshot) -> Iterator[Metric]:
    near = GaugeMetricFamily(
        "asty_canary_answers", "1 where what is near the observer answers, else 0", labels=["canary"]
    )
    for name, state in snapshot.canaries.items():
        if state is not State.UNKNOWN:
            near.add_metric([name], float(state is State.UP))
    yield near
    far = GaugeMetricFamily("asty_vantage_hears", "1 where a vantage point hears anybody, else 0", labels=["point"])
    for point, state in snapshot.vantages.items():
        far.add_metric([point], float(state is State.UP))
    yield far
    if snapshot.looked_at is not None:
        looked = snapshot.looked_at.timestamp()
        yield GaugeMetricFamily("asty_last_look_timestamp_seconds", "When anything was looked at last", looked)
    if (observer := snapshot.standing_of(OBSERVER)) is not NEVER_SEEN:
        hears = float(observer.state is State.UP)
        yield GaugeMetricFamily("asty_observer_hears", "1 where the observer hears anybody, else 0", hears)
