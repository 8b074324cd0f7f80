"""Agree that steps are done."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from asty.call import Call, json_option
from asty.drill_options import by_whom, key_of, which
from asty.drill_word import add
from city.errors import ExitCode
from drs.drill.entry import Approved


@click.command("approve")
@click.argument("steps", nargs=-1, required=True)
@click.option("--for", "minutes", type=click.IntRange(1, 24 * 60), default=30, show_default=True, help="Minutes.")
@which
@by_whom
@key_of
@json_option
@click.pass_obj
def command(  # noqa: PLR0913 - one per option
    call: Call, steps: tuple[str, ...], *, minutes: int, name: str | None, by: str, key: Path | None
) -> ExitCode:
    """Agree that each STEP is done, if it begins in time. Two who agree are two names: yours is `--by`.

    Where the city declares `drills: approvers`, an agreement counts only with a signature by the key declared there.
    """
    now = datetime.now(UTC)
    until = now + timedelta(minutes=minutes)
    return add(call, name, *(Approved(at=now, by=by, task=step, until=until) for step in steps), key=key)
