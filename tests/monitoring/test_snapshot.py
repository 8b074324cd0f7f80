"""How a service or a switch stands, and since when, from what was seen of it."""

import dataclasses
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from city.load import load
from monitoring.ledger.intervals import Interval, Observation, State
from monitoring.ledger.store import Ledger
from monitoring.snapshot import LOOK_BACK, NEVER_SEEN, VANTAGE, ObservedIn, Snapshot, Standing, standing, standings

CITY = load(Path(__file__).parents[2] / "cities" / "example")
NOW = datetime(2026, 6, 10, 12, tzinfo=UTC)
START = NOW - LOOK_BACK
UP, DOWN, UNKNOWN = State.UP, State.DOWN, State.UNKNOWN


def ago(hours: float) -> datetime:
    return NOW - timedelta(hours=hours)


def seen(*spans: tuple[datetime, datetime, State]) -> list[Interval]:
    return [Interval(start=start, end=end, state=state) for start, end, state in spans]


@pytest.mark.parametrize(
    ("intervals", "state", "since"),
    [
        pytest.param([], UNKNOWN, None, id="never seen"),
        pytest.param([(ago(5), ago(-1), UP)], UP, ago(5), id="up since it was first seen"),
        pytest.param([(START, ago(-1), UP)], UP, None, id="up for longer than was looked back"),
        pytest.param([(START, ago(3), UP), (ago(3), ago(-1), DOWN)], DOWN, ago(3), id="down since it was not up"),
        pytest.param(
            [(ago(5), ago(3), DOWN), (ago(3), ago(-1), DOWN)], DOWN, ago(5), id="another cause is the same state"
        ),
        pytest.param([(ago(5), ago(2), UP)], UNKNOWN, ago(2), id="unknown since nobody looks"),
        pytest.param([(ago(5), NOW, UP)], UNKNOWN, NOW, id="an interval ends before its end"),
        pytest.param([(ago(5), ago(3), UP), (ago(2), ago(-1), UP)], UP, ago(2), id="a gap is a break"),
        pytest.param(
            [(ago(5), ago(3), UP), (ago(2), ago(-1), UNKNOWN)], UNKNOWN, ago(3), id="a gap is unknown like the rest"
        ),
        pytest.param([(START, ago(2), UNKNOWN)], UNKNOWN, None, id="unknown all the time, asked or not"),
    ],
)
def test_the_state_and_since_when(
    intervals: list[tuple[datetime, datetime, State]], state: State, since: datetime | None
) -> None:
    assert standing(seen(*intervals), START, NOW) == Standing(state=state, since=since)


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    with Ledger("sqlite://", CITY.id) as opened:
        yield opened


def test_services_and_switches_stand_as_the_ledger_saw_them(ledger: Ledger) -> None:
    for hours, state in ((200, UP), (30, DOWN)):
        ledger.observe(
            Observation(subject=subject, at=ago(hours), state=state, reach=timedelta(hours=200))
            for subject in ("service:portal", "device:sw-west-01", "device:ap-0001", "service:gone")
        )
    found = standings(CITY, ledger, NOW)
    down = Standing(state=DOWN, since=ago(30))
    assert {name: how for name, how in found.items() if how != NEVER_SEEN} == {
        "service:portal": down,
        "device:sw-west-01": down,
    }
    assert set(found) == {f"service:{s.id}" for s in CITY.services} | {f"device:{s.id}" for s in CITY.switches}
    assert standings(CITY, ledger, ago(31))["service:portal"] == Standing(state=UP, since=None)


def test_what_is_not_in_a_snapshot_is_unknown() -> None:
    empty = Snapshot(at=NOW, figures=(), states={}, access_points={}, standings={}, observed_in=ObservedIn.CITY)
    assert empty.state_of("ap-0001") is UNKNOWN
    assert empty.standing_of("service:portal") == NEVER_SEEN
    assert dataclasses.replace(empty, observed_in=ObservedIn.LAB).observed_in == "lab"


def test_a_vantage_point_stands_as_it_hears_once_it_told(ledger: Ledger) -> None:
    assert not any(name.startswith(VANTAGE) for name in standings(CITY, ledger, NOW))
    reach = timedelta(hours=2)
    ledger.observe([Observation(subject=f"{VANTAGE}street", at=ago(1), state=UP, reach=reach)])
    found = standings(CITY, ledger, NOW)
    assert {name: one for name, one in found.items() if name.startswith(VANTAGE)} == {
        f"{VANTAGE}street": Standing(state=UP, since=ago(1))
    }
