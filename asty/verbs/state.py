"""What opens the stacks: whether it is whole, where its copies are, and how a lost file is taken back."""

import click

from asty import lab_access
from asty.call import Call, json_option
from asty.city_data import load
from city.errors import ExitCode
from infra.copies import Kept, kept, restore
from infra.stacks import stacks


@click.command("state")
@click.argument("action", type=click.Choice(["show", "restore"]), default="show")
@json_option
@click.pass_obj
def command(call: Call, action: str) -> ExitCode:
    """Show state, settings and passphrase of each stack with their copies; `restore` takes back what is lost.

    `restore` writes only where a file is lost or torn; what was torn stays beside it. A state that was taken back
    may be older than the cloud: look at `asty plan` before anything else. Exit 4 where a file is lost or torn.
    JSON: files (path, fault, copy).
    """
    workspace = call.prepared()
    project = lab_access.project(workspace, call.screen.line)
    work = restore if action == "restore" else kept
    found = {file.path: file for stack in stacks(load(workspace.city_folder)) for file in work(stack, project)}
    files = list(found.values())
    call.screen.result({"files": [_as_json(file) for file in files]}, map(str, files) if files else ["all is whole"])
    lost = action == "show" and any(file.fault and file.source for file in files)
    return ExitCode.UNKNOWN if lost else ExitCode.DONE


def _as_json(file: Kept) -> dict[str, str]:
    return {"path": str(file.path), "fault": file.fault, "copy": str(file.source or "")}
