"""Which part of a device is ours."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which lines are ours: those matching `lines` in sections whose header matches `header`, both wholly.

    With `exclusive`, such a section that nobody intends is removed; else it is left alone.
    """

    header: str
    lines: str
    exclusive: bool = False

    def owns(self, header: str, line: str) -> bool:
        return bool(re.fullmatch(self.header, header) and re.fullmatch(self.lines, line))


def words(*beginnings: str) -> str:
    """A pattern for lines that begin with one of these words."""
    return "|".join(f"{re.escape(beginning)}(?: .*)?" for beginning in beginnings)
