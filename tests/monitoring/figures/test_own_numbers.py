"""Each figure once more, by arithmetic of its own: minute by minute, place by place, fraction by fraction."""

import dataclasses
import math
from bisect import bisect_right
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest

from city.model.services import ServiceHours
from monitoring.coverage.share import footprints
from monitoring.figures.figure import Bounds, Figure
from monitoring.figures.promised import Promised
from monitoring.ledger.intervals import Observation, State
from monitoring.ledger.store import Ledger
from monitoring.promises.broadband import Connections, Rule, broadband
from monitoring.promises.running_cost import CostLine, CostPeriod, RunningCost, running_cost
from monitoring.radios import subject
from monitoring.sending import Sending
from tests.monitoring.measured import EXAMPLE, RULE

ATHENS = ZoneInfo("Europe/Athens")
UP, DEGRADED, DOWN, UNKNOWN = State.UP, State.DEGRADED, State.DOWN, State.UNKNOWN
WEEK = timedelta(days=7)
REACH_MIN = 40
Look = tuple[int, State]
"""Minutes since the week began, and what was seen then; it speaks for 40 minutes at most."""


def steady(state: State, since: int, until: int) -> list[Look]:
    return [(minute, state) for minute in range(since, until, 30)]


def minutes(looks: Sequence[Look], hours: ServiceHours, begin: datetime) -> tuple[int, int, int]:
    """Minutes agreed, up and down in the week from `begin`, each asked for by itself."""
    found, when = {"agreed": 0, UP: 0, DOWN: 0}, [minute for minute, _ in looks]
    for minute in range(7 * 24 * 60):
        wall = (begin + timedelta(minutes=minute)).astimezone(ATHENS)
        if wall.weekday() in hours.days and hours.start <= wall.time() < (
            hours.end if hours.end > time(0) else time.max
        ):
            found["agreed"] += 1
            before = bisect_right(when, minute)
            if before and minute < when[before - 1] + REACH_MIN:
                state = looks[before - 1][1]
                found[UP] += state in {UP, DEGRADED}
                found[DOWN] += state is DOWN
    return found["agreed"], found[UP], found[DOWN]


OFFICE = ServiceHours(days=(0, 1, 2, 3, 4), start=time(8), end=time(16))
ALWAYS = ServiceHours(days=tuple(range(7)), start=time(0), end=time(0))
DAY_MIN = 24 * 60
HISTORIES = {
    "seen up all week": steady(UP, 0, 7 * DAY_MIN),
    "nobody looked at all": [],
    "nobody looked for two days": [*steady(UP, 0, 2 * DAY_MIN), *steady(UP, 4 * DAY_MIN, 7 * DAY_MIN)],
    "down for a night and a morning": [*steady(UP, 0, 1200), *steady(DOWN, 1200, 2100), *steady(UP, 2100, 7 * DAY_MIN)],
    "unknown for a day": [*steady(UP, 0, 1440), *steady(UNKNOWN, 1440, 2880), *steady(DOWN, 2880, 7 * DAY_MIN)],
    "degraded is up": [*steady(UP, 0, 1440), *steady(DEGRADED, 1440, 5000), *steady(DOWN, 5000, 7000)],
    "seen once a day": [(day * DAY_MIN + 600, DOWN if day == 3 else UP) for day in range(7)],
    "changes within each reach": [(minute, (UP, DOWN)[minute % 2]) for minute in range(0, 7 * DAY_MIN, 13)],
}


@pytest.mark.slow
@pytest.mark.parametrize(
    "begin", ["2030-05-05T21:00", "2030-03-27T22:00", "2030-10-23T21:00"], ids=["May", "spring", "autumn"]
)
@pytest.mark.parametrize("hours", [OFFICE, ALWAYS], ids=["office", "always"])
@pytest.mark.parametrize("looks", HISTORIES.values(), ids=HISTORIES)
def test_availability_minute_by_minute(looks: list[Look], hours: ServiceHours, begin: str) -> None:
    """Also in the weeks in which clocks change."""
    start = datetime.fromisoformat(begin).replace(tzinfo=UTC)
    service = dataclasses.replace(EXAMPLE.services[0], hours=hours)
    city = dataclasses.replace(EXAMPLE, services=(service,), time_zone=ATHENS)
    agreed, up, down = minutes(looks, hours, start)
    with Ledger("sqlite://", city.id) as ledger:
        reach = timedelta(minutes=REACH_MIN)
        for minute, state in looks:
            at = start + timedelta(minutes=minute)
            ledger.observe([Observation(subject=f"service:{service.id}", at=at, state=state, reach=reach)])
        found = figure("availability", Promised(city).figures(ledger, start + WEEK, WEEK))
    assert found.value == (up / (up + down) if up + down else None)
    assert (found.lower, found.upper) == (up / agreed, (agreed - down) / agreed)
    assert [found.number(f"services_{name}_hours") * 60 for name in ("agreed", "up", "unknown")] == pytest.approx(
        [agreed, up, agreed - up - down]
    )


def figure(promise: str, figures: Sequence[Figure]) -> Figure:
    return next(one for one in figures if one.id == promise)


def heard(metres: float, ghz: float, eirp_dbm: float) -> float:
    """TR 38.901, UMi-Street Canyon, for an access point at 6 m and a person at 1.5 m: 3 dB body loss, -67 dBm."""
    near = max(metres, 10.0)
    slant = math.sqrt(near**2 + 4.5**2)
    turn = 4 * 5.0 * 0.5 * ghz * 1e9 / 3e8
    los = 32.4 + 21 * math.log10(slant) + 20 * math.log10(ghz)
    if near > turn:
        los = 32.4 + 40 * math.log10(slant) + 20 * math.log10(ghz) - 9.5 * math.log10(turn**2 + 4.5**2)
    nlos = max(los, 35.3 * math.log10(slant) + 22.4 + 21.3 * math.log10(ghz))
    visible = 1.0 if metres <= 18 else 18 / metres + math.exp(-metres / 36) * (1 - 18 / metres)
    bearable = eirp_dbm - 3 + 67
    shares = [math.erfc((loss - bearable) / sigma / math.sqrt(2)) / 2 for loss, sigma in ((los, 4.0), (nlos, 7.82))]
    return visible * shares[0] + (1 - visible) * shares[1]


PLACES = footprints(EXAMPLE, RULE).residents
WHERE = [*zip(PLACES.x.tolist(), PLACES.y.tolist(), PLACES.people.tolist(), strict=True)]
METRES = {ap.id: EXAMPLE.boundary.plane.to_metres(ap.position) for ap in EXAMPLE.access_points}
CHANNEL_GHZ = {1: 2.412, 6: 2.437, 11: 2.462, 13: 2.472}


def covered(sending: dict[str, tuple[int, float]]) -> float:
    """Residents at places that one of these hears at half of the spots or more, of all residents."""
    there = 0.0
    for x, y, people in WHERE:
        shares = (
            heard(math.hypot(x - METRES[ap][0], y - METRES[ap][1]), CHANNEL_GHZ[channel], eirp)
            for ap, (channel, eirp) in sending.items()
        )
        there += people * (max(shares, default=0.0) >= 0.5)
    return there / 3900


DECLARED = {ap.id: (ap.radios[0].channel, ap.radios[0].eirp_dbm) for ap in EXAMPLE.access_points}
FIRST, SECOND, *REST = DECLARED


@pytest.mark.slow
@pytest.mark.parametrize(
    ("down", "unknown", "otherwise"),
    [
        pytest.param([], [], {}, id="all up as declared"),
        pytest.param([FIRST, SECOND], [], {}, id="two down"),
        pytest.param([FIRST], REST[:5], {}, id="one down, five not seen"),
        pytest.param([], [], {FIRST: (13, 8.0), SECOND: (1, 11.0)}, id="two weaker than declared"),
        pytest.param(REST[4:], [FIRST], {SECOND: (6, 14.0)}, id="most down, one not seen, one weaker"),
    ],
)
def test_coverage_place_by_place(down: list[str], unknown: list[str], otherwise: dict[str, tuple[int, float]]) -> None:
    at = datetime(2030, 5, 6, tzinfo=UTC)
    with Ledger("sqlite://", EXAMPLE.id) as ledger:
        ledger.observe(
            Observation(
                subject=subject(ap, RULE.band),
                at=at,
                state=DOWN if ap in down else UP,
                reach=timedelta(hours=1),
                cause=str(Sending(channel=otherwise[ap][0], eirp_dbm=otherwise[ap][1])) if ap in otherwise else "",
            )
            for ap in DECLARED
            if ap not in unknown
        )
        found = figure("wireless-coverage", Promised(EXAMPLE).figures(ledger, at))
    seen = {ap: how for ap, how in (DECLARED | otherwise).items() if ap not in down and ap not in unknown}
    assert found.lower == found.value == pytest.approx(covered(seen), abs=1e-9)
    assert found.upper == pytest.approx(covered(seen | {ap: DECLARED[ap] for ap in unknown}), abs=1e-9)
    assert found.number("designed") == pytest.approx(covered(DECLARED), abs=1e-9)


def test_everybody_of_the_census_stands_somewhere() -> None:
    assert math.fsum(people for _, _, people in WHERE) == pytest.approx(3900)


Lines = tuple[tuple[int, int], ...]


def bill(start: str, end: str, lines: Lines) -> CostPeriod:
    made = tuple(
        CostLine(category="c", lower=Decimal(low), upper=Decimal(high), status="account", source="s")
        for low, high in lines
    )
    return CostPeriod(start=date.fromisoformat(start), end=date.fromisoformat(end), currency="EUR", lines=made)


@pytest.mark.parametrize(
    ("before", "now", "days"),
    [
        pytest.param(((100, 100),), ((70, 70),), 365, id="exact"),
        pytest.param(((80, 120), (40, 40)), ((50, 60), (-30, -10)), 365, id="a credit"),
        pytest.param(((80, 120),), ((50, 60), (-90, -80)), 366, id="credits of more than the costs, in a leap year"),
        pytest.param(((80, 120), (-20, -20)), ((-10, 40),), 181, id="a credit in the baseline; half a year"),
    ],
)
def test_cost_at_every_corner(before: Lines, now: Lines, days: int) -> None:
    """Whatever each line cost within its bounds: the saving is extreme where all of them are."""
    end = date(2023, 1, 1) + timedelta(days=days)
    cost = RunningCost(
        baseline=bill("2017-01-01", "2018-01-01", before), actual=bill("2023-01-01", end.isoformat(), now)
    )
    savings = [
        1 - (Fraction(sum(line[n] for line in now), days) / Fraction(sum(line[b] for line in before), 365))
        for n in (0, 1)
        for b in (0, 1)
    ]
    found = running_cost(cost, end).bounds
    assert (found.lower, found.upper) == pytest.approx((float(min(savings)), float(max(savings))))
    middles = [Fraction(sum(low + high for low, high in lines), 2) for lines in (before, now)]
    assert found.value == pytest.approx(float(1 - middles[1] / days / (middles[0] / 365)))


CONNECTIONS = (
    ("west", 1000, 620, 900, "2024-06-30"),
    ("west", 1000, 700, 900, "2024-12-31"),
    ("west", 24, 100, 900, "2024-12-31"),
    ("east", 30, 400, 800, "2024-06-30"),
    ("east", 29, 300, 800, "2024-06-30"),
    ("north", 1000, 5, 50, "2025-06-30"),
)
ROWS = tuple(
    Connections(
        area=area,
        technology="any",
        download_mbps=mbps,
        households=households,
        households_total=total,
        as_of=date.fromisoformat(day),
        source="a survey",
    )
    for area, mbps, households, total, day in CONNECTIONS
)


@pytest.mark.parametrize(
    ("on", "value", "lower", "upper"),
    [
        pytest.param("2024-06-29", None, None, None, id="before anybody counted"),
        pytest.param("2024-06-30", (1020, 1320), (1020, 1700), (1400, 1700), id="the first count"),
        pytest.param("2025-01-01", (1100, 1500), (1100, 1700), (1300, 1700), id="west counted again, east not"),
        pytest.param("2025-07-01", (1105, 1505), (1105, 1750), (1350, 1750), id="and north"),
    ],
)
def test_broadband_by_fractions(
    on: str, value: tuple[int, int] | None, lower: tuple[int, int] | None, upper: tuple[int, int] | None
) -> None:
    found = broadband(Rule(download_mbps=30, file="broadband.csv", connections=ROWS), date.fromisoformat(on)).bounds
    wanted = [None if one is None else float(Fraction(*one)) for one in (value, lower, upper)]
    assert found == Bounds(value=wanted[0], lower=wanted[1], upper=wanted[2])
