"""What a drill does next, and why a task waits, in the operator's words."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from drs.check import Answer
from drs.drill.entry import Closed, Entry, TakenOver
from drs.drill.moves import YIELDS, Begin, Close, Look, Wait, Waiting, moves
from drs.drill.plan import Plan
from drs.drill.run import Run
from tests.drs.drill.plans import FAILOVER, task
from tests.drs.drill.test_run import (
    AGREED,
    BOTH,
    FENCED,
    LATER,
    NOW,
    OPENED,
    STOPPED,
    approved,
    begun,
    ended,
    not_done,
    overridden,
    run_of,
    seen,
)

OVER = TakenOver(at=NOW, by="maria", machine="desk")
TASKS = FAILOVER.by_id


def begin(name: str, attempt: int = 1) -> Begin:
    return Begin(task=TASKS[name], attempt=attempt)


def look(name: str, *, patient: bool = False) -> Look:
    return Look(task=TASKS[name], patient=patient)


def wait(name: str, why: Waiting, told: str) -> Wait:
    return Wait(task=TASKS[name], why=why, told=told)


WAITING_FOR_READY = (wait("fence", Waiting.NEEDS, "ready"), wait("portal", Waiting.NEEDS, "ready"))
NEXT: dict[str, tuple[Sequence[Entry], dict[str, object]]] = {
    "at first": ((), {"ready": look("ready"), "fence": WAITING_FOR_READY[0], "portal": WAITING_FOR_READY[1]}),
    "the promotion waits for its fence": ((), {"promote": wait("promote", Waiting.FENCING, "fence")}),
    "not done yet": ((not_done("ready"),), {"ready": begin("ready")}),
    "half done": ((seen("ready", Answer.PARTLY),), {"ready": begin("ready")}),
    "nobody could see": ((seen("ready", Answer.UNKNOWN),), {"ready": look("ready")}),
    "it came back": (
        (not_done("ready"), begun("ready"), ended("ready")),
        {"ready": look("ready", patient=True)},
    ),
    "it came back with a failure": (
        (not_done("ready"), begun("ready"), ended("ready", failed=True)),
        {"ready": look("ready")},
    ),
    "it failed": (
        (not_done("ready"), begun("ready"), ended("ready", failed=True), not_done("ready")),
        {"ready": wait("ready", Waiting.FAILED, "looked")},
    ),
    "it failed, and somebody takes over": (
        (not_done("ready"), begun("ready"), ended("ready", failed=True), not_done("ready"), OVER),
        {"ready": begin("ready", 2)},
    ),
    "it was begun, and its process died": ((not_done("ready"), begun("ready"), OVER), {"ready": look("ready")}),
    "it came back, and its process died": (
        (not_done("ready"), begun("ready"), ended("ready"), OVER),
        {"ready": look("ready")},
    ),
    "two begin side by side": (
        (seen("ready"), not_done("fence"), not_done("portal")),
        {"ready": None, "fence": begin("fence"), "portal": begin("portal")},
    ),
    "nobody agrees": (
        (*FENCED[1:], not_done("promote")),
        {"promote": wait("promote", Waiting.APPROVAL, "0 of 2 persons agree")},
    ),
    "one agrees": (
        (*FENCED[1:], not_done("promote"), approved("promote", "nikos")),
        {"promote": wait("promote", Waiting.APPROVAL, "1 of 2 persons agree: nikos")},
    ),
    "an agreement has run out": (
        (*AGREED[1:], approved("promote", "nikos", NOW)),
        {"promote": wait("promote", Waiting.APPROVAL, "1 of 2 persons agree: maria")},
    ),
    "two agree": (AGREED[1:], {"promote": begin("promote"), "serve": wait("serve", Waiting.NEEDS, "promote")}),
    "one proof of the fence": (
        (seen("ready"), seen("fence", Answer.MET, "the cloud")),
        {"fence": look("fence"), "promote": wait("promote", Waiting.FENCING, "fence")},
    ),
    "somebody answers for the fence": (
        (seen("ready"), overridden("fence")),
        {"fence": None, "promote": look("promote")},
    ),
    "stopped": (
        (seen("ready"), not_done("fence"), begun("fence"), STOPPED),
        {"fence": look("fence"), "portal": wait("portal", Waiting.STOPPED, "nikos: false alarm")},
    ),
}


@pytest.mark.parametrize(("entries", "expected"), NEXT.values(), ids=NEXT.keys())
def test_each_task_has_the_move_that_its_history_asks_for(
    entries: Sequence[Entry], expected: dict[str, object]
) -> None:
    found = {move.task.id: move for move in moves(run_of([OPENED, *entries]), NOW) if not isinstance(move, Close)}
    assert {name: found.get(name) for name in expected} == expected


def test_what_the_caller_is_doing_is_left_alone() -> None:
    run = run_of([OPENED, not_done("ready"), begun("ready")])
    found = {move.task.id: move for move in moves(run, NOW, frozenset({"ready"})) if isinstance(move, Wait)}
    assert found["ready"] == wait("ready", Waiting.RUNNING, "attempt 1")


TWO = Plan(
    mode="failover",
    tasks=(task("a"), replace(task("a-later", "a"), afterwards=True), task("b"), task("b-more", "b", approvers=1)),
)
"""The service `a` serves already; `b` is on its way."""


def of_two(*entries: Entry, at: datetime = NOW, mine: frozenset[str] = frozenset()) -> dict[str, object]:
    run = Run(plan=TWO)
    for entry in (replace(OPENED, plan=TWO.digest), seen("a"), *entries):
        run = run.after(entry)
    return {move.task.id: move for move in moves(run, at, mine) if not isinstance(move, Close)}


LATEST = NOW + YIELDS
YIELDED = Wait(
    task=TWO.by_id["a-later"],
    why=Waiting.RESIDENTS,
    told=f"residents wait for other services; it begins at {LATEST:%H:%M:%S} UTC at the latest",
)


@pytest.mark.parametrize(
    "entries",
    [(), (not_done("b"),), (not_done("b"), begun("b")), (not_done("b"), begun("b"), ended("b"))],
    ids=["looked at", "beginning", "begun", "ended"],
)
def test_what_residents_do_not_need_yields_to_a_service_that_is_on_its_way(entries: Sequence[Entry]) -> None:
    found = of_two(*entries)
    assert found["a-later"] == YIELDED
    assert isinstance(found["b"], Begin | Look)


def test_it_yields_to_what_the_conductor_itself_is_doing() -> None:
    entries = (not_done("b"), begun("b"))
    assert of_two(*entries, mine=frozenset({"b"}))["a-later"] == YIELDED


def test_it_yields_for_a_minute_at_most_since_its_own_service_serves() -> None:
    later = Look(task=TWO.by_id["a-later"], patient=False)
    assert of_two(at=LATEST - timedelta(seconds=1))["a-later"] == YIELDED
    assert of_two(at=LATEST)["a-later"] == later
    answered_for = (not_done("b"), begun("b"), overridden("b"))
    assert of_two(*answered_for, at=LATEST)["a-later"] == later


@pytest.mark.parametrize(
    "entries",
    [
        (seen("b"), seen("b-more")),
        (seen("b"), not_done("b-more")),
        (not_done("b"), begun("b"), ended("b", failed=True), not_done("b")),
    ],
    ids=["all serve", "a person has to agree", "a person has to mend it"],
)
def test_it_yields_to_nobody_where_all_serve_or_wait_for_a_person(entries: Sequence[Entry]) -> None:
    assert of_two(*entries)["a-later"] == Look(task=TWO.by_id["a-later"], patient=False)


def test_what_was_begun_is_looked_at_whoever_waits() -> None:
    entries = (not_done("a-later"), begun("a-later"), OVER, not_done("b"), begun("b"))
    assert of_two(*entries)["a-later"] == Look(task=TWO.by_id["a-later"], patient=False)


def test_a_stopped_drill_yields_to_nobody() -> None:
    found = of_two(not_done("b"), begun("b"), STOPPED)["a-later"]
    assert isinstance(found, Wait) and found.why is Waiting.STOPPED


def test_the_drill_is_closed_when_all_is_proven() -> None:
    done: list[Entry] = [*FENCED, seen("promote"), seen("serve"), seen("portal")]
    assert moves(run_of(done), NOW) == (Close(left=()),)
    assert moves(run_of([*done, Closed(at=LATER, by="maria", left=())]), NOW) == ()


def test_a_stopped_drill_is_closed_when_nothing_is_under_way() -> None:
    run = run_of([OPENED, seen("ready"), not_done("fence"), begun("fence"), STOPPED])
    assert Close(left=run.left) not in moves(run, NOW)
    looked = run.after(seen("fence", Answer.MET, *BOTH))
    assert moves(looked, NOW) == (Close(left=("promote", "serve", "portal")),)
