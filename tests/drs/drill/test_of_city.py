"""The plan of a city's drill, and the hands of a person who follows it."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise

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


def test_a_step_needs_those_before_it_of_its_service_and_all_of_the_services_it_depends_on() -> None:
    needs = {task.id: task.needs for task in plan_of(plain(), Mode.FAILOVER).tasks}
    assert needs["site_ready"] == ()
    assert needs["service_runs:identity"] == ("site_ready",)
    assert needs["name_answers:identity"] == ("service_runs:identity",)
    assert needs["name_answers:portal"] == ("service_runs:portal", "service_answers:identity")


@pytest.mark.parametrize("mode", [mode for mode in Mode if mode.real])
def test_what_is_done_ahead_waits_for_no_other_service_and_comes_before_all_waves(mode: Mode) -> None:
    plan = plan_of(city(), mode)
    ahead = {task.id: task for task in plan.tasks if task.service and not task.wave}
    assert {task.step for task in ahead.values()} >= {"service_runs"}
    strange = {f"{need} for {task.id}" for task in ahead.values() for need in task.needs if need != "site_ready"}
    assert all(one.partition(" ")[0].partition(":")[2] == one.rpartition(":")[2] for one in strange)
    assert not any(task.fences or task.promotes for task in ahead.values()), "residents notice nothing of it"
    in_waves = [task for task in plan.tasks if task.wave]
    assert in_waves and {task.step for task in in_waves}.isdisjoint(task.step for task in ahead.values())


def test_what_a_service_does_not_need_to_serve_is_said_to_come_afterwards() -> None:
    later = {task.step for task in plan_of(with_data("portal"), Mode.SWITCHOVER).tasks if task.afterwards}
    assert later == {"reprotect"}


@pytest.mark.parametrize("mode", [Mode.SWITCHOVER, Mode.FAILBACK])
def test_each_name_that_moves_has_a_short_life_before_its_service_leaves(mode: Mode) -> None:
    plan = plan_of(with_data("portal"), mode)
    for task in plan.tasks:
        if task.step == "name_answers":
            assert task in plan.after(f"shorten_ttl:{task.service}")


def test_opening_waits_for_no_time_to_live_and_the_first_step_of_the_wave_for_both() -> None:
    needs = {task.id: task.needs for task in plan_of(with_data("portal"), Mode.SWITCHOVER, ["portal"]).tasks}
    assert needs["service_runs:portal"] == needs["shorten_ttl:portal"] == ("site_ready",)
    assert needs["drain:portal"] == ("service_runs:portal", "shorten_ttl:portal")


def test_the_plan_keeps_what_the_steps_ask_for() -> None:
    plan = plan_of(city(), Mode.SWITCHOVER)
    (runs,) = [task for task in plan.tasks if task.id == "service_runs:portal"]
    assert (runs.step, runs.service, runs.wave) == ("service_runs", "portal", 0)
    assert (runs.approvers, runs.time_limit_s) == (2, 900)
    assert plan.by_id["name_answers:portal"].wave == 2
    assert len(plan.tasks) == len(checklist(city(), Mode.SWITCHOVER))
    assert not any(task.approvers for task in plan_of(city(), Mode.REHEARSE).tasks), "nobody agrees to a rehearsal"


@pytest.mark.parametrize(
    ("mode", "order"),
    [
        (Mode.SWITCHOVER, "service_runs shorten_ttl drain promote name_answers service_answers reprotect"),
        (Mode.FAILOVER, "service_runs fence promote name_answers service_answers"),
        (
            Mode.FAILBACK,
            "return_fenced service_runs shorten_ttl drain promote name_answers service_answers reprotect",
        ),
    ],
)
def test_a_database_is_promoted_once_nobody_writes_where_it_was(mode: Mode, order: str) -> None:
    plan = plan_of(with_data("portal"), mode, ["portal"])
    assert [task.step for task in plan.tasks] == ["site_ready", *order.split()]
    ahead = {"service_runs:portal", "shorten_ttl:portal"}
    for before, task in pairwise(plan.tasks):
        assert before.id in task.needs or {before.id, task.id} == ahead, "one after the other, but what is ahead"
    assert [task.step for task in plan.tasks if task.promotes == "portal"] == ["promote"]
    assert [task.step for task in plan.tasks if task.fences == "portal"] in (["drain"], ["fence"])


POINT = datetime(2030, 3, 30, 12, tzinfo=UTC)


def test_a_drill_to_a_point_restores_between_the_fence_and_the_promotion_and_keeps_the_point() -> None:
    plan = plan_of(with_data("portal"), Mode.FAILOVER, ["portal"], POINT)
    own = [task.step for task in plan.tasks]
    assert own[own.index("fence") :][:3] == ["fence", "restore", "promote"]
    assert Plan.from_json(plan.as_json()) == plan and plan.as_json()["point"] == POINT.isoformat()
    assert plan.digest != plan_of(with_data("portal"), Mode.FAILOVER, ["portal"], POINT.replace(hour=11)).digest
    hands = StepHands.of(with_data("portal"), plan, twins, FakeGround(twins()))
    assert set(hands.items) == set(plan.by_id) and {one.point for one in hands.scenes.values()} == {POINT}


def test_a_rehearsal_to_a_point_proves_it_and_restores_nothing() -> None:
    own = [task.step for task in plan_of(with_data("portal"), Mode.REHEARSE, ["portal"], POINT).tasks]
    assert "prove_point" in own and "restore" not in own
    assert "prove_point" not in [task.step for task in plan_of(with_data("portal"), Mode.REHEARSE, ["portal"]).tasks]


def test_a_drill_without_a_point_restores_nothing_and_its_plan_says_nothing_of_one() -> None:
    plan = plan_of(with_data("portal"), Mode.FAILOVER, ["portal"])
    assert "restore" not in {task.step for task in plan.tasks} and "point" not in plan.as_json()
    hands = StepHands.of(with_data("portal"), plan, twins, FakeGround(twins()))
    assert set(hands.items) == set(plan.by_id) and {one.point for one in hands.scenes.values()} == {None}


@pytest.mark.parametrize(("mode", "service"), [(Mode.SWITCHOVER, "portal"), (Mode.FAILOVER, "identity")])
def test_a_point_to_which_no_step_goes_back_is_refused(mode: Mode, service: str) -> None:
    with pytest.raises(InvalidInput, match="goes back to a point"):
        plan_of(with_data("portal"), mode, [service], POINT)


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
    runs = plan.by_id["service_runs:monitoring"]
    assert made.do(runs).startswith("for a person to do: Declare `recovery: active` for monitoring")
    assert made.look(runs).answer is Answer.UNMET
    assert made.look(plan.by_id["service_runs:identity"]).answer is Answer.MET
    with pytest.raises(Refused, match=r"no program takes it back\. Let the record lead to the balancer at the data"):
        made.undo(plan.by_id["name_answers:identity"])


def test_who_cannot_look_does_not_know() -> None:
    ground = FakeGround(replace(twins(), city=with_data("portal")))
    plan, made = hands(ground, Mode.SWITCHOVER, "portal")
    seen = made.see(plan.by_id["promote:portal"])
    assert (seen.answer, seen.reason) == (Answer.UNKNOWN, "no host of it answers")


def test_nobody_waits_for_what_is_done_once_a_service_serves() -> None:
    needs = {task.id: task.needs for task in plan_of(with_data("identity", "portal"), Mode.SWITCHOVER).tasks}
    assert needs["drain:portal"][-1] == "service_answers:identity"
    assert needs["reprotect:identity"] == ("service_answers:identity",)
