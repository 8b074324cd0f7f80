"""What `pulumi up` runs: the program that the stack's configuration names, on the city that it names."""

import os
from collections.abc import Mapping

import pulumi

from city.errors import AstyError, InvalidCity
from city.load import load
from infra import guards, images, settings, site_program, workload_program
from infra.stacks import PROJECT, Program


def declare(environ: Mapping[str, str]) -> Mapping[str, pulumi.Input[object]]:
    """Declares the running stack's resources. Raises an AstyError before the first of them where anything is wrong."""
    wanted = settings.read(pulumi.Config(PROJECT), environ)
    city = load(wanted.city)
    if wanted.program is Program.SITE:
        return {**site_program.declare(city, wanted, images.cache(environ)), "city": city.id}
    found = guards.findings(city, wanted.role, wanted.released, wanted.released_addresses)
    overridden = guards.refuse(found, wanted.overrides)
    return {**workload_program.declare(city, wanted), "overridden": list(overridden), "city": city.id}


def main() -> None:
    """Shows an error of ours as a sentence, not as a traceback."""
    try:
        for name, value in declare(os.environ).items():
            pulumi.export(name, value)
    except InvalidCity as error:
        listed = "".join(f"\n  {defect}" for defect in error.defects)
        raise pulumi.RunError(f"{error}{listed}") from error
    except AstyError as error:
        raise pulumi.RunError(str(error)) from error


if __name__ == "__main__":
    main()
