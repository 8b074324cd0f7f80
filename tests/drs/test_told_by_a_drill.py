"""A drill tells the servers that it opens what the city is, where these watch or show it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from city.clock import SystemClock
from drs import steps
from drs.check import Answer
from drs.checklist import checklist
from drs.compared import Sites
from drs.drill.conduct import Conductor, Pace
from drs.drill.entry import Approved, Begun, Entry, Opened, Seen
from drs.drill.journal import Journal
from drs.drill.moves import Wait
from drs.drill.of_city import StepHands, plan_of
from drs.mode import REAL, Mode
from tests.drs.scenes import FakeGround, FakePosts, scene
from tests.drs.test_opened import LIGHT, act, standing, step
from tests.drs.twins import twins

SERVER, TASK = f"{LIGHT}-1", f"service_runs:{LIGHT}"
SILENT = "no member of its pool on "


def ground(**why: str) -> FakeGround:
    """Whose open data show the city; `why` that server cannot be told."""
    deaf = {SERVER: why["deaf"]} if why else {}
    return FakeGround(twins(), posts=FakePosts(services=frozenset({LIGHT}), deaf=deaf))


def test_what_it_opens_it_tells_and_telling_it_again_changes_nothing() -> None:
    made = ground()
    at = scene(made.sites, LIGHT, Mode.FAILOVER, made)
    for _ in range(2):
        assert act("service_runs", at) == (
            f"{SERVER} and its entrance stand at recovery; the failback takes them away again"
        )
    assert (made.capacity.done, made.posts.told) == ([f"open {LIGHT}"] * 2, [SERVER])


def test_a_server_that_cannot_be_told_fails_nothing_and_is_what_is_waited_for() -> None:
    made = ground(deaf="nobody answers at 10.1.3.16 port 22")
    at = scene(standing(made.sites, "ERROR"), LIGHT, Mode.FAILOVER, made)
    named = f"{SERVER} is not told what the city is (nobody answers at 10.1.3.16 port 22); "
    assert act("service_runs", at).startswith(named)
    proof = step("service_runs").verify(at)
    assert proof.answer is Answer.UNMET and proof.reason.startswith(named + SILENT)
    made.posts.knows.add(SERVER)  # as by `asty tell`
    assert step("service_runs").verify(at).reason.startswith(SILENT), "whatever else it waits for"


def test_who_answers_through_its_balancer_was_told_and_nobody_asks_it() -> None:
    made = ground(deaf="nobody may come in any more")
    assert step("service_runs").verify(scene(standing(made.sites), LIGHT, ground=made)).answer is Answer.MET


@pytest.mark.parametrize("service", ["portal", "monitoring"])
def test_nobody_is_told_who_is_not_opened_by_the_drill(service: str) -> None:
    made = ground()
    made.posts.services = frozenset({service})
    at = scene(made.sites, service, Mode.FAILOVER, made)
    act("service_runs", at)
    assert "not told" not in step("service_runs").verify(at).reason and not made.posts.told


def test_a_rehearsal_has_no_step_that_tells_anybody_anything() -> None:
    telling = {one.name for one in steps.every() if "posts" in Path(_source(one.name)).read_text(encoding="utf-8")}
    assert telling == {"service_runs"} and step("service_runs").modes == REAL and Mode.REHEARSE not in REAL
    assert telling.isdisjoint(item.step.name for item in checklist(twins().city, Mode.REHEARSE))


def _source(name: str) -> str:
    return f"{steps.__path__[0]}/{name}.py"


def test_whoever_takes_over_after_a_kill_between_opening_and_telling_tells_it(tmp_path: Path) -> None:
    made, now = ground(), datetime.now(UTC)
    plan = plan_of(made.sites.city, Mode.FAILOVER, [LIGHT])
    journal, soon = Journal(tmp_path / "journal.jsonl", plan), now + timedelta(hours=1)
    journal.append(Opened(at=now, by="anna", drill="d", mode="failover", plan=plan.digest, machine="m"))
    for task, answer in (("site_ready", Answer.MET), (TASK, Answer.UNMET)):
        journal.append(Seen(at=now, by="anna", task=task, answer=answer, reason="seen"))
    journal.append(*(Approved(at=now, by=one, task=TASK, until=soon) for one in ("nikos", "eleni")))
    journal.append(Begun(at=now, by="anna", task=TASK, attempt=1))

    def look() -> Sites:
        return standing(made.sites, "" if SERVER in made.posts.knows else "ERROR")

    told = list[Entry | Wait]()
    conductor = Conductor(
        journal=Journal(tmp_path / "journal.jsonl", plan),
        hands=StepHands.of(made.sites.city, plan, look, made),
        clock=SystemClock(),
        by="maria",
        report=told.append,
        pace=Pace(pause=timedelta(milliseconds=5)),
    )
    conductor.open("d")
    conductor.conduct()
    assert made.posts.told == [SERVER]
    seen = [one for one in told if isinstance(one, Seen) and one.task == TASK]
    assert (seen[0].answer, seen[-1].answer) == (Answer.UNMET, Answer.MET)
    assert seen[0].reason.startswith(f"{SERVER} is not told what the city is (nobody told it anything yet)")
