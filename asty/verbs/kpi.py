"""The promises, computed from what was observed."""

from dataclasses import replace
from datetime import datetime

import click

from asty.call import Call, json_option
from asty.city_data import load
from asty.moments import moment
from asty.observed import city_of_then, lines, open_ledger, taker
from asty.workspace import Workspace
from city.errors import ExitCode
from city.model.city import City
from monitoring.figures.figure import as_json
from monitoring.figures.promised import not_at_hand
from monitoring.ledger.store import Ledger
from monitoring.snapshot import Snapshot


@click.command("kpi")
@click.option("--at", "text", metavar="TIME", help="As it was then (ISO 8601, the city's time); else now.")
@json_option
@click.pass_obj
def command(call: Call, text: str | None) -> ExitCode:
    """Value, lower and upper bound, target, and whether each promise is kept.

    A past moment is computed with the city's data as they were then. JSON: as_of, observed_in (lab or city), city_data
    (the fingerprint of the data that were declared then, null where nobody recorded them), promises by id, each with
    value, lower, upper, target, met (true, false, or null where the bounds straddle the target), unit, as_of, period,
    formula, inputs, city_data (the fingerprint of the data used, null where those of then are not at hand any more).
    """
    workspace = call.prepared()
    city = load(workspace.city_folder)
    at = moment(text, city.time_zone)
    with open_ledger(workspace, city) as ledger:
        recorded = ledger.declared_at(at) if text else city.fingerprint
        taken = _taken(workspace, city, ledger, at) if text else taker(city, ledger)(at)
    content = {
        "as_of": at.isoformat(),
        "observed_in": taken.observed_in,
        "city_data": recorded,
        "promises": as_json(taken.figures),
    }
    call.screen.result(content, lines(taken))
    return ExitCode.DONE


def _taken(workspace: Workspace, city: City, ledger: Ledger, at: datetime) -> Snapshot:
    """Of a moment of the past."""
    then = city_of_then(workspace, city, ledger, at)
    taken = taker(then or city, ledger)(at)
    return taken if then else replace(taken, figures=not_at_hand(city, at))
