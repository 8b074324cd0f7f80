"""When the next drill of each service and the next exercise of each kind is due."""

from dataclasses import replace
from datetime import timedelta

import pytest

from city.model.city import City
from city.model.drilling import Drilling, Exercise, each
from drs.check import Answer
from drs.compared import Drilled
from drs.drill.drilled import Drill
from drs.drill.entry import Closed, Entry, Opened, Seen, Stopped
from drs.drill.of_city import plan_of
from drs.drill.run import Run
from drs.drill.schedule import Due, exercise_of, schedule
from drs.mode import Mode
from tests.drs.drill.test_run import NOW
from tests.drs.twins import city

DAY = timedelta(days=1)
LADDER = ((Exercise.TABLETOP, 30 * DAY), (Exercise.FUNCTIONAL, 60 * DAY), (Exercise.FULL_SCALE, 90 * DAY))


def asking(**drills: object) -> City:
    return replace(city(), drilling=Drilling(**drills))  # type: ignore[arg-type]  # fields by name


def held(mode: Mode, days_ago: int, *, whole: bool = True) -> Drill:
    plan, at = plan_of(city(), mode), NOW - days_ago * DAY
    entries: list[Entry] = [Opened(at=at, by="m", drill="d", mode=mode, plan=plan.digest, machine="x")]
    if whole:
        for task in plan.tasks:
            both = ("cloud", "street") if task.fences else ()
            entries.append(Seen(at=at, by="m", task=task.id, answer=Answer.MET, reason="", witnesses=both))
    else:
        entries.append(Stopped(at=at, by="m", reason="enough"))
    run = Run(plan=plan)
    for entry in entries:
        run = run.after(entry)
    return Drill(name="d", run=run.after(Closed(at=at, by="m", left=run.left)), city=city())


def test_who_asks_for_nothing_has_nothing_due() -> None:
    assert schedule(city(), [held(Mode.FAILOVER, 1)], [], NOW) == ()


@pytest.mark.parametrize(
    ("drills", "ages"),
    [
        pytest.param([], [None, None, None], id="nothing was ever held"),
        pytest.param([held(Mode.REHEARSE, 5)], [5, 5, None], id="a rehearsal stands in for talking it through"),
        pytest.param([held(Mode.SWITCHOVER, 7)], [7, 7, 7], id="a real move stands in for all"),
        pytest.param([held(Mode.SWITCHOVER, 7), held(Mode.REHEARSE, 2)], [2, 2, 7], id="the newest counts"),
        pytest.param([held(Mode.SWITCHOVER, 1, whole=False)], [None, None, None], id="what was stopped was not held"),
    ],
)
def test_an_exercise_is_due_so_long_after_the_last_one_of_its_kind_or_higher(
    drills: list[Drill], ages: list[int | None]
) -> None:
    found = {due.exercise: due for due in schedule(asking(exercises=LADDER), drills, [], NOW)}
    assert [found[exercise].last for exercise, _ in LADDER] == [
        None if age is None else NOW - age * DAY for age in ages
    ]
    for (exercise, every), age in zip(LADDER, ages, strict=True):
        assert found[exercise].at == (NOW if age is None else NOW - age * DAY + every)


def test_each_service_in_the_cloud_is_due_by_itself_the_earliest_first() -> None:
    proven = [Drilled(service="portal", drill="d", at=NOW - 10 * DAY, changed=())]
    found = schedule(asking(every=each(100 * DAY)), [], proven, NOW)
    assert found[-1] == Due(service="portal", last=NOW - 10 * DAY, at=NOW + 90 * DAY)
    assert {due.service for due in found} == {service.id for service in city().services if service.workload}
    assert {due.at for due in found[:-1]} == {NOW}


def test_only_a_rehearsal_is_less_than_full_scale() -> None:
    assert {mode: exercise_of(mode) for mode in Mode} == {
        mode: Exercise.FUNCTIONAL if mode is Mode.REHEARSE else Exercise.FULL_SCALE for mode in Mode
    }
