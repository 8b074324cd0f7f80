from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from city.clock import FixedClock
from monitoring.dashboard.current import Current
from monitoring.snapshot import Snapshot

HOLD = timedelta(seconds=5)


@pytest.mark.parametrize(
    ("seconds", "anew"),
    [
        pytest.param(0, False, id="at once"),
        pytest.param(4.9, False, id="within the time that it holds"),
        pytest.param(5, True, id="after it"),
        pytest.param(-3600, True, id="the clock was set back: it would hold for an hour and more"),
    ],
)
def test_a_snapshot_is_taken_anew_when_it_is_old_or_of_a_moment_to_come(
    snapshot: Snapshot,
    seconds: float,
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
    assert current.snapshot().at == taken[-1]
    assert (len(taken) == 2) is anew


@pytest.mark.parametrize(
    ("seconds", "hold", "anew"),
    [
        pytest.param(29, 30, False, id="it suffices to who asks for no newer one"),
        pytest.param(30, 30, True, id="it is older than that"),
        pytest.param(4.9, 1, False, id="nobody has one anew more often than the rest"),
        pytest.param(-1, 30, True, id="of a moment to come"),
    ],
)
def test_who_asks_all_the_time_may_be_told_an_older_one(
    snapshot: Snapshot,
    seconds: float,
    hold: float,
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
    current.snapshot(timedelta(seconds=hold))
    assert (len(taken) == 2) is anew
