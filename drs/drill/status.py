"""A drill as a person reads it, and as JSON with stable keys."""

from collections.abc import Iterator
from datetime import datetime
from functools import singledispatch
from typing import TypedDict

from city.errors import ExitCode
from drs.drill.entry import (
    Approved,
    Begun,
    Closed,
    Ended,
    Entry,
    Measured,
    Opened,
    Overridden,
    Seen,
    Stopped,
    TakenOver,
    Undoing,
)
from drs.drill.known import Stage
from drs.drill.moves import Wait, moves
from drs.drill.run import Run


class TaskJson(TypedDict):
    task: str
    stage: str
    attempts: int
    reason: str
    waits: str | None
    agreed: list[str]
    approvers: int
    begun: str | None
    proven: str | None


class DrillJson(TypedDict):
    drill: str
    mode: str
    point: str | None
    plan: str
    head: str
    conductor: str
    machine: str
    opened: str | None
    stopped: str | None
    closed: str | None
    tasks: list[TaskJson]


def as_json(name: str, run: Run, head: str, now: datetime) -> DrillJson:
    """Moments are ISO 8601, null while they have not come; `head` is the digest of the journal's last line."""
    waits = {move.task.id: move.why.value for move in moves(run, now) if isinstance(move, Wait)}
    return {
        "drill": name,
        "mode": run.plan.mode,
        "point": run.plan.point or None,
        "plan": run.plan.digest,
        "head": head,
        "conductor": run.conductor,
        "machine": run.machine,
        "opened": run.opened.at.isoformat() if run.opened else None,
        "stopped": run.stopped.at.isoformat() if run.stopped else None,
        "closed": run.closed.at.isoformat() if run.closed else None,
        "tasks": [_task(run, name, waits.get(name), now) for name in run.plan.by_id],
    }


def _task(run: Run, name: str, waits: str | None, now: datetime) -> TaskJson:
    known = run.known(name)
    return {
        "task": name,
        "stage": known.stage.value,
        "attempts": known.attempts,
        "reason": known.reason,
        "waits": waits,
        "agreed": list(known.approved(now)),
        "approvers": run.plan.by_id[name].approvers,
        "begun": known.begun.isoformat() if known.begun else None,
        "proven": known.proven.isoformat() if known.proven else None,
    }


def lines(name: str, run: Run, now: datetime) -> Iterator[str]:
    """One line for each task, to which moment it goes back if it does, then where the drill stands."""
    waits = {move.task.id: move for move in moves(run, now) if isinstance(move, Wait)}
    for task in run.plan.by_id:
        known, wait = run.known(task), waits.get(task)
        told = f"{wait.why}: {wait.told}" if wait else known.reason
        yield f"{known.stage:11} {task}{f'  ({told})' if told else ''}"
    if run.plan.point:
        yield f"data are taken back to {run.plan.point}"
    yield f"drill {name}: {_standing(run)}"


def _standing(run: Run) -> str:
    left = f"{len(run.left)} of {len(run.plan.tasks)} steps are not proven"
    if run.closed:
        return f"over since {run.closed.at:%Y-%m-%d %H:%M} UTC; {left}" if run.left else "over; every step is proven"
    if run.stopped:
        return f"stopped by {run.stopped.by} ({run.stopped.reason}); {left}"
    return f"open; {left}; {run.conductor or 'nobody'} conducted it last"


def exit_code(run: Run) -> ExitCode:
    """Done when every step is proven; unknown while somebody has to look; else failed: steps are left."""
    if not run.left:
        return ExitCode.DONE
    unknown = {Stage.UNSEEN, Stage.UNDER_WAY, Stage.RETURNED}
    return ExitCode.UNKNOWN if any(run.known(task).stage in unknown for task in run.left) else ExitCode.FAILED


@singledispatch
def sentence(happened: Entry | Wait) -> str:
    """What happened, or why a task waits, on one line."""
    raise TypeError(f"{type(happened).__name__} is no entry of a drill")


@sentence.register
def _(wait: Wait) -> str:
    return f"{wait.task.id}: {wait.why}: {wait.told}"


@sentence.register
def _(entry: Opened) -> str:
    return f"{entry.by} began the {entry.mode} {entry.drill} on {entry.machine}"


@sentence.register
def _(entry: Approved) -> str:
    return f"{entry.task}: {entry.by} agrees, until {entry.until:%H:%M:%S} UTC{_signed(entry)}"


@sentence.register
def _(entry: Begun) -> str:
    return f"{entry.task}: begun{f', attempt {entry.attempt}' if entry.attempt > 1 else ''}"


@sentence.register
def _(entry: Ended) -> str:
    return f"{entry.task}: {'could not be done: ' if entry.failed else ''}{entry.told}"


@sentence.register
def _(entry: Seen) -> str:
    return f"{entry.task}: seen: {entry.answer}: {entry.reason}"


@sentence.register
def _(entry: Overridden) -> str:
    return f"{entry.task}: {entry.by} answers for it{_signed(entry)}: {entry.reason}"


@sentence.register
def _(entry: Measured) -> str:
    files = "lost not known" if entry.lost_s is None else f"files of at most {entry.lost_s:g} s lost"
    lost = files if entry.lost is None else f"{entry.lost} of {_known(entry.acknowledged)} records lost"
    return f"{entry.service}: measured: away for {_known(entry.downtime_s)} s, {lost}: {entry.how}"


def _known(figure: float | None) -> str:
    return "an unknown number of" if figure is None else f"{figure:g}"


def _signed(entry: Approved | Overridden) -> str:
    return " (signed)" if entry.signature else ""


@sentence.register
def _(entry: Undoing) -> str:
    return f"{entry.task}: {entry.by} takes it back: {entry.reason}"


@sentence.register
def _(entry: TakenOver) -> str:
    return f"{entry.by} conducts the drill from now on, from {entry.machine}"


@sentence.register
def _(entry: Stopped) -> str:
    return f"{entry.by} stopped the drill: {entry.reason}"


@sentence.register
def _(entry: Closed) -> str:
    return f"the drill is over: {f'{len(entry.left)} steps are left' if entry.left else 'every step is proven'}"
