"""Shell variables under which plain pulumi works on the same stacks."""

import os
import shlex

import click

from asty.call import Call, json_option
from asty.city_data import load
from asty.lab_access import project
from asty.workspace import KNOWN, Workspace
from city.errors import ExitCode
from infra.project import foreign, open_project, shell
from infra.stacks import stacks


@click.command("env")
@json_option
@click.pass_obj
def command(call: Call) -> ExitCode:
    """Print lines for a shell: eval "$(asty env)".

    After it, plain `pulumi`, `openstack` and `asty` work on this workspace. No stack is made: a stack that
    was never applied is made by `asty apply` or `pulumi stack init`. JSON: set, unset.
    """
    workspace = call.prepared()
    opened = project(workspace, call.screen.line)
    open_project(opened, stacks(load(workspace.city_folder)))
    ours = {"ASTY_WORKSPACE": workspace.name, **_bases(workspace)}
    lines = [shell(opened, os.environ), *(f"export {name}={shlex.quote(value)}" for name, value in ours.items())]
    variables = {**opened.variables(os.environ.get("PATH", os.defpath)), **ours}
    unset = [name for name in foreign(os.environ) if name not in variables]
    call.screen.result({"set": variables, "unset": unset}, lines)
    return ExitCode.DONE


def _bases(workspace: Workspace) -> dict[str, str]:
    """What a shell needs to find a workspace again whose ports and addresses no name implies."""
    if workspace.name in KNOWN:
        return {}
    return {"ASTY_BASE_PORT": str(workspace.base_port), "ASTY_BASE_ADDRESS": str(workspace.base_address)}
