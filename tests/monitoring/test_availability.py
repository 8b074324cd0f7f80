from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from city.model.services import ServiceHours
from monitoring.availability import agreed_spans, gross, together
from monitoring.ledger.intervals import Interval, State

ATHENS = ZoneInfo("Europe/Athens")
MIDNIGHT = datetime(2030, 5, 6, tzinfo=UTC)
WEEK = tuple(range(7))


def hour(n: float) -> datetime:
    return MIDNIGHT + timedelta(hours=n)


def hours(start: float, end: float, state: State = State.UP) -> Interval:
    return Interval(start=hour(start), end=hour(end), state=state)


DAY = [(hour(0), hour(24))]


@pytest.mark.parametrize(
    ("seen", "lower", "value", "upper"),
    [
        pytest.param([hours(0, 24)], 1.0, 1.0, 1.0, id="always up"),
        pytest.param([hours(0, 12), hours(12, 24, State.DOWN)], 0.5, 0.5, 0.5, id="half down"),
        pytest.param([hours(0, 12)], 0.5, 1.0, 1.0, id="nobody looked for half a day"),
        pytest.param([hours(0, 12), hours(12, 24, State.UNKNOWN)], 0.5, 1.0, 1.0, id="seen to be unknown is no more"),
        pytest.param([hours(0, 6, State.DOWN)], 0.0, 0.0, 0.75, id="only downtime was seen"),
        pytest.param([], 0.0, None, 1.0, id="nobody looked at all"),
        pytest.param([hours(0, 12), hours(12, 24, State.DEGRADED)], 1.0, 1.0, 1.0, id="degraded is up"),
        pytest.param([hours(-5, 30)], 1.0, 1.0, 1.0, id="cut to what was agreed"),
    ],
)
def test_gross(seen: list[Interval], lower: float, value: float | None, upper: float) -> None:
    found = gross(seen, DAY)
    assert (found.lower, found.value, found.upper) == (lower, value, upper)


def test_time_degraded_is_a_part_of_the_time_up() -> None:
    found = gross([hours(0, 6), hours(6, 9, State.DEGRADED), hours(9, 12, State.DOWN)], DAY)
    assert (found.up, found.degraded, found.down) == (timedelta(hours=9), timedelta(hours=3), timedelta(hours=3))
    assert together([found, found]).degraded == timedelta(hours=6)
    assert gross([hours(6, 9, State.DEGRADED)], DAY).observed == 1


def test_outside_agreed_time_nothing_counts() -> None:
    found = gross([hours(0, 8, State.DOWN), hours(8, 24)], [(hour(8), hour(16))])
    assert (found.lower, found.agreed) == (1.0, timedelta(hours=8))


def test_no_agreed_time_gives_no_figure() -> None:
    found = gross([hours(0, 24)], [])
    assert (found.lower, found.value, found.upper) == (None, None, None)


def test_overlap_is_refused() -> None:
    with pytest.raises(ValueError, match="overlaps"):
        gross([hours(0, 13), hours(12, 24)], DAY)


def test_every_second_of_each_subject_counts_alike() -> None:
    found = together([gross([hours(0, 24)], DAY), gross([hours(0, 24, State.DOWN)], DAY), gross([], DAY)])
    assert (found.lower, found.value, found.upper) == pytest.approx((1 / 3, 1 / 2, 2 / 3))


def test_a_subject_counts_as_observed_where_something_of_its_agreed_time_was_seen() -> None:
    agreed = [(hour(8), hour(16))]
    histories: tuple[list[Interval], ...] = (
        [hours(9, 10)],
        [hours(15, 24, State.DOWN)],
        [hours(9, 10), hours(10, 11, State.DOWN)],
        [hours(0, 8)],
        [hours(8, 16, State.UNKNOWN)],
        [],
    )
    assert [gross(seen, agreed).observed for seen in histories] == [1, 1, 1, 0, 0, 0]
    assert together(gross(seen, agreed) for seen in histories).observed == 3


OFFICE = ServiceHours(days=(0, 1, 2, 3, 4), start=time(8), end=time(16))
ALWAYS = ServiceHours(days=WEEK, start=time(0), end=time(0))
NIGHT = ServiceHours(days=(5,), start=time(22), end=time(6))
NIGHTLY = ServiceHours(days=WEEK, start=time(22), end=time(6))


def at_night(start: time, end: time) -> ServiceHours:
    return ServiceHours(days=WEEK, start=start, end=end)


@pytest.mark.parametrize(
    ("agreed", "day", "days", "expected_hours"),
    [
        pytest.param(ALWAYS, "2030-05-06", 1, 24, id="a common day"),
        pytest.param(ALWAYS, "2030-03-31", 1, 23, id="the day when clocks go forward"),
        pytest.param(ALWAYS, "2030-10-27", 1, 25, id="the day when clocks go back"),
        pytest.param(ALWAYS, "2028-02-29", 1, 24, id="a leap day"),
        pytest.param(OFFICE, "2030-05-06", 7, 40, id="office hours in a week"),
        pytest.param(OFFICE, "2030-05-11", 2, 0, id="a weekend without office hours"),
        pytest.param(NIGHT, "2030-05-11", 1, 2, id="a night until midnight"),
        pytest.param(NIGHT, "2030-05-12", 1, 6, id="the rest of the night before"),
        pytest.param(NIGHT, "2030-03-30", 2, 7, id="a night in which clocks go forward"),
        pytest.param(NIGHT, "2030-10-26", 2, 9, id="a night in which clocks go back"),
        pytest.param(NIGHTLY, "2030-05-06", 7, 56, id="every night of a week"),
        pytest.param(at_night(time(3, 15), time(3, 45)), "2030-03-31", 1, 0, id="hours that no clock showed"),
        pytest.param(at_night(time(3, 30), time(5)), "2030-03-31", 1, 1, id="hours that begin in the gap"),
        pytest.param(at_night(time(1), time(3, 30)), "2030-03-31", 1, 2, id="hours that end in the gap"),
        pytest.param(at_night(time(3, 15), time(3, 45)), "2030-10-27", 1, 1, id="hours that clocks showed twice"),
        pytest.param(at_night(time(2), time(3, 30)), "2030-10-27", 1, 2, id="hours that end in the doubled hour"),
        pytest.param(at_night(time(3, 30), time(5)), "2030-10-27", 1, 2, id="hours that begin in the doubled hour"),
    ],
)
def test_agreed_time(agreed: ServiceHours, day: str, days: int, expected_hours: float) -> None:
    start = datetime.fromisoformat(day).replace(tzinfo=ATHENS)
    end = start + timedelta(days=days)  # on the wall's clock
    spans = agreed_spans(agreed, ATHENS, start.astimezone(UTC), end.astimezone(UTC))
    assert sum((end - begin for begin, end in spans), timedelta()) == timedelta(hours=expected_hours)


@given(
    begin=st.builds(
        lambda day, apart: datetime.fromisoformat(day).replace(tzinfo=UTC) + apart,
        st.sampled_from(["2030-03-30", "2030-03-31", "2030-10-26", "2030-10-27"]),
        st.timedeltas(timedelta(), timedelta(days=1)),
    ),
    opens=st.times(),
    closes=st.times(),
    minutes=st.integers(1, 3000),
)
def test_a_moment_is_agreed_where_the_clock_on_the_wall_shows_an_agreed_hour(
    begin: datetime, opens: time, closes: time, minutes: int
) -> None:
    spans = agreed_spans(at_night(opens, closes), ATHENS, begin, begin + timedelta(minutes=minutes))
    assert all(before[1] <= after[0] for before, after in pairwise(spans))
    for n in range(0, minutes, 7):
        at = begin + timedelta(minutes=n)
        wall = at.astimezone(ATHENS).time()
        shown = opens <= wall < closes if opens < closes else wall >= opens or wall < closes
        assert any(since <= at < until for since, until in spans) is shown


@st.composite
def histories(draw: st.DrawFn) -> list[Interval]:
    edges = sorted(draw(st.sets(st.integers(0, 24 * 60), min_size=2, max_size=12)))
    found = [hours(a / 60, b / 60, draw(st.sampled_from(State))) for a, b in pairwise(edges)]
    return [i for i in found if draw(st.booleans())]


@given(histories())
def test_bounds_hold_and_unknown_says_nothing(seen: list[Interval]) -> None:
    found = gross(seen, DAY)
    assert found.lower is not None and found.upper is not None
    assert 0 <= found.lower <= found.upper <= 1
    assert found.value is None or found.lower <= found.value <= found.upper
    assert found == gross([i for i in seen if i.state is not State.UNKNOWN], DAY)
