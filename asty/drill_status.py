"""`asty drill status`: where a drill stands, as each command of it tells when it ends."""

from datetime import UTC, datetime

import click

from asty.call import Call, json_option
from asty.drill_known import shared
from asty.drill_options import which
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


@click.command("status")
@which
@json_option
@click.pass_obj
def status(call: Call, name: str | None) -> ExitCode:
    """Show where a drill stands: each step, what it waits for, and the digest that closes its journal so far.

    Exit 0 where every step is proven, 1 where some are left, 4 where somebody has to look. Reading the journal
    proves it: a line that was changed is named.
    """
    return tell(call, shared(call).find(name))


COMMANDS = (status,)
