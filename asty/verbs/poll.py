"""Observe every device and service, once or as a worker."""

from datetime import timedelta

import click
import uvloop

from asty import polling
from asty.call import Call, json_option
from asty.screen import Screen
from asty.workspace import Workspace
from city.errors import ExitCode
from city.load import load
from city.model.city import City
from monitoring.poller import INTERVAL, Cycle


@click.command("poll")
@click.option("--once", is_flag=True, help="Look once and end.")
@click.option(
    "--interval",
    type=click.FloatRange(min=1),
    default=INTERVAL.total_seconds(),
    show_default=True,
    metavar="SECONDS",
    help="Between two looks; each speaks until the next is due, and a quarter longer.",
)
@json_option
@click.pass_obj
def command(call: Call, *, once: bool, interval: float) -> ExitCode:
    """Ask devices over SNMP and the clouds for the services; keep states in the ledger, values in the series.

    Without --once, until interrupted. JSON of --once: start, end, counts, subjects (subject, state, cause).
    """
    workspace = call.prepared()
    city = load(workspace.city_folder)
    every = timedelta(seconds=interval)
    if once:
        cycle = look_once(workspace, city, call.screen, every)
        call.screen.result(polling.as_json(cycle), polling.lines(cycle))
    else:
        uvloop.run(polling.forever(workspace, city, every, lambda cycle: call.screen.line(polling.line(cycle))))
    return ExitCode.DONE


def look_once(workspace: Workspace, city: City, screen: Screen, interval: timedelta = INTERVAL) -> Cycle:
    with screen.counting("observing", len(city.devices)) as advance:
        return uvloop.run(polling.once(workspace, city, interval, lambda look: advance(look.observation.subject)))
