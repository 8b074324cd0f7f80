"""Is the city's data right?"""

import click

from asty.call import Call, json_option
from asty.city_data import load
from asty.drill_past import late
from city.errors import ExitCode
from drs.checklist_told import too_slow_json
from drs.step import Mode


@click.command("check")
@json_option
@click.pass_obj
def command(call: Call) -> ExitCode:
    """Load the whole city; show every defect with file, line and remedy, or what it declares.

    Exit 0 where it is right, 2 where it is not. An RTO that earlier drills could not have kept is told.
    JSON: city, folder, declared (a count per kind), too_slow (service, rto_s, takes_s, path, problem, remedy).
    """
    folder = call.workspace.city_folder
    city = load(folder)
    declared = {
        "sites": len(city.sites),
        "networks": len(city.networks),
        "services": len(city.services),
        "in the cloud": sum(service.workload is not None for service in city.services),
        "switches": len(city.switches),
        "access points": len(city.access_points),
        "sensors": len(city.sensors),
        "service points": len(city.service_points),
        "population cells": len(city.population.cells),
        "promises": len(city.promises),
    }
    slow = late(call.workspace, city, Mode.FAILOVER)
    text = [f"{city.name.en} ({folder}): no defects", *(f"  {count:6} {kind}" for kind, count in declared.items())]
    text += [f"{one.problem}. {one.remedy}" for one in slow]
    call.screen.result(
        {
            "city": city.id,
            "folder": str(folder),
            "declared": declared,
            "too_slow": [too_slow_json(one) for one in slow],
        },
        text,
    )
    return ExitCode.DONE
