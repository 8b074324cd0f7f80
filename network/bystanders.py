"""What a push leaves alone on a device, for eyes: what is not ours, by name and without values."""

from collections import Counter
from collections.abc import Iterable

from platforms.grammar.configuration import TOP, Configuration
from platforms.grammar.protocol import Grammar
from platforms.grammar.scope import Owner, Part, left_alone

_SAID = {
    Owner.UNKNOWN: "? unknown whose, for it lacks our mark, left alone",
    Owner.THEIRS: "= theirs, left alone",
}


def listed(platform: Grammar, running: Configuration, intended: Configuration) -> tuple[str, ...]:
    """A line for what is of a kind that we make too, and a line for all else that is not ours; none for nothing.

    Only names are told: a value may be a secret, or be written anew at each look.
    """
    parts = left_alone(platform, running, intended)
    named = {owner: _names(part for part in parts if part.owner is owner) for owner in _SAID}
    return tuple(f"{_SAID[owner]}: {', '.join(names)}" for owner, names in named.items() if names)


def _names(parts: Iterable[Part]) -> list[str]:
    """Sections by their header, lines outside them by their first word, with how many where there are several."""
    counted = Counter[str]()
    for part in parts:
        counted.update([part.header] if part.header != TOP else [line.split(maxsplit=1)[0] for line in part.lines])
    return [f"{name} ({count})" if count > 1 else name for name, count in counted.items()]
