"""Where services are led is what their drills did, and nothing else."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from city.model.places import SiteRole
from drs.check import Answer
from drs.drill.entry import Begun, Closed, Ended, Entry, Opened, Seen, Stopped, Undoing
from drs.drill.leading import Led, leading
from drs.drill.plan import Plan, Task
from drs.drill.run import Run
from tests.drs.drill.plans import task
from tests.drs.drill.test_run import BOTH, NOW

DATACENTRE, RECOVERY = SiteRole.DATACENTRE, SiteRole.RECOVERY


def of(service: str, made: Task) -> Task:
    return replace(
        made, service=service, id=f"{made.step}:{service}", needs=tuple(f"{n}:{service}" for n in made.needs)
    )


TASKS = (
    of("portal", task("fence", fences="portal")),
    of("portal", task("promote", "fence", promotes="portal")),
    of("portal", task("name_answers", "promote")),
    of("data", task("name_answers")),
)


def run(mode: str, *entries: Entry) -> Run:
    plan = Plan(mode=mode, tasks=TASKS)
    found = Run(plan=plan).after(Opened(at=NOW, by="o", drill="d", mode=mode, plan=plan.digest, machine="m"))
    for entry in entries:
        found = found.after(entry)
    return found


def done(name: str, minutes: int = 0) -> Sequence[Entry]:
    at = NOW + timedelta(minutes=minutes)
    return (
        Seen(at=at, by="o", task=name, answer=Answer.UNMET, reason=""),
        Begun(at=at, by="o", task=name, attempt=1),
        Ended(at=at, by="o", task=name, attempt=1, told="", failed=False),
        Seen(at=at, by="o", task=name, answer=Answer.MET, reason="", witnesses=BOTH),
    )


FENCED = done("fence:portal", 1)
PROMOTED = (*FENCED, *done("promote:portal", 2))
ALL = (*PROMOTED, *done("name_answers:portal", 3), *done("name_answers:data", 4), Closed(at=NOW, by="o", left=()))
STOPPED = Stopped(at=NOW, by="o", reason="enough")


def stopped(mode: str, *entries: Entry) -> Run:
    found = run(mode, *entries, STOPPED)
    return found.after(Closed(at=NOW, by="o", left=found.left))


def told(*drills: Run) -> list[tuple[str, SiteRole, str, bool]]:
    found = leading((f"d{number}", one) for number, one in enumerate(drills, start=1))
    return [(one.service, one.role, one.drill, one.held) for one in found]


def test_without_a_drill_and_after_a_rehearsal_all_is_as_declared() -> None:
    assert told() == told(run("rehearse", *ALL)) == told(run("switchover")) == []


def test_a_switchover_leads_at_the_recovery_site_until_a_failback_is_over() -> None:
    there = [("data", RECOVERY, "d1", False), ("portal", RECOVERY, "d1", False)]
    assert told(run("switchover", *ALL)) == there
    assert told(run("switchover", *ALL), run("rehearse", *ALL)) == there
    assert told(run("switchover", *ALL), run("failback")) == there, "it has done nothing yet"
    assert told(run("switchover", *ALL), run("failback", *ALL)) == []


@pytest.mark.parametrize(("entries", "role"), [(FENCED, DATACENTRE), (PROMOTED, RECOVERY)])
def test_while_a_drill_goes_on_no_plan_touches_what_it_has_begun(entries: Sequence[Entry], role: SiteRole) -> None:
    assert told(run("failover", *entries)) == [("portal", role, "d1", True)]


def test_a_fence_stands_when_its_drill_was_stopped_and_goes_when_it_was_taken_back() -> None:
    assert told(stopped("failover", *FENCED)) == [("portal", DATACENTRE, "d1", True)]
    back = Undoing(at=NOW, by="o", task="fence:portal", reason="false alarm")
    unmet = Seen(at=NOW, by="o", task="fence:portal", answer=Answer.UNMET, reason="")
    assert told(stopped("failover", *FENCED, back, unmet)) == []
    assert told(stopped("failover", *FENCED, back)) == [("portal", DATACENTRE, "d1", True)], "nobody has looked since"


def test_a_promotion_that_was_tried_counts_even_where_it_was_not_seen() -> None:
    tried = (*FENCED, *done("promote:portal", 2)[:3], done("promote:portal")[0])
    assert told(stopped("failover", *tried)) == [("portal", RECOVERY, "d1", False)]


def test_away_is_the_site_that_does_not_lead_and_both_while_a_drill_holds_it() -> None:
    led = Led(service="portal", role=RECOVERY, drill="d1", since=NOW)
    assert (led.away(DATACENTRE), led.away(RECOVERY)) == (True, False)
    assert replace(led, held=True).away(RECOVERY)


def test_since_when_is_the_first_thing_that_was_done_to_it() -> None:
    (led,) = leading([("d1", run("failover", *PROMOTED))])
    assert led.since == NOW + timedelta(minutes=1)
