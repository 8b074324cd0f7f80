"""Show where a drill stands: each step, what it waits for."""

import click

from asty.call import Call, json_option
from asty.drill_known import shared
from asty.drill_options import which
from asty.drill_status import tell
from city.errors import ExitCode


@click.command("status")
@which
@json_option
@click.pass_obj
def command(call: Call, name: str | None) -> ExitCode:
    """Show where a drill stands: each step, what it waits for, and the digest that closes its journal so far.

    Exit 0 where every step is proven, 1 where some are left, 4 where somebody has to look. Reading the journal
    proves it: a line that was changed is named.
    """
    return tell(call, shared(call).find(name))
