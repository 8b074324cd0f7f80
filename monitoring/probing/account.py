"""What a round of looks at one service came to: how it stands, why, and from where that was seen.

The ledger keeps the reasons as the cause; the text is made and read here alone.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from city.model.places import Text
from monitoring.ledger.intervals import State
from monitoring.probing.failure import Failure

SLOW, MEMBERS_OUT = "slow", "members out"
_WORDS = {
    SLOW: Text(el="αργεί", en=SLOW),
    MEMBERS_OUT: Text(el="λείπουν μέλη", en=MEMBERS_OUT),
    **{failure.value: failure.text for failure in Failure},
}
_REASON = re.compile(r"(?P<what>[A-Za-z' ]+?)(?: from (?P<points>[a-z0-9-]+(?:, [a-z0-9-]+)*))?(?: \((?P<cloud>.*))?")
"""The ledger cuts a long cause: what the cloud says comes last, and its end may be missing."""
_MEMBER = re.compile(r"\b([a-z0-9-]+-(?:\d+|db)) ([A-Z][A-Z_]+)\b")
"""A server in what the cloud says: its name, as a city's servers are called, and its status."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that is not well: what, seen from which vantage points, and what the cloud says of it."""

    what: str
    points: tuple[str, ...] = ()
    cloud: str = ""

    def __str__(self) -> str:
        seen = f" from {', '.join(self.points)}" if self.points else ""
        return f"{self.what}{seen}{f' ({self.cloud})' * bool(self.cloud)}"

    @property
    def text(self) -> Text:
        return _WORDS[self.what]

    @property
    def members(self) -> tuple[str, ...]:
        """The servers that the cloud names, each with its status: `portal-1 (SHUTOFF)`."""
        return tuple(f"{name} ({status})" for name, status in _MEMBER.findall(self.cloud))


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    state: State
    reasons: tuple[Reason, ...] = ()
    evidence: str = ""

    @property
    def cause(self) -> str:
        return "; ".join(map(str, self.reasons))


def reasons(cause: str) -> tuple[Reason, ...]:
    """Those that the ledger's cause tells; what is none of ours is left out."""
    return tuple(_reasons(cause.split("; ")))


def _reasons(parts: Iterable[str]) -> Iterable[Reason]:
    for part in parts:
        found = _REASON.fullmatch(part)
        if found is not None and found["what"] in _WORDS:
            points = tuple(found["points"].split(", ")) if found["points"] else ()
            yield Reason(found["what"], points, (found["cloud"] or "").removesuffix(")"))
