"""Tell the hosts that watch and show the city what the city is."""

import click

from asty import outcomes, telling
from asty.call import Call, json_option
from asty.city_data import load
from city.errors import ExitCode
from city.outcome import exit_code


@click.command("tell")
@json_option
@click.pass_obj
def command(call: Call) -> ExitCode:
    """Bring the city's data, and asty itself, to the hosts of the roles `monitoring` and `dashboard`.

    `asty up` and `asty apply` do it at their end, and a drill for the servers that it opens; one that was rebuilt since
    has to be told again. A host that knows it all is left alone. Exit 1 where a host cannot be told, 4 where nobody saw
    how it ended. JSON: exit_code, tally, outcomes.
    """
    workspace = call.prepared()
    done = telling.tell(workspace, load(workspace.city_folder), call.screen)
    call.screen.result(outcomes.as_json(done), outcomes.lines(done))
    return exit_code(done)
