"""Remove what rehearsals left at the recovery site."""

import click

from asty.call import Call, json_option
from asty.city_data import load
from asty.drill_known import shared
from asty.drill_reach import ground
from city.errors import ExitCode, Refused
from drs.mode import Mode


@click.command("tidy")
@json_option
@click.pass_obj
def command(call: Call) -> ExitCode:
    """Remove all that rehearsals left at the recovery site: servers, ports, networks, volumes and snapshots of copies.

    Only what carries the mark of a rehearsal of this city is removed. Refused while a rehearsal is not over.
    JSON: removed (kind and name of each).
    """
    with shared(call).conducting() as kept:
        for one in kept.every():
            run = one.journal().run
            if run.plan.mode == Mode.REHEARSE and not run.closed:
                remedy = "Go on with `asty drill resume`, or end it with `asty drill stop`."
                raise Refused(f"drill {one.name}", "it is not over, and its copies are in use", remedy)
        copies = ground(call, load(call.prepared().city_folder)).copies
        left = copies.left()
        for service in dict.fromkeys(thing.service for thing in left):
            copies.remove(service)
    removed = [str(thing) for thing in left]
    call.screen.result({"removed": removed}, [f"removed: {', '.join(removed)}" if removed else "nothing was left"])
    return ExitCode.DONE
