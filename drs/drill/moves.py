"""What may happen next in a drill, from what is known. Pure: asked again after each entry, it needs no memory."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeAlias

from drs.drill.known import Stage
from drs.drill.plan import Task
from drs.drill.run import Run

YIELDS = timedelta(minutes=1)
"""For so long at most: who waits for a standby that follows again is not protected from a second loss."""


class Waiting(StrEnum):
    """Why a task does not go on, in the words in which the operator is told."""

    NEEDS = "WaitForSteps"
    FENCING = "WaitForFencing"
    RESIDENTS = "WaitForResidents"
    APPROVAL = "AwaitingApproval"
    RUNNING = "Running"
    SLOW = "RunningLongerThanUsual"
    FAILED = "Failed"
    STOPPED = "Stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Begin:
    """Do the task, for the time numbered `attempt`."""

    task: Task
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """See whether the task is done. `patient`: the doing came back, and what it did may take its time to show."""

    task: Task
    patient: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Nothing to do for the task now."""

    task: Task
    why: Waiting
    told: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Close:
    """The drill is over."""

    left: tuple[str, ...]


OfTask: TypeAlias = Begin | Look | Wait
Move: TypeAlias = OfTask | Close


def moves(run: Run, now: datetime, mine: frozenset[str] = frozenset()) -> tuple[Move, ...]:
    """One move for each task that is not proven; `mine` are the tasks that the caller itself is doing or looking at.

    A task that was begun by somebody else, or by the caller before it died, is looked at: nobody assumes how it ended.
    """
    if run.closed:
        return ()
    found = tuple(_yielding(run, now, tuple(_moves(run, now, mine))))
    over = not found or (run.stopped and all(isinstance(move, Wait) for move in found) and not mine)
    return (Close(left=run.left),) if over else found


def _yielding(run: Run, now: datetime, found: tuple[OfTask, ...]) -> Iterator[OfTask]:
    """What residents do not need is begun once the services that are on their way have come: it has the same machines.

    A service that waits for a person keeps nothing from being begun.
    """
    come = not any(_goes_on(move) for move in found)
    for move in found:
        yield move if come else _yields(run, now, move) or move


def _goes_on(move: OfTask) -> bool:
    """Whether residents wait for it, and nobody else has to do anything."""
    return not move.task.afterwards and (not isinstance(move, Wait) or move.why is Waiting.RUNNING)


def _yields(run: Run, now: datetime, move: OfTask) -> Wait | None:
    """What was begun goes on, and is looked at."""
    task = move.task
    since = [at for need in task.needs if (at := run.known(need).proven) is not None]
    if not task.afterwards or isinstance(move, Wait) or run.known(task.id).attempts or not since:
        return None
    until = max(since) + YIELDS
    told = f"residents wait for other services; it begins at {until:%H:%M:%S} UTC at the latest"
    return Wait(task=task, why=Waiting.RESIDENTS, told=told) if now < until else None


def _moves(run: Run, now: datetime, mine: frozenset[str]) -> Iterator[OfTask]:
    for name in run.left:
        task, known = run.plan.by_id[name], run.known(name)
        if name in mine:
            yield Wait(task=task, why=Waiting.RUNNING, told=known.reason or f"attempt {known.attempts}")
        elif known.stage in {Stage.UNDER_WAY, Stage.RETURNED} or (known.stage is Stage.UNSEEN and known.attempts):
            yield Look(task=task, patient=known.stage is Stage.RETURNED and known.tried and not known.failed)
        elif run.stopped:
            yield Wait(task=task, why=Waiting.STOPPED, told=f"{run.stopped.by}: {run.stopped.reason}")
        else:
            yield _ahead(run, now, task)


def _ahead(run: Run, now: datetime, task: Task) -> OfTask:
    """Of a task that nobody is doing."""
    known = run.known(task.id)
    if missing := [need for need in task.needs if need not in run.proven]:
        fencing = task.promotes and any(run.plan.by_id[need].fences for need in missing)
        return Wait(task=task, why=Waiting.FENCING if fencing else Waiting.NEEDS, told=", ".join(missing))
    if known.stage is not Stage.NOT_DONE:
        return Look(task=task, patient=False)
    if known.tried:
        return Wait(task=task, why=Waiting.FAILED, told=known.reason)
    agreed = known.approved(now)
    if len(agreed) < task.approvers:
        told = f"{len(agreed)} of {task.approvers} persons agree{': ' if agreed else ''}{', '.join(agreed)}"
        return Wait(task=task, why=Waiting.APPROVAL, told=told)
    return Begin(task=task, attempt=known.attempts + 1)
