"""List the packages of an image."""

import hashlib
from pathlib import Path

import click

from asty.call import Call, json_option
from city.errors import ExitCode, InvalidInput
from infra import bill


@click.command("bill")
@json_option
@click.argument("image", type=click.Path(path_type=Path))
@click.argument("status", type=click.Path(path_type=Path), required=False)
@click.pass_obj
def command(call: Call, image: Path, status: Path | None) -> ExitCode:
    """List the packages of IMAGE from STATUS, the file var/lib/dpkg/status within it. JSON: CycloneDX 1.5.

    Without STATUS, it is the file beside the image whose name ends in `.status`: the lab's images have one.
    """
    status = status or image.with_suffix(".status")
    _ = call.workspace  # one that cannot be is refused by every verb
    held = bill.packages(_read(status), str(status))
    digest = _digest(image)
    call.screen.result(bill.cyclonedx(image.name, digest, held), [f"{one.name} {one.version}" for one in held])
    return ExitCode.DONE


def _read(status: Path) -> str:
    remedy = "Name the file var/lib/dpkg/status of an image."
    try:
        return status.read_text(encoding="utf-8")
    except OSError as error:
        raise InvalidInput(str(status), f"it cannot be read ({error.strerror})", remedy) from error
    except UnicodeDecodeError as error:
        raise InvalidInput(str(status), "it is not UTF-8", remedy) from error


def _digest(image: Path) -> str:
    try:
        with image.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InvalidInput(str(image), f"it cannot be read ({error.strerror})", "Name the file of an image.") from error
