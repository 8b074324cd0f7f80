"""What a copy said on its console in one line of JSON. Pure; drs.rehearsal.inside writes it."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

BEGINS = "rehearsal: "
_LINE = re.compile(re.escape(BEGINS) + r"(\{.*\})\s*$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """`token` is that of the rehearsal that it was made for, and of the mark that it wrote; `problem` says what went
    wrong, empty where nothing did.

    All times are seconds since its program began: until the database answered, until it was promoted, and until the
    application had taken a mark, which it `kept`. `rows` are those of each table before the mark.
    """

    token: str
    problem: str = ""
    system: str = ""
    timeline: int = 0
    followed: bool = False
    database_s: float = 0.0
    promoted_s: float = 0.0
    written_s: float = 0.0
    kept: bool = False
    rows: Mapping[str, int]


def told_on(console: str, token: str) -> Told | None:
    """The last that was said of this token; what a console has cut or mixed up is not said."""
    found = [told for told in _every(console) if told.token == token]
    return found[-1] if found else None


def _every(console: str) -> Iterator[Told]:
    names = {field.name for field in fields(Told)}
    for line in _LINE.findall(console):
        try:
            said: Any = json.loads(line)
            yield Told(**{"rows": {}, **{key: value for key, value in said.items() if key in names}})
        except (ValueError, TypeError, AttributeError):
            continue
