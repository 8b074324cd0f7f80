"""What a drill lost of files is told by the copies that were brought."""

from datetime import timedelta

import pytest

from asty.file_loss import measured
from drs.check import Answer
from drs.drill.entry import Opened, Overridden, Seen
from drs.drill.plan import Plan, Task
from drs.drill.run import Run
from tests.drs.scenes import FakeGround
from tests.drs.twins import DATACENTRE, NOW, RECOVERY, twins

TASK = Task(id="files_restored:portal", step="files_restored", service="portal", time_limit_s=60.0)


def run_of(mode: str, *, proven: bool = True) -> Run:
    run = Run(plan=Plan(mode=mode, tasks=(TASK,)))
    run = run.after(Opened(at=NOW, by="anna", drill="d", mode=mode, plan=run.plan.digest, machine="m"))
    if proven:
        run = run.after(Seen(at=NOW, by="anna", task=TASK.id, answer=Answer.MET, reason="there"))
    return run


def ground(brought_ago: timedelta | None) -> FakeGround:
    made = FakeGround(twins())
    for role in (RECOVERY, DATACENTRE):
        made.kept[role].brought = None if brought_ago is None else NOW - brought_ago
    return made


@pytest.mark.parametrize(("mode", "lost_s"), [("failover", 420.0), ("switchover", 0.0), ("failback", 0.0)])
def test_a_failover_loses_what_came_behind_the_copy_and_no_other_mode_loses_any(mode: str, lost_s: float) -> None:
    (found,) = measured(twins().city, ground(timedelta(minutes=7)), run_of(mode), "anna")
    assert (found.service, found.lost_s, found.lost, found.downtime_s) == ("portal", lost_s, None, None)


def test_a_copy_that_is_younger_than_the_drill_says_not_how_long_the_lost_site_went_on() -> None:
    assert not list(measured(twins().city, ground(-timedelta(seconds=1)), run_of("failover"), "anna"))
    (found,) = measured(twins().city, ground(-timedelta(seconds=1)), run_of("switchover"), "anna")
    assert found.lost_s == 0.0, "where both sites stand, its programs had ended"


def test_nothing_is_told_where_nothing_was_brought_or_nobody_answers() -> None:
    city, far = twins().city, ground(timedelta())
    assert not list(measured(city, ground(None), run_of("failover"), "anna"))
    assert not list(measured(city, far, run_of("failover", proven=False), "anna"))
    answered = Overridden(at=NOW, by="maria", task=TASK.id, reason="it has none")
    assert not list(measured(city, far, run_of("switchover", proven=False).after(answered), "anna"))
    far.kept[RECOVERY].gone = True
    assert not list(measured(city, far, run_of("failover"), "anna"))
