"""Is the city's data right?"""

import click

from asty.call import Call, json_option
from asty.city_data import load
from city.errors import ExitCode


@click.command("check")
@json_option
@click.pass_obj
def command(call: Call) -> ExitCode:
    """Load the whole city; show every defect with file, line and remedy, or what it declares.

    Exit 0 where it is right, 2 where it is not. JSON: city, folder, declared (a count per kind).
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
    text = [f"{city.name.en} ({folder}): no defects", *(f"  {count:6} {kind}" for kind, count in declared.items())]
    call.screen.result({"city": city.id, "folder": str(folder), "declared": declared}, text)
    return ExitCode.DONE
