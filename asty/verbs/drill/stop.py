"""Begin no further step; what was done stays done."""

from datetime import UTC, datetime
from socket import gethostname

import click

from asty.call import Call, json_option
from asty.drill_conduct import conduct
from asty.drill_known import drills, shared
from asty.drill_options import by_whom, which, why
from asty.drill_status import tell
from asty.drill_word import add
from city.errors import ExitCode, Refused
from drs.drill.entry import Opened, Stopped


@click.command("stop")
@why
@which
@by_whom
@json_option
@click.pass_obj
def command(call: Call, *, reason: str, name: str | None, by: str) -> ExitCode:
    """Begin no further step; what is under way comes to its end, and what was done stays done."""
    _opened(call, name, by)
    code = add(call, name, Stopped(at=datetime.now(UTC), by=by, reason=reason), quiet=True)
    try:
        with shared(call).conducting() as kept:
            return conduct(call, kept.find(name), by)  # nobody conducts it: it is closed here
    except Refused:
        tell(call, drills(call).find(name))
        return code


def _opened(call: Call, name: str | None, by: str) -> None:
    """A drill that was made, and died before its first line, begins: else it could never be over."""
    if shared(call).find(name).journal().run.opened:
        return
    with shared(call).conducting() as kept:
        one, at = kept.find(name), datetime.now(UTC)
        journal = one.shared()
        mode, plan = journal.run.plan.mode, journal.run.plan.digest
        if journal.run.opened is None:
            journal.append(Opened(at=at, by=by, drill=one.name, mode=mode, plan=plan, machine=gethostname()))
