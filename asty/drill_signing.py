"""A person signs what he agrees to, with his own SSH key."""

from collections.abc import Iterable
from pathlib import Path

import asyncssh
import click

from city.errors import InvalidInput
from drs.drill.plan import Plan
from drs.drill.signature import Locked, Signed, read_key, sign


def by_key(drill: str, plan: Plan, entries: Iterable[Signed], file: Path | None) -> tuple[Signed, ...]:
    """The entries with the signature of the key in that file; its passphrase is asked for. Raises InvalidInput."""
    if file is None:
        remedy = "Give `--key` with the file of your private SSH key."
        raise InvalidInput(f"drill {drill}", "who agrees to its steps signs", remedy)
    key = _key(file)
    return tuple(sign(drill, plan.digest, one, key) for one in entries)


def _key(file: Path) -> asyncssh.SSHKey:
    try:
        return read_key(file)
    except Locked:
        return read_key(file, click.prompt(f"Passphrase of {file}", hide_input=True, err=True))
