"""Do exactly what a plan says, or refuse because the world moved."""

import click

from asty import lab_access, leading, outcomes, telling
from asty.applying import carry_out
from asty.call import Call, json_option
from asty.city_data import load
from asty.drill_known import known
from asty.looking import look
from asty.one_at_a_time import one_at_a_time
from asty.planning import find, hold
from asty.standstill import standstill
from asty.world import world
from city.errors import ExitCode
from city.outcome import exit_code

_STARTS_WITHIN_S = 30.0


@click.command("apply")
@click.option(
    "--plan", "prefix", required=True, metavar="HASH", help="What `asty plan` printed; its beginning will do."
)
@json_option
@click.pass_obj
def command(call: Call, prefix: str) -> ExitCode:
    """Look again, refuse where anything is not as it was planned for (exit 3), else do it.

    Site stacks first, then workloads, then devices; nothing begins after something failed. The city's data
    counts as it is at the start: what is saved meanwhile waits for the next plan. Exit 1 where anything failed,
    4 where anything is unknown, such as what was done though not planned. JSON: exit_code, tally, outcomes.
    """
    workspace = call.prepared()
    planned = find(prefix, workspace.plans)
    load(workspace.city_folder)  # a defect is named in the file where it is mended, not in the copy
    leading.led(known(workspace, call.screen.line))  # what a drill has moved has to be known
    with one_at_a_time(workspace, "apply"), standstill(workspace) as still:
        there = world(still, load(still.city_folder), call.screen, lab_access.project(still, call.screen.line))
        hold(planned, look(there, call.screen.line))
        done = [*carry_out(planned, there, call.screen.line), *there.clouds.keep()]
        if lab_access.params(workspace).hosts:
            done += telling.tell(still, load(still.city_folder), call.screen, _STARTS_WITHIN_S)
    call.screen.result(outcomes.as_json(done), outcomes.lines(done))
    return exit_code(done)
