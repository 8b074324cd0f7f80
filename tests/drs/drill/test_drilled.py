"""Which drill last proved a service, and what of the service is another since."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from city.model.city import City
from city.model.drilling import each
from drs.check import Answer
from drs.checks import drills
from drs.compared import Drilled
from drs.drill.drilled import Drill, drilled
from drs.drill.entry import Closed, Entry, Opened, Overridden, Seen
from drs.drill.plan import Plan, Task
from drs.drill.run import Run
from tests.drs.twins import NOW, city, twins

DAY = datetime(2026, 3, 1, tzinfo=UTC)
PLAN = Plan(
    mode="failover",
    tasks=(
        Task(id="ready", step="ready", time_limit_s=60),
        Task(id="runs:portal", step="runs", service="portal", needs=("ready",), time_limit_s=60),
        Task(id="answers:portal", step="answers", service="portal", needs=("runs:portal",), time_limit_s=60),
    ),
)


PLANS = {"failover": PLAN}


def seen(task: str, at: datetime, answer: Answer = Answer.MET) -> Seen:
    return Seen(at=at, by="maria", task=task, answer=answer, reason="looked")


def drill(name: str, at: datetime, *entries: Entry, then: City | None = None, plan: Plan = PLAN) -> Drill:
    run = Run(plan=plan)
    opened = Opened(at=at, by="maria", drill=name, mode="failover", plan=plan.digest, machine="laptop")
    for entry in (opened, *entries):
        run = run.after(entry)
    return Drill(name=name, run=run, city=then or city())


def whole(name: str, at: datetime, then: City | None = None, plan: Plan = PLAN) -> Drill:
    moments = [at + timedelta(minutes=n) for n in range(3)]
    looks = [seen(task.id, moment) for task, moment in zip(PLAN.tasks, moments, strict=True)]
    return drill(name, at, *looks, Closed(at=moments[-1], by="maria", left=()), then=then, plan=plan)


def test_the_last_drill_that_proved_all_steps_of_a_service_counts() -> None:
    found = drilled([whole("b", DAY), whole("a", DAY - timedelta(days=9))], city(), PLANS)
    assert found == (Drilled(service="portal", drill="b", at=DAY + timedelta(minutes=2), changed=()),)


@pytest.mark.parametrize(
    "looks",
    [
        pytest.param(("ready", "runs:portal"), id="a step is left"),
        pytest.param(("runs:portal", "answers:portal"), id="what its steps need is not proven"),
        pytest.param((), id="nothing was looked at"),
    ],
)
def test_a_drill_in_which_a_step_is_not_proven_is_none_of_the_service(looks: tuple[str, ...]) -> None:
    assert drilled([drill("a", DAY, *(seen(task, DAY) for task in looks))], city(), PLANS) == ()


def test_a_step_for_which_a_person_answered_is_not_proven() -> None:
    answered = Overridden(at=DAY, by="maria", task="answers:portal", reason="nobody can see it")
    assert drilled([drill("a", DAY, seen("ready", DAY), seen("runs:portal", DAY), answered)], city(), PLANS) == ()


def declared(**values: object) -> City:
    services = [replace(one, **values) if one.id == "portal" else one for one in city().services]  # type: ignore[arg-type]
    return replace(city(), services=tuple(services))


def test_what_has_another_value_now_is_named() -> None:
    portal = city().service("portal")
    assert portal.workload is not None
    larger = replace(portal.workload, instances=portal.workload.instances + 1)
    then = declared(rto=portal.rto * 2, workload=larger)
    (found,) = drilled([whole("a", DAY, then)], city(), PLANS)
    assert found.changed == ("rto", "workload")


def test_steps_that_came_or_went_are_named() -> None:
    other = replace(PLAN, tasks=(*PLAN.tasks[:2], replace(PLAN.tasks[2], id="promoted:portal", step="promoted")))
    (found,) = drilled([whole("a", DAY)], city(), {"failover": other})
    assert found.changed == ("step answers", "step promoted")


def test_steps_that_are_others_are_named_with_what_is_another_of_them() -> None:
    first, runs, answers = PLAN.tasks
    codes = {"runs": "0" * 64, "answers": "1" * 64}
    drilled_then = replace(PLAN, codes=codes)
    now = replace(
        PLAN,
        tasks=(first, replace(runs, approvers=2, time_limit_s=90), answers),
        codes=codes | {"answers": "2" * 64, "ready": "3" * 64},
    )
    (found,) = drilled([whole("a", DAY, plan=drilled_then)], city(), {"failover": now})
    assert found.changed == ("approvers of step runs", "time_limit_s of step runs", "code of step answers")
    (found,) = drilled([whole("a", DAY)], city(), {"failover": replace(PLAN, codes=codes)})
    assert found.changed == (), "of a plan that kept no codes nobody says that they are others"


def test_what_a_service_rests_on_is_named_where_it_is_another() -> None:
    now = city()
    larger = tuple(replace(one, vcpus=one.vcpus + 1) for one in now.platform.flavours)
    rebuilt = tuple(replace(one, sha256="0" * 64) for one in now.platform.images)
    then = replace(now, platform=replace(now.platform, flavours=larger, images=rebuilt), dns_zone="old.example.")
    (found,) = drilled([whole("a", DAY, then)], now, PLANS)
    workload = now.service("portal").workload
    assert workload is not None
    assert found.changed == (f"flavour {workload.flavour}", f"image {workload.image}", "dns_zone")
    moved = tuple(replace(one, vlan=one.vlan + 1) for one in now.networks)
    (found,) = drilled([whole("a", DAY, replace(now, networks=moved))], now, PLANS)
    assert found.changed == (f"network {workload.network}",)


def test_a_service_that_is_new_is_a_change_itself_and_so_are_data_that_cannot_be_read() -> None:
    others = replace(city(), services=tuple(one for one in city().services if one.id != "portal"))
    (found,) = drilled([whole("a", DAY, others)], city(), PLANS)
    assert found.changed == ("the service",)
    (found,) = drilled([replace(whole("a", DAY), city=None)], city(), PLANS)
    assert found.changed == ("the city's data of that day, which cannot be read any more",)


def test_where_a_probe_stands_in_the_file_is_no_change() -> None:
    other = replace(city().service("portal"), name=city().service("portal").name)
    (found,) = drilled([whole("a", DAY, declared(name=other.name))], city(), PLANS)
    assert found.changed == ()


EVERY = replace(city(), drilling=replace(city().drilling, every=each(timedelta(days=30))))


def asked(*known: Drilled, of: City = EVERY) -> dict[str, tuple[Answer, str]]:
    found = drills.CHECK.findings(replace(twins(), city=of, drilled=known))
    return {finding.subject: (finding.answer, finding.problem) for finding in found}


def test_readiness_asks_for_a_drill_where_the_city_does() -> None:
    assert asked(of=city()) == {}
    told = asked()
    assert told.keys() == {f"drills of {service}" for service in twins().services}
    assert set(told.values()) == {(Answer.UNMET, "no drill has proven its recovery")}


@pytest.mark.parametrize(
    ("age", "changed", "answer", "problem"),
    [
        (timedelta(days=30), (), Answer.MET, ""),
        (timedelta(days=30, seconds=1), (), Answer.UNMET, "was proven last on 2030-03-01, over 30 days ago"),
        (
            timedelta(days=1),
            ("rto", "workload"),
            Answer.UNMET,
            "not verified since 2030-03-30, for there changed: rto, workload",
        ),
    ],
)
def test_a_proof_holds_as_long_as_the_city_says_and_nothing_changed(
    age: timedelta, changed: tuple[str, ...], answer: Answer, problem: str
) -> None:
    known = Drilled(service="portal", drill="d1", at=NOW - age, changed=changed)
    found = asked(known)["drills of portal"]
    assert found[0] is answer
    assert problem in found[1]


def test_a_drill_that_went_back_to_a_point_proves_what_one_without_does() -> None:
    """Going back is a step of that drill alone."""
    restore = Task(id="restore:portal", step="restore", service="portal", needs=("ready",), time_limit_s=60)
    went = replace(PLAN, tasks=(*PLAN.tasks, restore), point="2026-02-28T12:00:00+00:00")
    looks = [seen(task.id, DAY) for task in went.tasks]
    (found,) = drilled([drill("a", DAY, *looks, plan=went)], city(), PLANS)
    assert found.changed == ()
    (found,) = drilled([drill("a", DAY, *looks, plan=replace(went, point=""))], city(), PLANS)
    assert found.changed == ("step restore",)
