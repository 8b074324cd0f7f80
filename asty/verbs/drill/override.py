"""Answer by name for going on as if steps were proven."""

from datetime import UTC, datetime
from pathlib import Path

import click

from asty.call import Call, json_option
from asty.drill_options import by_whom, key_of, which, why
from asty.drill_word import add
from city.errors import ExitCode
from drs.drill.entry import Overridden


@click.command("override")
@click.argument("steps", nargs=-1, required=True)
@why
@which
@by_whom
@key_of
@json_option
@click.pass_obj
def command(  # noqa: PLR0913 - one per option
    call: Call, steps: tuple[str, ...], *, reason: str, name: str | None, by: str, key: Path | None
) -> ExitCode:
    """Answer by name for going on as if each STEP were proven, where nothing can prove it any more."""
    now = datetime.now(UTC)
    return add(call, name, *(Overridden(at=now, by=by, task=step, reason=reason) for step in steps), key=key)
