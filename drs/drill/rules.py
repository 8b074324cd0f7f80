"""What must hold at each entry of a drill, so that no entry can be written that must never be.

Neither a mistake in the conductor nor a second terminal can write a history in which a service was promoted before the
other side was fenced.
"""

from collections.abc import Callable
from math import isfinite
from typing import TYPE_CHECKING

from city.errors import Refused
from drs.drill.entry import Approved, Begun, Closed, Ended, Entry, Measured, Opened, Overridden, Undoing
from drs.drill.known import Stage

if TYPE_CHECKING:
    from drs.drill.run import Run


class Violation(Refused):
    """An entry against the rules of a drill; it was not written."""


def _order(run: "Run", entry: Entry) -> str:
    if run.closed:
        return "the drill is closed"
    if isinstance(entry, Opened):
        return "the drill was opened before" if run.opened else ""
    return "" if run.opened else "no drill is open"


def _plan(run: "Run", entry: Entry) -> str:
    if isinstance(entry, Opened) and (entry.plan, entry.mode) != (run.plan.digest, run.plan.mode):
        return "the drill was opened with another plan: steps, services or their dependencies have changed since"
    task = getattr(entry, "task", None)
    return f"the plan has no task {task}" if task is not None and task not in run.plan.by_id else ""


def _conductor(run: "Run", entry: Entry) -> str:
    """One hand does things at a time; everybody may look, agree, answer for something, or stop."""
    alone = isinstance(entry, Begun | Ended | Undoing | Closed)
    return f"{run.conductor} conducts the drill" if alone and entry.by != run.conductor else ""


def _begins(run: "Run", entry: Entry) -> str:
    if not isinstance(entry, Begun):
        return ""
    task, known = run.plan.by_id[entry.task], run.known(entry.task)
    if run.stopped:
        return f"{run.stopped.by} has stopped the drill"
    if known.running or known.stage is not Stage.NOT_DONE:
        return f"{task.id} is {Stage.UNDER_WAY if known.running else known.stage}: look first whether it is done"
    wanted = known.attempts + 1
    return f"this is attempt {wanted} of {task.id}, not {entry.attempt}" if entry.attempt != wanted else ""


def _allowed(run: "Run", entry: Entry) -> str:
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


def _ends(run: "Run", entry: Entry) -> str:
    if not isinstance(entry, Ended):
        return ""
    known = run.known(entry.task)
    current = known.running and entry.attempt == known.attempts
    return "" if current else f"attempt {entry.attempt} of {entry.task} is not under way"


def _answered_for(_run: "Run", entry: Entry) -> str:
    if not isinstance(entry, Overridden):
        return ""
    return "" if entry.reason.strip() and entry.by.strip() else "whoever answers for a task gives a name and a reason"


def _signed(run: "Run", entry: Entry) -> str:
    """Where the plan names who may agree, their signature is asked for: a name alone is anybody's."""
    if not isinstance(entry, Approved | Overridden) or not run.plan.keys or run.opened is None:
        return ""
    if entry.by not in run.plan.keys:
        return f"{entry.by} is not among those who may agree: {', '.join(run.plan.keys)}"
    from drs.drill.signature import holds  # noqa: PLC0415 - its library takes long to load; few plans name keys

    right = holds(run.opened.drill, run.plan.digest, entry, run.plan.keys[entry.by])
    return "" if right else f"it bears no signature by the key of {entry.by}"


def _undoes(run: "Run", entry: Entry) -> str:
    """What others stand on is not taken back, and nothing that a promotion stands on, once that has been tried: it may
    show late."""
    if not isinstance(entry, Undoing):
        return ""
    if not entry.reason.strip():
        return "whoever takes a task back gives a reason"
    if run.known(entry.task).running:
        return f"{entry.task} is {Stage.UNDER_WAY}: wait until it has come back"
    for task in run.plan.after(entry.task):
        known = run.known(task.id)
        if known.stage not in {Stage.NOT_BEGUN, Stage.NOT_DONE} or (task.promotes and known.attempts):
            return f"{task.id}, which needs it, is {known.stage}: take that back first, or go on"
    return ""


def _measures(run: "Run", entry: Entry) -> str:
    if not isinstance(entry, Measured):
        return ""
    if entry.service not in {task.service for task in run.plan.tasks if task.service}:
        return f"the plan has no service {entry.service}"
    if not all(isfinite(figure) and figure >= 0 for figure in entry.figures):
        return f"a figure of {entry.service} is no length and no number of records"
    more = entry.lost is not None and entry.acknowledged is not None and entry.lost > entry.acknowledged
    return f"more records of {entry.service} are lost than were acknowledged" if more else ""


def _closes(run: "Run", entry: Entry) -> str:
    if not isinstance(entry, Closed):
        return ""
    if entry.left != run.left:
        return f"{len(run.left)} tasks are left, not {len(entry.left)}"
    return "" if run.stopped or not run.left else f"{run.left[0]} is not proven"


RULES: tuple[Callable[["Run", Entry], str], ...] = (
    _order,
    _plan,
    _conductor,
    _begins,
    _allowed,
    _ends,
    _answered_for,
    _signed,
    _measures,
    _undoes,
    _closes,
)
"""Each returns why the entry must not be, or nothing."""
