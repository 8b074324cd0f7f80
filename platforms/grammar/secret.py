"""Secrets in lines: a reference until the moment when the line is sent, so that no plan or diff holds one.

`key <env:RADIUS_SECRET>` is what is planned, `key tr0ub4dor` what is sent. A device shows a secret salted, or not at
all, so one that is there is taken to be the declared one: who changes a secret takes it from the device first.
"""

import re
from collections.abc import Callable, Iterable

from city.errors import InvalidInput
from city.secrets import Secret, SecretRef, resolve

_PLACE = re.compile(r"<((?:env|file|pulumi|vault):[^<>\s]+)>")
_SAFE = re.compile(r"[A-Za-z0-9._~+/=:@%!-]{1,128}")
"""What no command line takes for a quote, a blank, a help key or an expansion."""


def placed(ref: SecretRef) -> str:
    return f"<{ref}>"


def taken_as_declared(ours: frozenset[str], wanted: frozenset[str], secret: str) -> frozenset[str]:
    """Lines of a section, where a secret (a line matching `secret`) that is there is the one that is wanted."""
    declared = frozenset(line for line in wanted if re.fullmatch(secret, line))
    shown = frozenset(line for line in ours if re.fullmatch(secret, line))
    return (ours - shown) | declared if shown and declared else ours


def standing_for(ours: frozenset[str], shown: frozenset[str]) -> frozenset[str]:
    """Of the lines that a device shows, those that stand for a secret which `ours` names by its reference."""
    before = tuple(line[: found.start()] for line in ours if (found := _PLACE.search(line)) and found.start())
    return frozenset(line for line in shown if line.startswith(before))


def revealed(lines: Iterable[str], resolver: Callable[[SecretRef], Secret] = resolve) -> tuple[str, ...]:
    """`lines` with every secret in its place. Raises InvalidInput for one that is not there or cannot be typed."""

    def reveal(found: re.Match[str]) -> str:
        value = resolver(SecretRef.parse(found[1])).reveal()
        if not _SAFE.fullmatch(value):
            raise InvalidInput(
                f"secret {found[1]}",
                "it holds a character that a command line takes for its own, or is empty or too long",
                "Choose up to 128 letters, digits and . _ ~ + / = : @ % ! -",
            )
        return value

    return tuple(_PLACE.sub(reveal, line) for line in lines)
