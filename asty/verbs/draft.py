"""Write what is missing of a city's data, marked as planned."""

import click

from asty.call import Call, json_option
from city.draft import draft, write_draft
from city.errors import ExitCode


@click.command("draft")
@click.option("--dry-run", is_flag=True, help="Say which files would be written; write nothing.")
@json_option
@click.pass_obj
def command(call: Call, *, dry_run: bool) -> ExitCode:
    """From draft.yaml, place switches, access points and sensors where nobody surveyed yet.

    Writes them into the city's folder, each row with `status: planned`; the same folder always gives the
    same rows. JSON: written (paths).
    """
    folder = call.workspace.city_folder
    files = [folder / name for name in draft(folder)] if dry_run else list(write_draft(folder))
    verb = "would write" if dry_run else "wrote"
    call.screen.result({"written": [] if dry_run else list(map(str, files))}, (f"{verb} {file}" for file in files))
    return ExitCode.DONE
