"""List the packages of an image."""

import hashlib
from pathlib import Path

import click

from asty.call import Call, json_option
from city.errors import ExitCode, InvalidInput


@click.command("bill")
@json_option
@click.argument("image", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("status", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.pass_obj
def command(call: Call, image: Path, status: Path) -> ExitCode:
    """List the packages of IMAGE from STATUS, the file var/lib/dpkg/status within it. JSON: CycloneDX 1.5."""
    from infra import bill  # noqa: PLC0415 - as every verb

    with image.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    try:
        text = status.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InvalidInput(str(status), "it is not UTF-8", "Name the file var/lib/dpkg/status of an image.") from error
    held = bill.packages(text, str(status))
    call.screen.result(bill.cyclonedx(image.name, digest, held), [f"{one.name} {one.version}" for one in held])
    return ExitCode.DONE
