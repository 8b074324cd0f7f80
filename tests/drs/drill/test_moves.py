"""What a drill does next, and why a task waits, in the operator's words."""

from collections.abc import Sequence

import pytest

from drs.check import Answer
from drs.drill.entry import Closed, Entry, TakenOver
from drs.drill.moves import Begin, Close, Look, Wait, Waiting, moves
from tests.drs.drill.plans import FAILOVER
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


def test_the_drill_is_closed_when_all_is_proven() -> None:
    done: list[Entry] = [*FENCED, seen("promote"), seen("serve"), seen("portal")]
    assert moves(run_of(done), NOW) == (Close(left=()),)
    assert moves(run_of([*done, Closed(at=LATER, by="maria", left=())]), NOW) == ()


def test_a_stopped_drill_is_closed_when_nothing_is_under_way() -> None:
    run = run_of([OPENED, seen("ready"), not_done("fence"), begun("fence"), STOPPED])
    assert Close(left=run.left) not in moves(run, NOW)
    looked = run.after(seen("fence", Answer.MET, *BOTH))
    assert moves(looked, NOW) == (Close(left=("promote", "serve", "portal")),)
