"""Exercises in which the plan was only talked through: nothing was done, so no journal of a drill tells of them.

One line of JSON each, in `exercises.jsonl` beside the drills; each line carries the digest of the line before it.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from fcntl import LOCK_EX, flock
from pathlib import Path
from typing import Any

from city.errors import InvalidInput
from drs.drill.journal import START, Tampered, digest

_FIELDS = {"at", "by", "persons", "plan", "note", "before"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """`persons` talked the plan with the digest `plan` through; `by` wrote down what came of it."""

    at: datetime
    by: str
    persons: tuple[str, ...]
    plan: str
    note: str


def file_of(drills: Path) -> Path:
    return drills / "exercises.jsonl"


def read(drills: Path) -> tuple[Talk, ...]:
    """The oldest first; none where none was held. Raises Tampered for a line that nobody wrote so."""
    try:
        lines = file_of(drills).read_bytes().splitlines(keepends=True)
    except FileNotFoundError:
        return ()
    return tuple(_read(file_of(drills), lines))


def add(drills: Path, talk: Talk) -> None:
    """On the disk when it returns. Raises Tampered; InvalidInput for a talk of fewer than two."""
    if len(set(talk.persons)) < 2:  # noqa: PLR2004 - a talk is between two
        raise InvalidInput("exercise", "fewer than two persons talked", "Name each of them: --with NAME --with NAME.")
    drills.mkdir(mode=0o700, parents=True, exist_ok=True)
    with file_of(drills).open("ab") as file:
        flock(file, LOCK_EX)
        lines = file_of(drills).read_bytes().splitlines(keepends=True)
        list(_read(file_of(drills), lines))
        told = {
            "at": talk.at.astimezone(UTC).isoformat(),
            "by": talk.by,
            "persons": list(talk.persons),
            "plan": talk.plan,
            "note": talk.note,
            "before": digest(lines[-1]) if lines else START,
        }
        file.write(json.dumps(told, ensure_ascii=False).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


def _read(path: Path, lines: list[bytes]) -> Iterator[Talk]:
    before = START
    for number, line in enumerate(lines, start=1):
        try:
            yield _talk(json.loads(line), before)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            problem = f"this line is not what was written there ({error})"
            raise Tampered(f"{path}:{number}", problem, "Keep the file as evidence, and compare its copy.") from error
        before = digest(line)


def _talk(told: dict[str, Any], before: str) -> Talk:
    if told.keys() != _FIELDS or told["before"] != before:
        raise ValueError("it does not follow the line before it")
    at = datetime.fromisoformat(told["at"])
    if at.tzinfo is None:
        raise ValueError("its time has no zone")
    return Talk(at=at, by=told["by"], persons=tuple(told["persons"]), plan=told["plan"], note=told["note"])
