"""Shell variables under which plain pulumi works on the same stacks."""

import os
import shlex

import click

from asty.call import Call, json_option
from asty.sites import project
from city.errors import ExitCode
from city.load import load
from infra.project import foreign, open_project
from infra.stacks import stacks


@click.command("env")
@json_option
@click.pass_obj
def command(call: Call) -> ExitCode:
    """Print lines for a shell: eval "$(asty env)".

    After it, plain `pulumi`, `openstack` and `asty` work on this workspace. JSON: set, unset.
    """
    workspace = call.prepared()
    opened = project(workspace, call.screen.line)
    open_project(opened, stacks(load(workspace.city_folder)))
    variables = {**opened.variables(os.environ.get("PATH", os.defpath)), "ASTY_WORKSPACE": workspace.name}
    unset = [name for name in foreign(os.environ) if name not in variables]
    lines = [
        *(f"unset {name}" for name in unset),
        *(f"export {name}={shlex.quote(value)}" for name, value in variables.items()),
    ]
    call.screen.result({"set": variables, "unset": unset}, lines)
    return ExitCode.DONE
