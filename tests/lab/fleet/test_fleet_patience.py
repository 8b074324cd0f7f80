"""Waiting by progress, on a clock that the test moves."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.fleet import patience
from lab.fleet.patience import Count, Patience, Wait


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_slow_start_is_waited_for_as_long_as_it_goes_on() -> None:
    clock = Clock()
    patient = Patience(60, clock)
    for done in range(460):
        clock.now += 59
        assert patient.after(Count(done, 460)) is Wait.GOES_ON
    assert patient.after(Count(460, 460)) is Wait.DONE


def test_without_progress_the_stretch_ends_the_wait() -> None:
    clock = Clock()
    patient = Patience(60, clock)
    assert patient.after(Count(104, 460)) is Wait.GOES_ON
    clock.now = 60.0
    assert patient.after(Count(104, 460)) is Wait.GOES_ON
    clock.now = 60.1
    assert patient.after(Count(104, 460)) is Wait.STALLED


@given(st.lists(st.integers(0, 9), min_size=30, max_size=30))
def test_going_up_and_down_is_no_progress(counts: list[int]) -> None:
    clock = Clock()
    patient = Patience(10, clock)
    patient.after(Count(9, 10))
    seen = []
    for done in counts:
        clock.now += 1
        seen.append(patient.after(Count(done, 10)))
    assert seen[10:] == [Wait.STALLED] * 20


def test_the_last_count_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "BETWEEN_S", 0)
    counts = iter([Count(0, 3), Count(2, 3), Count(3, 3)])
    assert patience.wait(lambda: next(counts), 1000) == Count(3, 3)
    assert patience.wait(lambda: Count(2, 3), 0) == Count(2, 3)
