"""What has to hold of a drill whatever befell it, judged by its journal and by who watched. Pure.

The rules of the engine (drs.drill.rules) are not asked: what is judged here would be seen if they were wrong.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from drs.check import Answer
from drs.drill.entry import Begun, Entry, Measured, Overridden, Seen, Undoing
from drs.drill.plan import Plan
from drs.mode import Mode

PROOFS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """`journal_trouble` says why the journal cannot be read, or nothing; `lost` is what was counted anew by service."""

    plan: Plan
    entries: Sequence[Entry]
    journal_trouble: str
    looks: int
    splits: Sequence[str]
    lost: Mapping[str, int | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Whether the invariant held; None where nobody can tell."""

    invariant: str
    held: bool | None
    seen: str


def one_leader(found: Evidence) -> tuple[bool | None, str]:
    if found.splits:
        return False, found.splits[0]
    databases = {task.promotes for task in found.plan.tasks if task.promotes}
    if databases and not found.looks:
        return None, "nobody could look at any database"
    return True, f"looked {found.looks} times"


def loss_as_reported(found: Evidence) -> tuple[bool | None, str]:
    """Nothing at all where the mode promises that."""
    reported = {one.service: one.lost for one in found.entries if isinstance(one, Measured)}
    unknown = []
    for service, lost in found.lost.items():
        told = 0 if Mode(found.plan.mode) is not Mode.FAILOVER else reported.get(service)
        if lost is None or told is None:
            unknown.append(service)
        elif lost > told:
            return False, f"{lost} records of {service} are lost, and {told} were to be"
    if unknown:
        return None, f"nobody can tell what is lost of {', '.join(unknown)}"
    return True, ", ".join(f"{service}: {lost} lost" for service, lost in found.lost.items()) or "no database moves"


def nothing_before_its_needs(found: Evidence) -> tuple[bool | None, str]:
    """What each step needs was proven, or answered for, when it began: of a fence, by two independent ways."""
    tasks, held = {task.id: task for task in found.plan.tasks}, set[str]()
    begun = 0
    for entry in found.entries:
        if isinstance(entry, Begun):
            begun += 1
            if missing := sorted(set(tasks[entry.task].needs) - held):
                return False, f"{entry.task} began before {missing[0]} was proven"
        elif isinstance(entry, Overridden):
            held.add(entry.task)
        elif isinstance(entry, Undoing):
            held.discard(entry.task)
        elif isinstance(entry, Seen):
            enough = not tasks[entry.task].fences or len(set(entry.witnesses)) >= PROOFS
            (held.add if entry.answer is Answer.MET and enough else held.discard)(entry.task)
    return True, f"{begun} times a step began"


def journal_verifies(found: Evidence) -> tuple[bool | None, str]:
    return not found.journal_trouble, found.journal_trouble or f"{len(found.entries)} entries, each as it was written"


INVARIANTS: Mapping[str, Callable[[Evidence], tuple[bool | None, str]]] = {
    "never two sites that take writes": one_leader,
    "never more lost than was reported": loss_as_reported,
    "no step before what it needs": nothing_before_its_needs,
    "the journal is what was written": journal_verifies,
}


def judged(found: Evidence) -> tuple[Held, ...]:
    made = ((name, *judge(found)) for name, judge in INVARIANTS.items())
    return tuple(Held(invariant=name, held=held, seen=seen) for name, held, seen in made)
