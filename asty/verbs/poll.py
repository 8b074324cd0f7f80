"""Observe every device and service, once or as a worker."""

from datetime import timedelta
from pathlib import Path

import click
import uvloop

from asty.call import Call, json_option
from asty.outlook import line
from asty.screen import Screen
from asty.workspace import Workspace
from city.errors import ExitCode
from city.model.city import City
from monitoring.look import Look
from monitoring.poller import Cycle
from monitoring.snmp.engines import EngineName
from monitoring.turns import INTERVAL


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
@click.option(
    "--engine",
    type=click.Choice([name.value for name in EngineName]),
    default=EngineName.OWN.value,
    show_default=True,
    help="Whose SNMP asks: our own, or pysnmp at some thirty times the CPU, where ours is in doubt.",
)
@click.option(
    "--post",
    "home",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="On a host of the city's own: the folder in which `asty tell` told it the city.",
)
@json_option
@click.pass_obj
def command(call: Call, *, once: bool, interval: float, engine: str, home: Path | None) -> ExitCode:
    """Ask devices over SNMP, services by their probes, the clouds for the rest; keep states and values.

    Without --once, until interrupted; a second worker of a workspace is refused.
    JSON of --once: start, end, counts, subjects (subject, state, cause); else, at the end, exit_code.
    """
    every, chosen = timedelta(seconds=interval), EngineName(engine)
    if home is not None:
        from asty.watching import watch  # noqa: PLC0415 - of what else this module needs, a host has nothing

        uvloop.run(watch(home, every, lambda cycle: call.screen.line(line(cycle))))
        return ExitCode.DONE
    from asty import polling  # noqa: PLC0415 - see above
    from asty.city_data import load  # noqa: PLC0415 - the same
    from asty.one_at_a_time import one_at_a_time  # noqa: PLC0415 - the same

    workspace = call.prepared()
    city = load(workspace.city_folder)
    if once:
        cycle = look_once(workspace, city, call.screen, every, chosen)
        call.screen.result(polling.as_json(cycle), polling.lines(cycle))
        return ExitCode.DONE
    with one_at_a_time(workspace, "poll", being="observed"):
        uvloop.run(polling.forever(workspace, city, every, lambda cycle: call.screen.line(line(cycle)), chosen))
    return ExitCode.DONE


def look_once(
    workspace: Workspace,
    city: City,
    screen: Screen,
    interval: timedelta = INTERVAL,
    engine: EngineName = EngineName.OWN,
) -> Cycle:
    from asty import polling  # noqa: PLC0415 - see above

    with screen.counting("observing", len(city.devices)) as advance:

        def looked(look: Look) -> None:
            advance(look.observation.subject)

        return uvloop.run(polling.once(workspace, city, interval, looked, engine))
