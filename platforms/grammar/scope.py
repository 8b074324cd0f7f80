"""Which part of a device is ours, which is somebody else's, and where nobody can tell."""

import re
from dataclasses import dataclass
from enum import StrEnum

from platforms.grammar.configuration import Configuration
from platforms.grammar.protocol import Grammar
from platforms.grammar.secret import standing_for


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which lines are ours: those matching `lines` in sections whose header matches `header`, both wholly.

    With `exclusive`, such a section that nobody intends is removed; else it is left alone. With `mark`, a section
    that nobody uses is ours only where one of its lines matches the mark: we put the mark on whatever we make.
    """

    header: str
    lines: str
    exclusive: bool = False
    mark: str = ""

    def owns(self, header: str, line: str) -> bool:
        return bool(re.fullmatch(self.header, header) and re.fullmatch(self.lines, line))

    def covers(self, header: str) -> bool:
        return bool(re.fullmatch(self.header, header))


class Owner(StrEnum):
    OURS = "ours"
    THEIRS = "theirs"
    UNKNOWN = "unknown"
    """It is of a kind that we make too, and does not bear our mark: it is left alone as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A section of what a device shows, or some lines of it; `header` is empty outside sections."""

    header: str
    lines: tuple[str, ...]
    owner: Owner


def left_alone(grammar: Grammar, running: Configuration, intended: Configuration) -> tuple[Part, ...]:
    """All on the device that a push of `intended` does not touch, by section: named, so that a person sees it."""
    ours = grammar.managed(running, intended)
    found = []
    for header in sorted(running.sections):
        whole = header in ours.sections or header in intended.sections
        lines = running.lines(header) - ours.lines(header)
        lines -= standing_for(ours.lines(header), lines)
        if lines or (header and not whole):
            owner = Owner.UNKNOWN if any(s.mark and s.covers(header) for s in grammar.scope) else Owner.THEIRS
            found.append(Part(header=header, lines=tuple(sorted(lines)), owner=owner))
    return tuple(found)


def words(*beginnings: str) -> str:
    """A pattern for lines that begin with one of these words."""
    return "|".join(f"{re.escape(beginning)}(?: .*)?" for beginning in beginnings)
