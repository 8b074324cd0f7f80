"""Go on with a drill from its journal."""

import click

from asty.call import Call, json_option
from asty.drill_conduct import conduct
from asty.drill_known import shared
from asty.drill_options import by_whom, which
from city.errors import ExitCode


@click.command("resume")
@which
@by_whom
@json_option
@click.pass_obj
def command(call: Call, name: str | None, by: str) -> ExitCode:
    """Go on with a drill from its journal: what was under way is looked at first, what failed is tried once more."""
    with shared(call).conducting() as kept:
        return conduct(call, kept.find(name), by)
