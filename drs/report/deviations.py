"""What did not go as the plan and the city's promises say, and what has to be done about it. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from drs.check import Answer
from drs.drill.entry import Ended, Entry, Overridden, Seen, Stopped, TakenOver, Undoing
from drs.drill.run import Run
from drs.report.recovered import Recovered


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviation:
    """`kind` is a key of drs.report.words, and `about` what its sentence names; so is `follow_up` of what to do.

    `at` is None for what came of the whole drill; `follow_up` is empty where nothing has to be done.
    """

    kind: str
    follow_up: str = ""
    at: datetime | None = None
    about: Mapping[str, str] = field(default_factory=dict)


def deviations(run: Run, entries: Sequence[Entry], services: Sequence[Recovered]) -> tuple[Deviation, ...]:
    """First what happened, in the order in which it did; then what was left, and which promises were not kept."""
    happened = [found for entry in entries if (found := _of(entry))]
    return (*happened, *_hidden(run, entries), *_steps(run), *_promises(services))


def _of(entry: Entry) -> Deviation | None:
    if isinstance(entry, Overridden):
        about = {"by": entry.by, "task": entry.task, "reason": entry.reason}
        kind = "answers signed" if entry.signature else "answers"
        return Deviation(kind=kind, follow_up="do prove", at=entry.at, about=about)
    if isinstance(entry, Ended) and entry.failed:
        about = {"task": entry.task, "attempt": str(entry.attempt), "reason": entry.told}
        return Deviation(kind="failed", follow_up="do mend", at=entry.at, about=about)
    if isinstance(entry, Undoing):
        about = {"by": entry.by, "task": entry.task, "reason": entry.reason}
        return Deviation(kind="taken back", at=entry.at, about=about)
    if isinstance(entry, TakenOver):
        return Deviation(kind="taken over", at=entry.at, about={"by": entry.by, "machine": entry.machine})
    if isinstance(entry, Stopped):
        return Deviation(kind="was stopped", at=entry.at, about={"by": entry.by, "reason": entry.reason})
    return None


def _hidden(run: Run, entries: Sequence[Entry]) -> Iterator[Deviation]:
    """Each step that could not be seen at some time, once, with the first reason."""
    told: set[str] = set()
    for entry in entries:
        if isinstance(entry, Seen) and entry.answer is Answer.UNKNOWN and entry.task not in told:
            told.add(entry.task)
            follow = "" if entry.task in run.proven else "do look"
            about = {"task": entry.task, "reason": entry.reason}
            yield Deviation(kind="hidden", follow_up=follow, at=entry.at, about=about)


def _steps(run: Run) -> Iterator[Deviation]:
    for task in run.plan.tasks:
        known = run.known(task.id)
        if task.id not in run.proven:
            yield Deviation(kind="left", follow_up="do finish", about={"task": task.id})
        elif known.begun and known.proven and (known.proven - known.begun).total_seconds() > task.time_limit_s:
            about = {"task": task.id, "limit": f"{task.time_limit_s:g}"}
            yield Deviation(kind="slow", follow_up="do hurry", at=known.proven, about=about)


def _promises(services: Sequence[Recovered]) -> Iterator[Deviation]:
    for one in services:
        about = {"service": one.service}
        if one.in_time is False:
            yield Deviation(kind="rto missed", follow_up="do rto", about=about)
        if one.within_mtd is False:
            yield Deviation(kind="mtd missed", follow_up="do mtd", about=about)
        if one.within_rpo is False:
            yield Deviation(kind="rpo missed", follow_up="do rpo", about=about)
        if not one.loss_known:
            yield Deviation(kind="loss unmeasured", follow_up="do measure", about=about)
