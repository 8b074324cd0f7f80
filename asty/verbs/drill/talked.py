"""Write down that the plan was talked through."""

from datetime import UTC, datetime

import click

from asty.call import Call, json_option
from asty.city_data import load
from asty.drill_known import drills
from asty.drill_options import by_whom
from city.errors import ExitCode
from drs.drill import talks
from drs.drill.of_city import plan_of
from drs.mode import Mode


@click.command("talked")
@click.option("--with", "persons", multiple=True, required=True, metavar="NAME", help="Who was there; each by name.")
@click.option("--note", required=True, help="What came of it: what was unclear, and who mends it until when.")
@by_whom
@json_option
@click.pass_obj
def command(call: Call, persons: tuple[str, ...], note: str, by: str) -> ExitCode:
    """Write down that the plan for the loss of the data centre was talked through (a tabletop exercise).

    The record names the plan by its digest, and cannot be changed without trace. JSON: at, by, persons, plan, note.
    """
    plan = plan_of(load(call.prepared().city_folder), Mode.FAILOVER)
    talk = talks.Talk(at=datetime.now(UTC), by=by, persons=persons, plan=plan.digest, note=note)
    talks.add(drills(call).root, talk)
    told = {"at": talk.at.isoformat(), "by": by, "persons": list(persons), "plan": plan.digest, "note": note}
    call.screen.result(told, [f"written down: {', '.join(persons)} talked plan {plan.digest[:12]} through"])
    return ExitCode.DONE
