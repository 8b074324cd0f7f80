"""A rehearsal over a real pair of PostgreSQL, with a copy made up here: what proves each step, and what does not."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from city.clock import SystemClock
from drs import steps
from drs.check import Answer
from drs.checks.rehearsals import CHECK
from drs.checks.undeclared import CHECK as UNDECLARED
from drs.drill.conduct import Conductor, Pace
from drs.drill.journal import Journal
from drs.drill.of_city import StepHands, plan_of
from drs.drill.run import Run
from drs.hands.copies import Copy
from drs.mode import Mode
from drs.postgres.pair import Pair
from drs.rehearsal.told import Told
from drs.step import Proof
from drs.steps.copy_answers import differing
from tests.drs.postgres.pairs import pair, sql
from tests.drs.scenes import FakeGround, scene
from tests.drs.twins import DATACENTRE, RECOVERY, twins

pytestmark = pytest.mark.slow
QUICK = Pace(pause=timedelta(milliseconds=50), listen=timedelta(milliseconds=10))
STEPS = ["isolate", "copy_data", "start_copy", "copy_answers", "remove_copy", "undisturbed"]


@pytest.fixture(scope="module")
def world() -> Iterator[FakeGround]:
    with pair() as (one, other):
        assert Pair(leader=one, follower=other, slot="recovery").soon(lambda: other.state().streaming)
        sql(one, "create table marks (token text primary key)")
        sites = twins()
        services = (replace(one, database="postgres" if one.id == "portal" else "") for one in sites.city.services)
        made = FakeGround(replace(sites, city=replace(sites.city, services=tuple(services))))
        made.clusters = {DATACENTRE: one, RECOVERY: other}
        yield made


@pytest.fixture
def ground(world: FakeGround) -> FakeGround:
    world.copies = type(world.copies)()
    world.copies.says = told(world)
    return world


def told(ground: FakeGround, **changed: object) -> Told:
    """What a good copy says."""
    state = ground.clusters[DATACENTRE].state()
    good = Told(
        token="t",  # noqa: S106 - no secret
        system=state.system,
        timeline=state.timeline + 1,
        followed=True,
        kept=True,
        rows={"public.marks": 0},
    )
    return replace(good, **changed)  # type: ignore[arg-type]


def conduct(ground: FakeGround, folder: Path) -> tuple[Run, list[str]]:
    plan = plan_of(ground.sites.city, Mode.REHEARSE, ["portal"])
    said: list[str] = []
    conductor = Conductor(
        journal=Journal(folder / "journal.jsonl", plan),
        hands=StepHands.of(ground.sites.city, plan, lambda: ground.sites, ground),
        clock=SystemClock(),
        by="maria",
        report=lambda happened: said.append(str(happened)),
        pace=QUICK,
    )
    conductor.open("d1")
    return conductor.conduct(), said


def see(name: str, ground: FakeGround) -> Proof:
    (step,) = [one for one in steps.every() if one.name == name]
    return step.verify(scene(ground.sites, "portal", Mode.REHEARSE, ground))


def test_a_rehearsal_makes_a_copy_promotes_it_takes_it_away_and_asks_whether_production_noticed(
    ground: FakeGround, tmp_path: Path
) -> None:
    run, said = conduct(ground, tmp_path)
    assert run.closed and not run.left, said
    assert [task.step for task in run.plan.tasks] == ["site_ready", *STEPS]
    assert ground.copies.done == ["isolate portal", "take portal", "start portal", "remove portal"]
    assert not any(task.promotes or task.approvers for task in run.plan.tasks), "production is promoted by none of them"
    assert "0 rows in 1 tables, as production had" in run.known("copy_answers:portal").reason


def test_only_services_with_a_database_are_copied(ground: FakeGround) -> None:
    plan = plan_of(ground.sites.city, Mode.REHEARSE)
    assert {task.service for task in plan.tasks} == {"", "portal"}


@pytest.mark.parametrize(
    ("spoilt", "problem"),
    [
        ({"problem": "no database takes writes"}, "the copy says: no database takes writes"),
        ({"system": "1"}, "it is another database (system 1)"),
        ({"timeline": 1}, "nothing was promoted: it is on timeline 1"),
        ({"followed": False}, "nothing was promoted"),
        ({"kept": False}, "the mark that its application took is not there"),
        ({"rows": {"public.marks": 3}}, "table public.marks has 3 rows, where production had 0 before and 0 after"),
        ({"rows": {}}, "table public.marks is missing"),
    ],
)
def test_a_copy_that_is_not_good_ends_the_rehearsal_there_and_stays_to_be_looked_at(
    ground: FakeGround, tmp_path: Path, spoilt: dict[str, object], problem: str
) -> None:
    ground.copies.says = told(ground, **spoilt)
    run, said = conduct(ground, tmp_path)
    assert not run.closed and run.left[0] == "copy_answers:portal", said
    assert problem in run.known("copy_answers:portal").reason
    assert ground.copies.copy.server and "remove portal" not in ground.copies.done


def test_rows_may_be_any_between_the_two_counts() -> None:
    counted = {"marks": (7, 9), "people": (5, 3)}
    for marks, people in ((7, 5), (8, 4), (9, 3)):
        assert not list(differing({"marks": marks, "people": people}, counted))
    assert len(list(differing({"marks": 6, "people": 6}, counted))) == 2
    assert list(differing({"marks": 7, "people": 4, "new": 1}, counted)) == ["table new is not in production"]


def test_a_cloud_without_room_refuses_before_anything_is_made(ground: FakeGround, tmp_path: Path) -> None:
    ground.copies.short = "1 more of servers are needed at recovery for a copy, 0 are free"
    run, _ = conduct(ground, tmp_path)
    assert run.left[0] == "isolate:portal" and not ground.copies.done


def test_a_network_with_a_way_out_proves_nothing_and_nothing_starts_in_it(ground: FakeGround, tmp_path: Path) -> None:
    ground.copies.copy = Copy(network=True, data=True, open_to="a port of network:router_interface is in it")
    assert see("isolate", ground).answer is Answer.UNMET
    run, _ = conduct(ground, tmp_path)
    assert run.left[0] == "isolate:portal" and "start portal" not in ground.copies.done
    ground.copies.copy = replace(ground.copies.copy, server=True)
    assert see("start_copy", ground).answer is Answer.UNMET, "also of one that runs already"


def test_a_standby_that_does_not_follow_is_not_copied(ground: FakeGround, tmp_path: Path) -> None:
    standby = ground.clusters[RECOVERY]
    standby.stop()
    try:
        run, _ = conduct(ground, tmp_path)
    finally:
        standby.start()
        both = Pair(leader=ground.clusters[DATACENTRE], follower=standby, slot="recovery")
        assert both.soon(lambda: standby.state().streaming)
    assert run.left[0] == "copy_data:portal" and ground.copies.done == ["isolate portal"]


def test_a_stream_that_began_during_the_rehearsal_is_production_that_noticed(ground: FakeGround) -> None:
    assert see("undisturbed", ground).answer is Answer.MET
    ground.copies.begun = datetime.now(UTC) - timedelta(hours=5)
    proof = see("undisturbed", ground)
    assert proof.answer is Answer.UNMET and "the stream to recovery began" in proof.reason


def test_what_is_taken_back_is_host_then_data_then_all(ground: FakeGround) -> None:
    at = scene(ground.sites, "portal", Mode.REHEARSE, ground)
    for name in ("start_copy", "copy_data", "isolate"):
        (step,) = [one for one in steps.every() if one.name == name]
        assert step.undo is not None
        step.undo(at)
    assert ground.copies.done == ["stop portal", "forget portal", "remove portal"]


def test_a_rehearsal_whose_conductor_was_killed_goes_on_with_what_stands(ground: FakeGround, tmp_path: Path) -> None:
    ground.copies.says = None
    plan = plan_of(ground.sites.city, Mode.REHEARSE, ["portal"])
    journal = Journal(tmp_path / "journal.jsonl", plan)

    class Killed(BaseException):
        """The process ends here."""

    def die(happened: object) -> None:
        if "Begun" in str(happened) and "start_copy" in str(happened):
            raise Killed

    hands = StepHands.of(ground.sites.city, plan, lambda: ground.sites, ground)
    conductor = Conductor(journal=journal, hands=hands, clock=SystemClock(), by="maria", report=die, pace=QUICK)
    conductor.open("d1")
    with pytest.raises(Killed):
        conductor.conduct()
    ground.copies.start("portal")  # it was asked for, and nobody heard the answer
    ground.copies.says = told(ground)
    run, said = conduct(ground, tmp_path)
    assert run.closed and not run.left, said
    assert ground.copies.done.count("start portal") == 1 and ground.copies.done.count("take portal") == 1


def test_readiness_names_what_a_rehearsal_left_and_calls_it_nobody_elses() -> None:
    sites = twins()
    left = replace(sites.recovery.servers[0], name="rehearsal-portal", service="rehearsal-portal")  # type: ignore[index]
    sites = replace(sites, recovery=replace(sites.recovery, servers=(*sites.recovery.servers, left)))  # type: ignore[misc]
    (finding,) = CHECK.findings(sites)
    assert (finding.answer, finding.problem) == (Answer.UNMET, "rehearsal-portal of a rehearsal is there")
    assert "asty drill tidy" in finding.remedy
    assert all("rehearsal" not in one.problem for one in UNDECLARED.findings(sites))
    (finding,) = CHECK.findings(twins())
    assert finding.answer is Answer.MET
    turned = replace(sites, datacentre=sites.recovery, recovery=twins().recovery)
    assert any("rehearsal-portal" in one.problem for one in UNDECLARED.findings(turned)), "none is made there"
