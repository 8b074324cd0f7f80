"""The plan of a city's drill, and the hands of a person who follows it."""

from dataclasses import replace

import pytest

from city.errors import InvalidInput, Refused
from city.model.city import City
from drs.check import Answer
from drs.checklist import checklist
from drs.drill.of_city import StepHands, plan_of
from drs.drill.plan import Plan
from drs.step import Mode
from tests.drs.scenes import FakeGround
from tests.drs.twins import city, twins


def plain() -> City:
    """The example city where no service has a database."""
    return replace(city(), services=tuple(replace(one, database="") for one in city().services))


def with_data(*services: str) -> City:
    found = (replace(one, database=one.id if one.id in services else "") for one in city().services)
    return replace(city(), services=tuple(found))


def test_a_step_needs_the_one_before_it_of_its_service_and_all_of_the_services_it_depends_on() -> None:
    needs = {task.id: task.needs for task in plan_of(plain(), Mode.FAILOVER).tasks}
    assert needs["site_ready"] == ()
    assert needs["service_runs:identity"] == ("site_ready",)
    assert needs["name_answers:identity"] == ("service_runs:identity",)
    assert needs["service_runs:portal"] == ("site_ready", "name_answers:identity")


def test_the_plan_keeps_what_the_steps_ask_for() -> None:
    plan = plan_of(city(), Mode.SWITCHOVER)
    (runs,) = [task for task in plan.tasks if task.id == "service_runs:portal"]
    assert (runs.step, runs.service, runs.wave) == ("service_runs", "portal", 2)
    assert (runs.approvers, runs.time_limit_s) == (2, 900)
    assert len(plan.tasks) == len(checklist(city(), Mode.SWITCHOVER))
    assert not any(task.approvers for task in plan_of(city(), Mode.REHEARSE).tasks), "nobody agrees to a rehearsal"


@pytest.mark.parametrize(
    ("mode", "order"),
    [
        (Mode.SWITCHOVER, "shorten_ttl drain promote service_runs name_answers service_answers reprotect"),
        (Mode.FAILOVER, "fence promote service_runs name_answers service_answers"),
        (
            Mode.FAILBACK,
            "return_fenced shorten_ttl drain promote service_runs name_answers service_answers reprotect",
        ),
    ],
)
def test_a_database_is_promoted_once_nobody_writes_where_it_was(mode: Mode, order: str) -> None:
    plan = plan_of(with_data("portal"), mode, ["portal"])
    assert [task.step for task in plan.tasks] == ["site_ready", *order.split()]
    assert [task.needs for task in plan.tasks[1:]] == [(task.id,) for task in plan.tasks[:-1]]
    assert [task.step for task in plan.tasks if task.promotes == "portal"] == ["promote"]
    assert [task.step for task in plan.tasks if task.fences == "portal"] in (["drain"], ["fence"])


def test_a_drill_about_one_service_leaves_what_it_needs_where_it_is() -> None:
    assert {task.service for task in plan_of(plain(), Mode.FAILOVER, ["portal"]).tasks} == {"", "portal"}
    with pytest.raises(InvalidInput, match="service nowhere: it is not in the cloud"):
        plan_of(city(), Mode.FAILOVER, ["nowhere"])


def test_another_dependency_makes_another_plan() -> None:
    without = tuple(replace(one, depends_on=()) if one.id == "portal" else one for one in city().services)
    assert plan_of(city(), Mode.FAILOVER).digest != plan_of(replace(city(), services=without), Mode.FAILOVER).digest


def test_a_plan_is_read_as_it_was_told() -> None:
    plan = plan_of(city(), Mode.FAILOVER)
    assert Plan.from_json(plan.as_json()) == plan
    with pytest.raises(TypeError):
        Plan.from_json({"mode": "failover", "tasks": [{**plan.as_json()["tasks"][0], "dance": True}]})


def hands(ground: FakeGround, mode: Mode = Mode.FAILOVER, *services: str) -> tuple[Plan, StepHands]:
    plan = plan_of(ground.sites.city, mode, services)
    return plan, StepHands.of(ground.sites.city, plan, lambda: ground.sites, ground)


def test_hands_tell_the_person_what_no_program_does_and_look_for_themselves() -> None:
    plan, made = hands(FakeGround(twins()))
    runs = plan.by_id["service_runs:open-data"]
    assert made.do(runs).startswith("for a person to do: Declare `recovery: active` for open-data")
    assert made.look(runs).answer is Answer.UNMET
    assert made.look(plan.by_id["service_runs:identity"]).answer is Answer.MET
    with pytest.raises(Refused, match=r"no program takes it back\. Declare for open-data what was declared before"):
        made.undo(runs)


def test_who_cannot_look_does_not_know() -> None:
    ground = FakeGround(replace(twins(), city=with_data("portal")))
    plan, made = hands(ground, Mode.SWITCHOVER, "portal")
    seen = made.see(plan.by_id["promote:portal"])
    assert (seen.answer, seen.reason) == (Answer.UNKNOWN, "no host of it answers")
