from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.ledger.intervals import Change, Interval, Observation, State, ahead, change, clip

NOON = datetime(2030, 3, 31, 12, tzinfo=UTC)
REACH = timedelta(seconds=150)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def seen(seconds: float, state: State = State.UP, cause: str = "") -> Observation:
    return Observation(subject="device:ap-1", at=at(seconds), state=state, reach=REACH, cause=cause)


def interval(start: float, end: float, state: State = State.UP, cause: str = "") -> Interval:
    return Interval(start=at(start), end=at(end), state=state, cause=cause)


@pytest.mark.parametrize(
    ("latest", "new", "expected"),
    [
        pytest.param(None, seen(0), Change(begin=interval(0, 150)), id="the first look begins"),
        pytest.param(interval(0, 150), seen(60), Change(end=at(210)), id="the same again extends"),
        pytest.param(interval(0, 150), seen(150), Change(end=at(300)), id="the same at the very end extends"),
        pytest.param(
            interval(0, 150), seen(151), Change(begin=interval(151, 301)), id="after a silence another begins"
        ),
        pytest.param(
            interval(0, 150),
            seen(60, State.DOWN),
            Change(end=at(60), begin=interval(60, 210, State.DOWN)),
            id="another state ends and begins",
        ),
        pytest.param(
            interval(0, 150, State.UNKNOWN, "wrong key"),
            seen(60, State.UNKNOWN, "wrong user"),
            Change(end=at(60), begin=interval(60, 210, State.UNKNOWN, "wrong user")),
            id="another cause ends and begins",
        ),
        pytest.param(interval(100, 250), seen(60, State.DOWN), Change(), id="what comes a little late changes nothing"),
        pytest.param(interval(100, 250), seen(100, State.DOWN), Change(), id="the first word of a moment counts"),
        pytest.param(interval(0, 400), seen(60), Change(end=at(400)), id="a shorter reach takes nothing back"),
    ],
)
def test_an_observation_after_the_latest_interval(latest: Interval | None, new: Observation, expected: Change) -> None:
    assert change(latest, new) == expected


@pytest.mark.parametrize(
    ("latest", "new", "expected"),
    [
        pytest.param(None, seen(0), False, id="nothing was seen"),
        pytest.param(interval(0, 150), seen(60), False, id="the next look"),
        pytest.param(interval(0, 150), seen(-150), False, id="another observer, whose clock is a look behind"),
        pytest.param(interval(0, 151), seen(-150), True, id="the clock was set back further"),
        pytest.param(interval(-7200, 3600), seen(0), True, id="into an interval that had begun before"),
    ],
)
def test_what_was_recorded_by_a_clock_that_ran_ahead(latest: Interval | None, new: Observation, expected: bool) -> None:  # noqa: FBT001 - a column of the table
    assert ahead(latest, new) is expected


def test_clip_leaves_out_what_is_outside() -> None:
    parts = list(clip([interval(0, 10), interval(10, 30), interval(40, 50)], at(20), at(40)))
    assert parts == [interval(20, 30)]


def replay(observations: list[Observation]) -> list[Interval]:
    """What a store that follows `change` ends up with."""
    kept: list[Interval] = []
    for observation in observations:
        found = change(kept[-1] if kept else None, observation)
        if found.end is not None:
            last = kept.pop()
            kept.append(interval_with_end(last, found.end))
        if found.begin is not None:
            kept.append(found.begin)
    return kept


def interval_with_end(of: Interval, end: datetime) -> Interval:
    return Interval(start=of.start, end=end, state=of.state, cause=of.cause)


@given(st.lists(st.tuples(st.integers(0, 3600), st.sampled_from(State)), max_size=40))
def test_whatever_comes_in_whatever_order(looks: list[tuple[int, State]]) -> None:
    observations = [seen(seconds, state) for seconds, state in looks]
    kept = replay(observations)
    assert all(before.end <= after.start for before, after in pairwise(kept))
    ups = [o.at for o in observations if o.state is State.UP]
    for i in kept:
        assert i.start < i.end
        if i.state is State.UP:
            assert i.start in ups
            assert any(i.end <= up + REACH for up in ups if up >= i.start)
