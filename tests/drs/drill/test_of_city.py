"""The plan of a city's drill, and the hands of a person who follows it."""

from dataclasses import replace

import pytest

from drs.check import Answer
from drs.checklist import checklist
from drs.drill.of_city import ByHand, plan_of
from drs.drill.plan import Plan
from drs.step import Mode
from tests.drs.twins import city, twins


def test_a_step_needs_the_one_before_it_of_its_service_and_all_of_the_services_it_depends_on() -> None:
    plan = plan_of(city(), Mode.FAILOVER)
    needs = {task.id: task.needs for task in plan.tasks}
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


def test_another_dependency_makes_another_plan() -> None:
    without = tuple(replace(one, depends_on=()) if one.id == "portal" else one for one in city().services)
    assert plan_of(city(), Mode.FAILOVER).digest != plan_of(replace(city(), services=without), Mode.FAILOVER).digest


def test_a_plan_is_read_as_it_was_told() -> None:
    plan = plan_of(city(), Mode.FAILOVER)
    assert Plan.from_json(plan.as_json()) == plan
    with pytest.raises(TypeError):
        Plan.from_json({"mode": "failover", "tasks": [{**plan.as_json()["tasks"][0], "dance": True}]})


def test_hands_tell_the_person_what_to_do_and_look_for_themselves() -> None:
    plan, hands = plan_of(city(), Mode.FAILOVER), ByHand.of(city(), Mode.FAILOVER, twins)
    runs = plan.by_id["service_runs:open-data"]
    assert hands.do(runs).startswith("for a person to do: Declare `recovery: active` for open-data")
    assert hands.look(runs).answer is Answer.UNMET
    assert hands.look(plan.by_id["service_runs:identity"]).answer is Answer.MET
