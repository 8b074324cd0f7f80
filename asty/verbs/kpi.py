"""The promises, computed from what was observed."""

import click

from asty.call import Call, json_option
from asty.city_data import load
from asty.moments import moment
from asty.observed import lines, open_ledger, taker
from city.errors import ExitCode
from monitoring.figures.figure import as_json


@click.command("kpi")
@click.option("--at", "text", metavar="TIME", help="As it was then (ISO 8601, the city's time); else now.")
@json_option
@click.pass_obj
def command(call: Call, text: str | None) -> ExitCode:
    """Value, lower and upper bound, target, and whether each promise is kept.

    JSON: as_of, observed_in (lab or city), promises by id, each with value, lower, upper, target, met (true,
    false, or null where the bounds straddle the target), unit, as_of, period, formula, inputs.
    """
    workspace = call.prepared()
    city = load(workspace.city_folder)
    at = moment(text, city.time_zone)
    with open_ledger(workspace, city) as ledger:
        taken = taker(city, ledger)(at)
    content = {"as_of": at.isoformat(), "observed_in": taken.observed_in, "promises": as_json(taken.figures)}
    call.screen.result(content, lines(taken))
    return ExitCode.DONE
