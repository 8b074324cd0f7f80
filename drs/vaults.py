"""What vaults say of the copies of files that they keep: of which server, of when, and whether they are whole.

A vault writes it anew every few seconds into the file FILE, and whoever may log in reads it; drs.checks.data judges it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from drs.databases import FRESH
from drs.observed import Unseen

FILE = "/run/vault/standing.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenCopy:
    """Of one server's files: the newest copy was made at `newest`; `good` is whether all that is kept of it was whole
    when it was looked at last, and `problem` what was not."""

    newest: datetime
    count: int
    size: int
    good: bool
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenVault:
    """As of the moment `at` by its host's own clock: the copies by service and server."""

    at: datetime
    copies: Mapping[str, Mapping[str, SeenCopy]]

    def of(self, service: str, server: str) -> SeenCopy | None:
        return self.copies.get(service, {}).get(server)


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedVault:
    """The answer of the vault of a site, or why there is none."""

    site: str
    answer: SeenVault | Unseen


class Vaults(Protocol):
    """Whoever can ask the vaults."""

    def __call__(self) -> tuple[AskedVault, ...]:
        """That of each site, asked now. Raises nothing for one that does not answer."""
        ...


def fresh(answer: SeenVault | Unseen, now: datetime) -> SeenVault | Unseen:
    """The answer, where the vault gave it lately; else that nobody knows."""
    if isinstance(answer, Unseen) or abs(now - answer.at) <= FRESH:
        return answer
    return Unseen(reason=f"the vault wrote {FILE} at {answer.at:%Y-%m-%d %H:%M:%S} UTC last, by its own clock")


def read(text: str) -> SeenVault | Unseen:
    """From the text of FILE; Unseen where it is not what a vault writes."""
    try:
        told = json.loads(text)
        copies = {
            str(service): {str(server): _copy(one) for server, one in servers.items() if one["newest"] is not None}
            for service, servers in told["copies"].items()
        }
        return SeenVault(at=_moment(told["at"]), copies=copies)
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
        return Unseen(reason=f"nobody can read {FILE} of the vault: {error}")


def _copy(told: Mapping[str, Any]) -> SeenCopy:
    if not isinstance(told["good"], bool):
        raise TypeError(f"good is {told['good']!r}")
    return SeenCopy(
        newest=_moment(told["newest"]),
        count=int(told["count"]),
        size=int(told["bytes"]),
        good=told["good"],
        problem=str(told["problem"]),
    )


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError(f"{text} has no offset from UTC")
    return found.astimezone(UTC)
