"""What is known of a drill: its entries, folded one by one. Pure; an entry that must never be is refused.

What must hold at each entry stands in `RULES`, so that neither a mistake in the conductor nor a second terminal can
write a history in which a service was promoted before the other side was fenced.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from functools import cached_property, singledispatch
from graphlib import TopologicalSorter

from city.errors import Refused
from drs.check import Answer
from drs.drill.entry import Approved, Begun, Closed, Ended, Entry, Opened, Overridden, Seen, Stopped, TakenOver
from drs.drill.plan import Plan, Task
from drs.drill.signature import holds

WITNESSES = 2
"""By how many independent ways it has to be seen that data is fenced."""


class Violation(Refused):
    """An entry against the rules of a drill; it was not written."""


class Stage(StrEnum):
    """What is known of one task."""

    NOT_BEGUN = "not begun"  # nobody has looked or begun
    UNDER_WAY = "under way"  # begun; what came of it is not known
    RETURNED = "returned"  # it came back; nobody has looked yet
    NOT_DONE = "not done"  # somebody looked, and it is not done
    UNSEEN = "unseen"  # somebody looked, and could not see whether it is done
    PROVEN = "proven"
    OVERRIDDEN = "overridden"  # a person answers for it


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Of one task. `running` is an attempt that has not come back to whoever conducts the drill now, `tried` one that
    they have begun at all; `failed` says that the last one that came back could not be done."""

    stage: Stage = Stage.NOT_BEGUN
    attempts: int = 0
    running: bool = False
    tried: bool = False
    failed: bool = False
    reason: str = ""
    begun: datetime | None = None
    proven: datetime | None = None
    approvals: Mapping[str, datetime] = field(default_factory=dict)

    def approved(self, at: datetime) -> tuple[str, ...]:
        """Who agrees, and whose agreement has not run out."""
        return tuple(sorted(by for by, until in self.approvals.items() if until > at))


@dataclass(frozen=True, kw_only=True)
class Run:
    """A drill after some entries. `opened` is None before the first."""

    plan: Plan
    tasks: Mapping[str, Known] = field(default_factory=dict)
    opened: Opened | None = None
    conductor: str = ""
    machine: str = ""
    stopped: Stopped | None = None
    closed: Closed | None = None

    def known(self, task: str) -> Known:
        return self.tasks.get(task, Known())

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
        for name in TopologicalSorter({task.id: task.needs for task in self.plan.tasks}).static_order():
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


def _order(run: Run, entry: Entry) -> str:
    if run.closed:
        return "the drill is closed"
    if isinstance(entry, Opened):
        return "the drill was opened before" if run.opened else ""
    return "" if run.opened else "no drill is open"


def _plan(run: Run, entry: Entry) -> str:
    if isinstance(entry, Opened) and (entry.plan, entry.mode) != (run.plan.digest, run.plan.mode):
        return "the drill was opened with another plan: steps, services or their dependencies have changed since"
    task = getattr(entry, "task", None)
    return f"the plan has no task {task}" if task is not None and task not in run.plan.by_id else ""


def _conductor(run: Run, entry: Entry) -> str:
    """One hand does things at a time; everybody may look, agree, answer for something, or stop."""
    alone = isinstance(entry, Begun | Ended | Closed)
    return f"{run.conductor} conducts the drill" if alone and entry.by != run.conductor else ""


def _begins(run: Run, entry: Entry) -> str:
    if not isinstance(entry, Begun):
        return ""
    task, known = run.plan.by_id[entry.task], run.known(entry.task)
    if run.stopped:
        return f"{run.stopped.by} has stopped the drill"
    if known.running or known.stage is not Stage.NOT_DONE:
        return f"{task.id} is {Stage.UNDER_WAY if known.running else known.stage}: look first whether it is done"
    wanted = known.attempts + 1
    return f"this is attempt {wanted} of {task.id}, not {entry.attempt}" if entry.attempt != wanted else ""


def _allowed(run: Run, entry: Entry) -> str:
    """What a task needs, and who has to agree, before it begins."""
    if not isinstance(entry, Begun):
        return ""
    task = run.plan.by_id[entry.task]
    if missing := [need for need in task.needs if need not in run.proven]:
        return f"{task.id} needs {', '.join(missing)} to be proven first"
    if run.unfenced(task):
        return f"{task.promotes} is not known to be fenced"
    agreed = len(run.known(task.id).approved(entry.at))
    return f"{agreed} of {task.approvers} persons agree to {task.id}" if agreed < task.approvers else ""


def _ends(run: Run, entry: Entry) -> str:
    if not isinstance(entry, Ended):
        return ""
    known = run.known(entry.task)
    current = known.running and entry.attempt == known.attempts
    return "" if current else f"attempt {entry.attempt} of {entry.task} is not under way"


def _answered_for(_run: Run, entry: Entry) -> str:
    if not isinstance(entry, Overridden):
        return ""
    return "" if entry.reason.strip() and entry.by.strip() else "whoever answers for a task gives a name and a reason"


def _signed(run: Run, entry: Entry) -> str:
    """Where the plan names who may agree, their signature is asked for: a name alone is anybody's."""
    if not isinstance(entry, Approved | Overridden) or not run.plan.keys or run.opened is None:
        return ""
    if entry.by not in run.plan.keys:
        return f"{entry.by} is not among those who may agree: {', '.join(run.plan.keys)}"
    right = holds(run.opened.drill, run.plan.digest, entry, run.plan.keys[entry.by])
    return "" if right else f"it bears no signature by the key of {entry.by}"


def _closes(run: Run, entry: Entry) -> str:
    if not isinstance(entry, Closed):
        return ""
    if entry.left != run.left:
        return f"{len(run.left)} tasks are left, not {len(entry.left)}"
    return "" if run.stopped or not run.left else f"{run.left[0]} is not proven"


RULES: tuple[Callable[[Run, Entry], str], ...] = (
    _order,
    _plan,
    _conductor,
    _begins,
    _allowed,
    _ends,
    _answered_for,
    _signed,
    _closes,
)
"""Each returns why the entry must not be, or nothing."""


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
def _(entry: Stopped, run: Run) -> Run:
    return replace(run, stopped=entry)


@_applied.register
def _(entry: Closed, run: Run) -> Run:
    return replace(run, closed=entry)
