import dataclasses
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client.exposition import choose_encoder
from prometheus_client.parser import text_string_to_metric_families

from city.clock import FixedClock
from city.load import load
from city.model.city import City
from city.model.places import Text
from monitoring.database_readings import ARCHIVES, BACKUP, LAG, RESTORED, RESTORED_WELL, SLOT_LOST, STANDBY, STREAMS
from monitoring.exposition import RECENT, newest, registry, text
from monitoring.figures.figure import Bounds, Figure, Period
from monitoring.ledger.intervals import DEVICE_STATES, State
from monitoring.series.files import Rows, table
from monitoring.series.store import ParquetSeries
from monitoring.snapshot import CANARY, OBSERVER, VANTAGE, ObservedIn, Snapshot, Standing
from tests.monitoring.judged import FOUND
from tests.monitoring.newest_rows import by_device

ROOT = Path(__file__).parents[2]
CITY = load(ROOT / "cities" / "example")
NOW = datetime(2026, 6, 10, 12, tzinfo=UTC)


def figure(promise: str, value: float | None, lower: float | None, upper: float | None) -> Figure:
    return Figure(
        id=promise,
        name=Text(el="Υπόσχεση", en="Promise"),
        bounds=Bounds(value=value, lower=lower, upper=upper),
        target=0.8,
        due=date(2030, 12, 31),
        unit="share",
        as_of=NOW,
        period=Period(start=NOW, end=NOW),
        formula=Text(el="τύπος", en="formula"),
        inputs=(),
        promised_in="a page",
    )


SNAPSHOT = Snapshot(
    at=NOW,
    figures=(
        figure("wireless-coverage", 0.25, 0.25, 0.5),
        figure("running-cost", None, None, None),
        figure("availability", 0.9, 0.7, 1.0),
    ),
    states={CITY.access_points[0].id: State.UP, CITY.access_points[1].id: State.DOWN},
    access_points={},
    standings={
        "service:portal": Standing(state=State.UP, since=None),
        "service:open-data": Standing(state=State.DOWN, since=NOW - timedelta(hours=3)),
    },
    observed_in=ObservedIn.LAB,
)


def written(snapshot: Snapshot = SNAPSHOT, rows: Rows | None = None, accept: str = "", city: City = CITY) -> str:
    shown, _ = text(city, snapshot, None if rows is None else table(NOW, rows), accept)
    return shown.decode()


def value(name: str, **labels: str) -> float | None:
    """Of the one sample with these labels; None where there is none."""
    families = text_string_to_metric_families(written())
    found = [
        sample.value
        for family in families
        for sample in family.samples
        if (sample.name, sample.labels) == (name, labels)
    ]
    return found.pop() if len(found) == 1 else None


@pytest.mark.parametrize(
    ("promise", "name", "expected"),
    [
        pytest.param("wireless-coverage", "asty_promise_value_ratio", 0.25, id="a value"),
        pytest.param("wireless-coverage", "asty_promise_upper_ratio", 0.5, id="a bound"),
        pytest.param("wireless-coverage", "asty_promise_met", 0.0, id="not met"),
        pytest.param("availability", "asty_promise_met", None, id="what cannot be told is left out"),
        pytest.param("running-cost", "asty_promise_value_ratio", None, id="what is not known is left out"),
        pytest.param("running-cost", "asty_promise_lower_ratio", None, id="and so are its bounds"),
        pytest.param("running-cost", "asty_promise_target_ratio", 0.8, id="the target stays"),
    ],
)
def test_promises(promise: str, name: str, expected: float | None) -> None:
    assert value(name, promise=promise) == expected


@pytest.mark.parametrize(("index", "state"), [(0, "up"), (1, "down"), (2, "unknown")])
def test_a_device_is_in_one_state_and_in_no_other(index: int, state: str) -> None:
    ap = CITY.access_points[index]
    labels = {"device": ap.id, "site": ap.site, "kind": "access-point", "platform": ap.platform}
    found = {one: value("asty_device_state", **labels, asty_device_state=one) for one in DEVICE_STATES}
    assert found == {one: float(one == state) for one in DEVICE_STATES}


@pytest.mark.parametrize(
    ("service", "tier", "state"), [("portal", "1", "up"), ("open-data", "2", "down"), ("job-platform", "3", "unknown")]
)
def test_a_service_is_in_one_state_and_in_no_other(service: str, tier: str, state: str) -> None:
    found = {one: value("asty_service_state", service=service, tier=tier, asty_service_state=one) for one in State}
    assert found == {one: float(one == state) for one in State}


def test_every_service_can_be_alerted_on() -> None:
    lines = written().splitlines()
    down = [line for line in lines if line.startswith("asty_service_state{") and 'asty_service_state="down"' in line]
    assert [line.partition('service="')[2].partition('"')[0] for line in down] == [s.id for s in CITY.services]
    assert [line for line in down if line.endswith(" 1.0")] == [
        'asty_service_state{asty_service_state="down",service="open-data",tier="2"} 1.0'
    ]


@pytest.mark.parametrize("where", ObservedIn)
@pytest.mark.parametrize("accept", ["text/plain", "application/openmetrics-text; version=1.0.0"])
def test_whoever_scrapes_is_told_whether_a_lab_was_observed(where: ObservedIn, accept: str) -> None:
    shown = written(dataclasses.replace(SNAPSHOT, observed_in=where), accept=accept)
    assert f'asty_info{{observed_in="{where.value}"}} 1.0' in shown.splitlines()


OBSERVED = {
    OBSERVER: Standing(state=State.UNKNOWN, since=NOW),
    f"{CANARY}gateway": Standing(state=State.DOWN, since=NOW),
    f"{CANARY}control-plane": Standing(state=State.UP, since=NOW),
    f"{CANARY}10.1.3.1": Standing(state=State.UNKNOWN, since=NOW),
    f"{VANTAGE}street": Standing(state=State.UNKNOWN, since=NOW),
    f"{VANTAGE}datacentre": Standing(state=State.UP, since=NOW),
}


def test_a_vantage_point_that_hears_nobody_is_told() -> None:
    lines = written(dataclasses.replace(SNAPSHOT, standings=OBSERVED)).splitlines()
    assert [line for line in lines if line.startswith("asty_vantage_hears{")] == [
        'asty_vantage_hears{point="street"} 0.0',
        'asty_vantage_hears{point="datacentre"} 1.0',
    ]


def test_who_is_silent_of_those_near_the_observer_is_told_and_who_never_answered_is_not() -> None:
    lines = written(dataclasses.replace(SNAPSHOT, standings=OBSERVED)).splitlines()
    assert [line for line in lines if line.startswith("asty_canary_answers{")] == [
        'asty_canary_answers{canary="gateway"} 0.0',
        'asty_canary_answers{canary="control-plane"} 1.0',
    ]


def test_the_manuals_name_metrics_that_are_there() -> None:
    manuals = "".join(page.read_text(encoding="utf-8") for page in (ROOT / "docs").glob("*.md"))
    named = set(re.findall(r"\basty_[a-z_]+", manuals))
    seen = dataclasses.replace(SNAPSHOT, looked_at=NOW, standings=OBSERVED)
    assert {"asty_service_state", "asty_info"} <= named
    probe = dict.fromkeys(("probeSuccess", "probeDurationSeconds", "probeCertificateEndSeconds"), 1.0)
    database = dict.fromkeys((STANDBY, STREAMS, LAG, ARCHIVES, BACKUP, RESTORED, RESTORED_WELL, SLOT_LOST), 1.0)
    rows = {"service:portal@street": probe, "database:portal@recovery": database}
    told, _ = text(CITY, seen, table(NOW, rows), recovery=FOUND)
    assert named <= {re.split("[{ ]", line)[0] for line in told.decode().splitlines()}


def test_the_age_of_it_all_is_there() -> None:
    assert value("asty_snapshot_timestamp_seconds") == NOW.timestamp()


@pytest.mark.parametrize("accept", ["", "application/openmetrics-text; version=1.0.0; escaping=allow-utf-8"])
def test_the_text_is_what_prometheus_own_encoder_writes_of_the_registry(accept: str) -> None:
    rows = {device.id: {"sysUpTime": 7.0, "ifHCInOctets[ifIndex=2]": 1e9 + n} for n, device in enumerate(CITY.devices)}
    encode, media_type = choose_encoder(accept)
    ours, told = text(CITY, SNAPSHOT, table(NOW, rows), accept)
    assert told == media_type
    assert sorted(ours.splitlines()) == sorted(encode(registry(CITY, SNAPSHOT, table(NOW, rows))).splitlines())


def test_names_of_the_mib_grow_no_suffix_in_either_format() -> None:
    rows = {CITY.access_points[0].id: {"ifHCInOctets[ifIndex=2]": 5.0}}
    line = f'ifHCInOctets{{device="{CITY.access_points[0].id}",ifIndex="2"}} 5.0'
    assert line in written(rows=rows).splitlines()
    assert line in written(rows=rows, accept="application/openmetrics-text; version=1.0.0").splitlines()


@pytest.mark.parametrize(("index", "shown"), [(0, True), (1, False), (2, False)])
def test_readings_of_a_device_that_is_not_up_are_not_told_as_present(index: int, *, shown: bool) -> None:
    rows = {CITY.access_points[index].id: {"ifHCInOctets": 5.0}}
    assert ("ifHCInOctets" in written(rows=rows)) is shown


def test_labels_are_escaped() -> None:
    ap = dataclasses.replace(CITY.access_points[0], platform='a"b\nc')
    city = dataclasses.replace(CITY, access_points=(ap,), switches=())
    assert 'platform="a\\"b\\nc"' in written(city=city)


@pytest.mark.slow
def test_the_newest_readings_come_from_the_series(tmp_path: Path) -> None:
    old, fresh = NOW - timedelta(minutes=4), NOW - timedelta(minutes=1)
    with ParquetSeries(tmp_path / "series", FixedClock(NOW)) as store:
        store.append(NOW - RECENT - timedelta(minutes=1), {"gone": {"sysUpTime": 1.0}})
        store.append(old, {"ap-0001": {"sysUpTime": 1.0, "ifHCInOctets[ifIndex=1]": 10.0}})
        store.append(fresh, {"ap-0001": {"sysUpTime": 2.0, "ifHCInOctets[ifIndex=1]": 20.0}})
        found = by_device(newest(store)(NOW))
    assert found == {"ap-0001": (fresh, {"ifHCInOctets[ifIndex=1]": 20.0, "sysUpTime": 2.0})}


def test_databases_are_told_by_service_and_site_and_what_no_host_said_is_left_out() -> None:
    standby = {
        "databaseStandby": 1.0,
        "databaseStreams": 1.0,
        "databaseLagSeconds": 0.0,
        "databaseBackupEndSeconds": 2e9,
    }
    rows = {"database:portal@recovery": standby, "database:portal@datacentre": {"databaseArchives": 0.0}}
    told = [line for line in written(rows=rows).splitlines() if "database" in line.lower() and not line.startswith("#")]
    assert told == [
        'asty_database_standby{service="portal",site="recovery"} 1.0',
        'asty_database_streams{service="portal",site="recovery"} 1.0',
        'asty_database_lag_seconds{service="portal",site="recovery"} 0.0',
        'asty_database_archives{service="portal",site="datacentre"} 0.0',
        'asty_database_backup_end_timestamp_seconds{service="portal",site="recovery"} 2e+09',
    ]


def test_probes_are_told_by_service_and_point_and_are_no_readings_of_a_device() -> None:
    portal = {"probeSuccess": 1.0, "probeDurationSeconds": 0.25, "probeCertificateEndSeconds": 2e9}
    rows = {"service:portal@street": portal, "service:gis@street": {"probeSuccess": 0.0}, "ap-0001": {"sysUpTime": 1.0}}
    told = [line for line in written(rows=rows).splitlines() if "probe" in line.lower() and not line.startswith("#")]
    assert told == [
        'asty_probe_success{point="street",service="gis"} 0.0',
        'asty_probe_success{point="street",service="portal"} 1.0',
        'asty_probe_duration_seconds{point="street",service="portal"} 0.25',
        'asty_probe_certificate_end_timestamp_seconds{point="street",service="portal"} 2e+09',
    ]
