"""What the hosts of databases say of themselves: whom they follow, how far behind, and what is kept of them.

A host writes it anew each minute into the file FILE, and whoever may log in reads it; drs.checks judges it.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol, TypeVar

from drs.observed import Unseen

FILE = "/run/database/standing.json"
FRESH = timedelta(minutes=5)
"""What a host said longer ago says nothing of now."""
V = TypeVar("V")


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenDatabase:
    """As of the moment `at` by the host's own clock; None is what the host does not know.

    `system` is PostgreSQL's number of the cluster, the same at both sites of a pair. `lag` is the age of what a
    standby has not replayed yet. `slot_state` is what a leader says of the log that it keeps for the other (wal_status
    of pg_replication_slots), empty where it keeps none. `archive_failing`, of whoever keeps the copies,
    says that the log does not come to them now; None of who keeps none.
    `backup_at` is when the newest good base backup ended, `restored_at` when the newest test of a restore did,
    `restored_well` what came of that test, and `restore_problem` why, where it failed.
    """

    at: datetime
    standby: bool
    system: str
    timeline: int
    streams: bool
    lag: timedelta | None = None
    slot_state: str = ""
    archive_failing: bool | None = None
    backup_at: datetime | None = None
    restored_at: datetime | None = None
    restored_well: bool | None = None
    restore_problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedDatabase:
    """The answer of the host that a service's database has at a site, or why there is none."""

    site: str
    service: str
    answer: SeenDatabase | Unseen


class Databases(Protocol):
    """Whoever can ask the hosts of databases."""

    def __call__(self) -> tuple[AskedDatabase, ...]:
        """Each host that the city declares, asked now. Raises nothing for one that does not answer."""
        ...


def fresh(answer: SeenDatabase | Unseen, now: datetime) -> SeenDatabase | Unseen:
    """The answer, where the host gave it lately; else that nobody knows."""
    if isinstance(answer, Unseen) or abs(now - answer.at) <= FRESH:
        return answer
    told = f"{answer.at:%Y-%m-%d %H:%M:%S} UTC"
    if answer.at > now:
        return Unseen(reason=f"its host says that it is {told} already: its clock, or ours, is wrong")
    return Unseen(reason=f"its host wrote {FILE} at {told} last")


def read(text: str) -> SeenDatabase | Unseen:
    """From the text of FILE; Unseen where it is not what a host writes, with what is wrong."""
    try:
        found = json.loads(text)
    except ValueError:
        return _unreadable("it is no JSON")
    if not isinstance(found, dict):
        return _unreadable("it is no JSON object")
    if isinstance(problem := found.get("problem"), str):
        return Unseen(reason=f"its host says that the database does not answer: {problem}")
    try:
        return _seen(found)
    except _StrangeError as error:
        return _unreadable(str(error))


class _StrangeError(Exception):
    """A value is not of its kind."""


def _seen(found: Mapping[str, object]) -> SeenDatabase:
    lag_s = _optional(found, "lag_s", _seconds)
    return SeenDatabase(
        at=_needed(found, "at", _moment),
        standby=_needed(found, "in_recovery", _truth),
        system=_needed(found, "system", _text),
        timeline=_needed(found, "timeline", _number),
        streams=_needed(found, "streams", _truth),
        lag=None if lag_s is None else timedelta(seconds=lag_s),
        slot_state=_optional(found, "slot_state", _text) or "",
        archive_failing=_optional(found, "archive_failing", _truth),
        backup_at=_optional(found, "backup_at", _moment),
        restored_at=_optional(found, "restored_at", _moment),
        restored_well=_optional(found, "restore_good", _truth),
        restore_problem=_optional(found, "restore_problem", _text) or "",
    )


def _needed(found: Mapping[str, object], key: str, kind: Callable[[object], V | None]) -> V:
    value = _optional(found, key, kind)
    if value is None:
        raise _StrangeError(f"it says nothing of {key}")
    return value


def _optional(found: Mapping[str, object], key: str, kind: Callable[[object], V | None]) -> V | None:
    value = found.get(key)
    if value is None:
        return None
    read_value = kind(value)
    if read_value is None:
        raise _StrangeError(f"nobody can read its {key}, {value!r}")
    return read_value


def _moment(value: object) -> datetime | None:
    """None without an offset from UTC: it could be any of a day's moments."""
    try:
        moment = datetime.fromisoformat(str(value))
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _truth(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _seconds(value: object) -> float | None:
    """Less than none, by clocks that differ a little, is none. Not a number, or more than a century, is no lag."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not value < _CENTURY_S:
        return None
    return max(0.0, float(value))


_CENTURY_S = 100 * 365 * 24 * 3600


def _unreadable(problem: str) -> Unseen:
    return Unseen(reason=f"nobody can read {FILE} of its host: {problem}")
