"""Stop everything of this workspace."""

import click

from asty import sites, workers
from asty.call import Call
from city.errors import ExitCode
from city.load import load


@click.command("down")
@click.pass_obj
def command(call: Call) -> ExitCode:
    """End the dashboard, the poller and the lab; what was made stays for the next `asty up`."""
    workspace = call.prepared()
    with call.screen.step("dashboard and poller"):
        workers.stop(workspace)
    with call.screen.step("lab"):
        sites.lab(workspace, load(workspace.city_folder)).down()
    return ExitCode.DONE
