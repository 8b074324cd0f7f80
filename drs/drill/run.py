"""What is known of a drill: its entries, folded one by one. Pure; an entry that must never be is refused (rules.py)."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, singledispatch

from drs.check import Answer
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
from drs.drill.known import Known, Stage
from drs.drill.plan import Plan, Task
from drs.drill.rules import RULES, Violation

_NOTHING = Known()
WITNESSES = 2
"""By how many independent ways it has to be seen that data is fenced."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """A drill after some entries. `opened` is None before the first."""

    plan: Plan
    tasks: Mapping[str, Known] = field(default_factory=dict)
    measured: Mapping[str, Measured] = field(default_factory=dict)
    """The newest figures of each service."""
    opened: Opened | None = None
    conductor: str = ""
    machine: str = ""
    stopped: Stopped | None = None
    closed: Closed | None = None

    def known(self, task: str) -> Known:
        return self.tasks.get(task, _NOTHING)

    def after(self, entry: Entry) -> "Run":
        """The run with this entry. Raises Violation where the entry must never be."""
        for rule in RULES:
            if problem := rule(self, entry):
                raise Violation(f"{type(entry).__name__} by {entry.by}", problem, "Look at `asty drill status` first.")
        return _applied(entry, self)

    @cached_property
    def proven(self) -> frozenset[str]:
        """The tasks that are proven, or answered for, and everything that each of them needs as well."""
        held: set[str] = set()
        for name in self.plan.order:
            settled = self.known(name).stage in {Stage.PROVEN, Stage.OVERRIDDEN}
            if settled and held.issuperset(self.plan.by_id[name].needs):
                held.add(name)
        return frozenset(held)

    @property
    def left(self) -> tuple[str, ...]:
        """The tasks that are not proven, in the order of the plan."""
        return tuple(task.id for task in self.plan.tasks if task.id not in self.proven)

    def unfenced(self, task: Task) -> bool:
        """Whether the task would promote data that is not known to be fenced."""
        return bool(task.promotes) and not any(one.id in self.proven for one in self.plan.fencing(task.promotes))

    def changed(self, task: str, known: Known) -> "Run":
        return replace(self, tasks={**self.tasks, task: known})


@singledispatch
def _applied(entry: Entry, _run: Run) -> Run:
    raise TypeError(f"{type(entry).__name__} is no entry of a drill")


@_applied.register
def _(entry: Opened, run: Run) -> Run:
    return replace(run, opened=entry, conductor=entry.by, machine=entry.machine)


@_applied.register
def _(entry: TakenOver, run: Run) -> Run:
    fresh = {name: replace(known, running=False, tried=False) for name, known in run.tasks.items()}
    return replace(run, conductor=entry.by, machine=entry.machine, tasks=fresh)


@_applied.register
def _(entry: Approved, run: Run) -> Run:
    known = run.known(entry.task)
    return run.changed(entry.task, replace(known, approvals={**known.approvals, entry.by: entry.until}))


@_applied.register
def _(entry: Begun, run: Run) -> Run:
    known = run.known(entry.task)
    begun = replace(known, stage=Stage.UNDER_WAY, attempts=entry.attempt, running=True, tried=True)
    return run.changed(entry.task, replace(begun, failed=False, reason="", begun=entry.at, proven=None))


@_applied.register
def _(entry: Ended, run: Run) -> Run:
    known = run.known(entry.task)
    stage = Stage.RETURNED if known.stage is Stage.UNDER_WAY else known.stage
    ended = replace(known, stage=stage, running=False, failed=entry.failed, reason=entry.told)
    return run.changed(entry.task, ended)


@_applied.register
def _(entry: Seen, run: Run) -> Run:
    stage, reason = judged(run.plan.by_id[entry.task], entry)
    known = run.known(entry.task)
    if known.stage is Stage.OVERRIDDEN and stage is not Stage.PROVEN:
        return run  # somebody answers for it, who knew more than a look that was under way
    proven = (known.proven or entry.at) if stage is Stage.PROVEN else None
    return run.changed(entry.task, replace(known, stage=stage, reason=reason, proven=proven))


def judged(task: Task, seen: Seen) -> tuple[Stage, str]:
    """What a look says of the task: done is what was seen to be done; of a fence, by two independent ways."""
    if seen.answer is Answer.UNKNOWN:
        return Stage.UNSEEN, seen.reason
    if seen.answer is not Answer.MET:
        return Stage.NOT_DONE, seen.reason
    if task.fences and len(set(seen.witnesses)) < WITNESSES:
        proofs = f"{len(set(seen.witnesses))} of {WITNESSES} proofs that {task.fences} is fenced"
        return Stage.UNSEEN, f"{proofs}: {seen.reason}"
    return Stage.PROVEN, seen.reason


@_applied.register
def _(entry: Overridden, run: Run) -> Run:
    told = f"{entry.by} answers for it: {entry.reason}"
    return run.changed(entry.task, replace(run.known(entry.task), stage=Stage.OVERRIDDEN, reason=told, proven=entry.at))


@_applied.register
def _(entry: Measured, run: Run) -> Run:
    return replace(run, measured={**run.measured, entry.service: entry})


@_applied.register
def _(entry: Undoing, run: Run) -> Run:
    """Nobody knows what there is of it until somebody looks; who agreed to it agreed to that time."""
    attempts = run.known(entry.task).attempts
    told = f"{entry.by} takes it back: {entry.reason}"
    return run.changed(entry.task, Known(stage=Stage.UNDER_WAY, attempts=attempts, reason=told))


@_applied.register
def _(entry: Stopped, run: Run) -> Run:
    return replace(run, stopped=entry)


@_applied.register
def _(entry: Closed, run: Run) -> Run:
    return replace(run, closed=entry)
