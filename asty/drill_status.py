"""Where a drill stands, as each command of it tells when it ends."""

from datetime import UTC, datetime

from asty.call import Call
from city.errors import ExitCode, InvalidInput
from drs.drill.folder import Kept
from drs.drill.plan import Plan, Task
from drs.drill.status import as_json, exit_code, lines


def tell(call: Call, kept: Kept) -> ExitCode:
    journal, now = kept.shared(), datetime.now(UTC)
    call.screen.result(as_json(kept.name, journal.run, journal.head, now), lines(kept.name, journal.run, now))
    return exit_code(journal.run)


def task_of(drill: str, plan: Plan, step: str) -> Task:
    if step not in plan.by_id:
        raise InvalidInput(f"step {step}", f"drill {drill} has no such step", "`asty drill status` names them.")
    return plan.by_id[step]


def not_begun(kept: Kept) -> InvalidInput:
    return InvalidInput(f"drill {kept.name}", "it has not begun", "Begin it with `asty drill resume`.")
