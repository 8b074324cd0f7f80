import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from city.clock import FixedClock
from monitoring.dashboard.current import Current
from monitoring.snapshot import Snapshot
from tests.waiting import until

HOLD = timedelta(seconds=5)


@pytest.mark.parametrize(
    ("seconds", "hold", "anew"),
    [
        pytest.param(0, None, False, id="at once"),
        pytest.param(4.9, None, False, id="within the time that it holds"),
        pytest.param(5, None, True, id="after it"),
        pytest.param(-3600, None, True, id="the clock was set back: it would hold for an hour and more"),
        pytest.param(29, 30, False, id="it suffices to who asks for no newer one"),
        pytest.param(30, 30, True, id="it is older than even that"),
        pytest.param(4.9, 1, False, id="nobody has one anew more often than the rest"),
        pytest.param(-1, 30, True, id="of a moment to come, whoever asks"),
    ],
)
def test_a_snapshot_is_taken_anew_when_it_is_old_for_who_asks_or_of_a_moment_to_come(
    snapshot: Snapshot,
    seconds: float,
    hold: float | None,
    anew: bool,  # noqa: FBT001 - a column of the table
) -> None:
    taken: list[datetime] = []

    def take(at: datetime) -> Snapshot:
        taken.append(at)
        return replace(snapshot, at=at)

    clock = FixedClock(snapshot.at)
    current = Current(take, clock, HOLD)
    current.snapshot()
    clock.at += timedelta(seconds=seconds)
    assert current.snapshot(None if hold is None else timedelta(seconds=hold)).at == taken[-1]
    assert (len(taken) == 2) is anew


def test_who_waits_while_one_is_taken_takes_that_one_however_long_it_takes(snapshot: Snapshot) -> None:
    clock, begun, goes_on = FixedClock(snapshot.at), threading.Event(), threading.Event()
    taken: list[datetime] = []

    def take(at: datetime) -> Snapshot:
        taken.append(at)
        begun.set()
        assert goes_on.wait(60)
        clock.at += 10 * HOLD
        return replace(snapshot, at=at)

    class Asking(FixedClock):
        """Says when somebody asks: each asks for the time once before he waits."""

        asked = 0

        def now(self) -> datetime:
            self.asked += 1
            return clock.now()

    asking = Asking(snapshot.at)
    current = Current(take, asking, HOLD)
    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(current.snapshot)
        assert begun.wait(60)
        others = [pool.submit(current.snapshot) for _ in range(2)]
        until(lambda: asking.asked == 4)  # the first twice, the others once each
        goes_on.set()
        assert all(one.result(60) is first.result(60) for one in others)
    assert taken == [snapshot.at]
