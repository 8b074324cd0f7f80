"""What Prometheus scrapes at /metrics: promises with their bounds, states of devices and services, newest readings.

Names of readings are those of Prometheus' snmp_exporter (the MIB's own: ifHCInOctets, sysUpTime), so that
dashboards and rules made for it work; the label `device` stands where it has `instance`. What is not known
is left out, never zero: the readings of a device end with its last look that it answered.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from prometheus_client.core import (
    CollectorRegistry,
    GaugeMetricFamily,
    InfoMetricFamily,
    Metric,
    StateSetMetricFamily,
)
from prometheus_client.registry import Collector

from city.model.city import City
from city.model.wireless import AccessPoint
from monitoring.figures.figure import Figure
from monitoring.ledger.intervals import State
from monitoring.series_key import parse_key
from monitoring.snapshot import NEVER_SEEN, OBSERVER, Snapshot

_SHARES: dict[str, tuple[str, Callable[[Figure], float | None]]] = {
    "asty_promise_value_ratio": ("What was found, as a share", lambda figure: figure.value),
    "asty_promise_lower_ratio": ("With everything unknown counted against it", lambda figure: figure.lower),
    "asty_promise_upper_ratio": ("With everything unknown counted for it", lambda figure: figure.upper),
    "asty_promise_target_ratio": ("What was promised", lambda figure: figure.target),
    "asty_promise_met": ("1 met, 0 not met, absent where the bounds straddle the target", lambda figure: figure.met),
}


RECENT = timedelta(minutes=5)
"""A reading that is older is not shown: Prometheus would take it for a new one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The newest value of one series: `name` is the MIB's (ifHCInOctets), `labels` tell its rows apart (ifIndex)."""

    device: str
    name: str
    value: float
    labels: Mapping[str, str] = field(default_factory=dict)


Readings = Callable[[datetime], Iterable[Reading]]


class Store(Protocol):
    """What is asked of the store of series."""

    def latest(self, since: datetime) -> Mapping[str, tuple[datetime, Mapping[str, float]]]:
        """By device: when its newest row since then is from, and the values in it by key."""
        ...


def newest(store: Store, recent: timedelta = RECENT) -> Readings:
    """Gives the newest readings of a moment from the store of series."""

    def at(moment: datetime) -> Iterator[Reading]:
        for device, (_, row) in store.latest(moment - recent).items():
            for key, value in row.items():
                name, labels = parse_key(key)
                yield Reading(device=device, name=name, value=value, labels=labels)

    return at


def registry(city: City, snapshot: Snapshot, readings: Iterable[Reading] = ()) -> CollectorRegistry:
    """A registry of this snapshot alone, for prometheus_client's encoders."""
    made = CollectorRegistry(auto_describe=False)
    made.register(_Snapshot(city, snapshot, tuple(readings)))
    return made


class _Snapshot(Collector):
    def __init__(self, city: City, snapshot: Snapshot, readings: tuple[Reading, ...]) -> None:
        self._city, self._snapshot, self._seen = city, snapshot, readings

    def collect(self) -> Iterable[Metric]:
        yield InfoMetricFamily(
            "asty",
            "Where all of this was observed: a lab stands in for the city",
            {"observed_in": self._snapshot.observed_in},
        )
        yield from _promises(self._snapshot.figures)
        yield _devices(self._city, self._snapshot)
        yield _services(self._city, self._snapshot)
        yield from _readings(reading for reading in self._seen if self._snapshot.state_of(reading.device) is State.UP)
        yield from _observer(self._snapshot)
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


def _devices(city: City, snapshot: Snapshot) -> Metric:
    labels = ["device", "site", "kind", "platform"]
    family = StateSetMetricFamily("asty_device_state", "How each device was last seen", labels=labels)
    for device in city.devices:
        kind = "access-point" if isinstance(device, AccessPoint) else "switch"
        seen = snapshot.state_of(device.id)
        family.add_metric(
            [device.id, device.site, kind, device.platform], {state.value: state is seen for state in State}
        )
    return family


def _services(city: City, snapshot: Snapshot) -> Metric:
    labels = ["service", "tier"]
    family = StateSetMetricFamily("asty_service_state", "How each service was last seen", labels=labels)
    for service in city.services:
        seen = snapshot.standing_of(f"service:{service.id}").state
        family.add_metric([service.id, str(service.tier.value)], {state.value: state is seen for state in State})
    return family


def _observer(snapshot: Snapshot) -> Iterator[Metric]:
    if snapshot.looked_at is not None:
        looked = snapshot.looked_at.timestamp()
        yield GaugeMetricFamily("asty_last_look_timestamp_seconds", "When anything was looked at last", looked)
    if (observer := snapshot.standing_of(OBSERVER)) is not NEVER_SEEN:
        hears = float(observer.state is State.UP)
        yield GaugeMetricFamily("asty_observer_hears", "1 where the observer hears anybody, else 0", hears)


def _readings(readings: Iterable[Reading]) -> Iterator[Metric]:
    """One family per name. Their type is left open, as their names must not grow a suffix."""
    families: dict[str, Metric] = {}
    for reading in readings:
        family = families.setdefault(
            reading.name, Metric(reading.name, f"{reading.name} of the device's MIB", "unknown")
        )
        family.add_sample(reading.name, {"device": reading.device, **reading.labels}, reading.value)
    yield from families.values()
