from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.ledger.intervals import Change, Interval, Newest, Observation, State, change, clip, was_set_back

NOON = datetime(2030, 3, 31, 12, tzinfo=UTC)
REACH = timedelta(seconds=150)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def seen(seconds: float, state: State = State.UP, cause: str = "") -> Observation:
    return Observation(subject="device:ap-1", at=at(seconds), state=state, reach=REACH, cause=cause)


def interval(start: float, end: float, state: State = State.UP, cause: str = "") -> Interval:
    return Interval(start=at(start), end=at(end), state=state, cause=cause)


def newest(start: float, end: float, state: State = State.UP, cause: str = "", *, look: float | None = None) -> Newest:
    """Of `poller`, whose last look was one reach before the end where nothing else is said."""
    last = end - REACH.total_seconds() if look is None else look
    return Newest(interval=interval(start, end, state, cause), at=at(last), observer="poller")


@pytest.mark.parametrize(
    ("latest", "new", "expected"),
    [
        pytest.param(None, seen(0), Change(begin=interval(0, 150)), id="the first look begins"),
        pytest.param(newest(0, 150), seen(60), Change(end=at(210)), id="the same again extends"),
        pytest.param(newest(0, 150), seen(150), Change(end=at(300)), id="the same at the very end extends"),
        pytest.param(newest(0, 150), seen(151), Change(begin=interval(151, 301)), id="after a silence another begins"),
        pytest.param(
            newest(0, 150),
            seen(60, State.DOWN),
            Change(end=at(60), begin=interval(60, 210, State.DOWN)),
            id="another state ends and begins",
        ),
        pytest.param(
            newest(0, 150, State.UNKNOWN, "wrong key"),
            seen(60, State.UNKNOWN, "wrong user"),
            Change(end=at(60), begin=interval(60, 210, State.UNKNOWN, "wrong user")),
            id="another cause ends and begins",
        ),
        pytest.param(newest(100, 250), seen(60, State.DOWN), Change(), id="what is older than it all changes nothing"),
        pytest.param(newest(0, 158), seen(1, State.DOWN), Change(), id="an older look never overwrites a newer one"),
        pytest.param(newest(0, 158), seen(1), Change(), id="not even where it says the same"),
        pytest.param(newest(100, 250), seen(100, State.DOWN), Change(), id="the first word of a moment counts"),
        pytest.param(newest(0, 400, look=0), seen(60), Change(end=at(400)), id="a shorter reach takes nothing back"),
    ],
)
def test_a_look_after_the_newest_interval(latest: Newest | None, new: Observation, expected: Change) -> None:
    assert change(latest, new) == expected


@pytest.mark.parametrize(
    ("latest", "new", "by", "expected"),
    [
        pytest.param(None, seen(0), "poller", False, id="nothing was seen"),
        pytest.param(newest(0, 150), seen(60), "poller", False, id="the next look"),
        pytest.param(newest(0, 150), seen(-150), "poller", False, id="late by no more than a look lasts"),
        pytest.param(newest(0, 151), seen(-150), "poller", True, id="the clock was set back further"),
        pytest.param(newest(-7200, 3600), seen(0), "poller", True, id="into an interval that had begun before"),
        pytest.param(newest(0, 4500, look=0), seen(30), "poller", False, id="after a look that lasts long"),
        pytest.param(newest(0, 4500, look=0), seen(-200), "poller", True, id="one's own long look does not excuse it"),
        pytest.param(newest(0, 4500, look=0), seen(-200), "once", False, id="another observer may come late"),
        pytest.param(newest(0, 150), seen(-200), "once", True, id="but not later than either's look lasts"),
    ],
)
def test_whether_a_clock_was_set_back(latest: Newest | None, new: Observation, by: str, *, expected: bool) -> None:
    assert was_set_back(latest, new, by) is expected


def test_clip_leaves_out_what_is_outside() -> None:
    parts = list(clip([interval(0, 10), interval(10, 30), interval(40, 50)], at(20), at(40)))
    assert parts == [interval(20, 30)]


def replay(observations: list[Observation]) -> list[Interval]:
    """What a store that follows `change` ends up with."""
    over: list[Interval] = []
    latest: Newest | None = None
    for observation in observations:
        found = change(latest, observation)
        if latest and found.end:
            latest = replace(latest, interval=replace(latest.interval, end=found.end), at=observation.at)
        if latest and found.begin:
            over.append(latest.interval)
        if found.begin:
            latest = Newest(interval=found.begin, at=observation.at, observer="poller")
    return [*over, latest.interval] if latest else over


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


@given(st.permutations([(0, State.UP), (8, State.UP), (20, State.DOWN), (31, State.UP), (90, State.DOWN)]))
def test_the_newest_look_decides_in_whatever_order_looks_arrive(looks: list[tuple[int, State]]) -> None:
    kept = replay([seen(seconds, state) for seconds, state in looks])
    assert (kept[-1].state, kept[-1].end) == (State.DOWN, at(90) + REACH)
