"""A device's configuration as a value: a set of lines, each in its section.

Order carries no meaning on these platforms, so a set says exactly as much as the text does. A
dialect prints it and reads it back; states compare, keep and restore it without knowing which.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple


class ConfigLine(NamedTuple):
    """`section` is empty at the top level; an empty `text` says only that the section is there."""

    section: str
    text: str


Config = frozenset[ConfigLine]


def of(*lines: tuple[str, str]) -> Config:
    """A configuration of these (section, text) pairs, with the sections they stand in."""
    return frozenset(ConfigLine(*line) for line in lines) | {ConfigLine(section, "") for section, _ in lines if section}


def without(config: Config, drop: Callable[[ConfigLine], bool]) -> Config:
    return frozenset(line for line in config if not drop(line))


def sections(config: Config) -> list[str]:
    """Every named section, in no order."""
    return [line.section for line in config if line.section and not line.text]


def lines_of(config: Config, section: str) -> list[str]:
    return [line.text for line in config if line.section == section and line.text]


def value(config: Config, section: str, key: str) -> str | None:
    """What follows `key` and a blank in a line of the section; None where no line starts so."""
    return next(iter(values(config, section, key)), None)


def values(config: Config, section: str, key: str) -> list[str]:
    return sorted(text[len(key) + 1 :] for text in _starting(lines_of(config, section), key))


def _starting(texts: Iterable[str], key: str) -> Iterable[str]:
    return (text for text in texts if text.startswith(f"{key} "))
