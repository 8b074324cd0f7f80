"""Have the last line of a drill's journal stamped by an outside authority."""

import click

from asty.call import Call, json_option
from asty.city_data import load
from asty.drill_known import shared
from asty.drill_options import which
from asty.drill_status import not_begun
from city.errors import ExitCode, InvalidInput
from drs.drill import stamps


@click.command("stamp")
@which
@json_option
@click.pass_obj
def command(call: Call, name: str | None) -> ExitCode:
    """Have the last line of a drill's journal stamped by the authority of city.yaml (RFC 3161).

    A drill does so by itself at its end; this is for when the authority did not answer then. JSON: line, at, file.
    """
    kept = shared(call).find(name)
    by = load(kept.city).drilling.timestamps
    if by is None:
        remedy = "Declare `drills: timestamps` in city.yaml before the next drill."
        raise InvalidInput(f"drill {kept.name}", "its city names no authority that stamps times", remedy)
    if not (heads := kept.journal().heads):
        raise not_begun(kept)
    made = stamps.stamp(kept.folder / "stamps", heads, by)
    told = {"line": made.line, "at": made.at.isoformat(), "file": str(made.file)}
    call.screen.result(told, [f"line {made.line} stamped at {made.at:%Y-%m-%d %H:%M:%S} UTC: {made.file}"])
    return ExitCode.DONE
