"""Reading scalars and whole columns by GETBULK: what to ask next, and when it is enough. Pure.

RFC 3416, 4.2.3. The first request asks for everything at once; the next ones go on where columns are
longer than one answer. An agent whose OIDs do not increase is caught here, or it would walk us forever.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from types import TracebackType

from monitoring.snmp.client import BadAgent, Question, TooSlow
from snmp import ber, pdu
from snmp.pdu import Kind, Pdu, VarBind

FIRST_ROWS = 8
"""Rows asked for at once of a device that was never read; afterwards see `Walk.rows_next_time`."""
_MOST_AT_ONCE = 64
_MOST_VALUES = pdu.MOST_VARBINDS - 20
MOST_ROWS = 512
"""Ten times the ports of a street switch. More in one column is an agent that makes rows up: each costs time and room
in every cycle, for as long as the series are kept."""


@dataclass(frozen=True, slots=True)
class Request:
    """A GETBULK to come: `once` names first, then the `repeated` ones up to `rows` times."""

    once: tuple[str, ...]
    repeated: tuple[str, ...]
    rows: int


class Stopwatch:
    """Runs while a device is waited for; raises TooSlow once that took longer than `limit_s` in all."""

    def __init__(self, limit_s: float) -> None:
        self._limit_s, self._taken_s, self._since = limit_s, 0.0, 0.0

    def __enter__(self) -> None:
        if self._taken_s > self._limit_s:
            raise TooSlow(f"it answers too slowly: not read whole within {self._limit_s:g} s")
        self._since = time.monotonic()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._taken_s += time.monotonic() - self._since


@dataclass(slots=True)
class Walk:
    """One device's reading; `next` until it is None, `take` after each answer."""

    question: Question
    rows: int = FIRST_ROWS
    found: list[VarBind] = field(default_factory=list)
    _at: dict[str, str] = field(default_factory=dict)
    """Each column that is not read to its end yet, and the last OID of it."""
    _lengths: dict[str, int] = field(default_factory=dict)
    _begun: bool = False

    def __post_init__(self) -> None:
        self._at = {column: column for column in self.question.columns}

    @property
    def longest(self) -> int:
        """Rows of the longest column read so far."""
        return max(self._lengths.values(), default=0)

    @property
    def rows_next_time(self) -> int:
        """As many as the device has, and one more, so that one answer shows where each column ends."""
        return min(_MOST_AT_ONCE, self.longest + 1)

    def next(self) -> Request | None:
        rows = max(1, min(self.rows, _MOST_VALUES // max(1, len(self._at))))
        if not self._begun:
            return Request(self.question.scalars, tuple(self._at), rows)
        return Request((), tuple(self._at.values()), rows) if self._at else None

    def smaller(self) -> bool:
        """After tooBig: ask for half as much; False where it cannot be less."""
        if self.rows == 1:
            return False
        self.rows //= 2
        return True

    def take(self, answer: Pdu) -> None:
        """Raises BadAgent where the answer cannot be one to the last request."""
        scalars = () if self._begun else self.question.scalars
        if len(answer.varbinds) < len(scalars):
            raise BadAgent("an answer shorter than the question")
        self._begun = True
        for asked, (oid, value) in zip(scalars, answer.varbinds, strict=False):
            if oid == f"{asked}.0" and not value.is_missing:
                self.found.append((oid, value))
        self._rows(answer.varbinds[len(scalars) :])

    def _rows(self, varbinds: Sequence[VarBind]) -> None:
        columns = list(self._at)
        if columns and not varbinds:
            raise BadAgent("an answer without the columns that were asked for")
        for index, (oid, value) in enumerate(varbinds):
            column = columns[index % len(columns)]
            if column in self._at and not self._keep(column, oid, value.kind is Kind.END_OF_MIB_VIEW):
                del self._at[column]
            elif column in self._at:
                self.found.append((oid, value))

    def _keep(self, column: str, oid: str, ended: bool) -> bool:  # noqa: FBT001 - one of three facts of a row
        """Whether the row belongs to the column; the OIDs of a column must increase."""
        if ended or not oid.startswith(f"{column}."):
            return False
        if _arcs(oid[len(column) + 1 :]) <= _arcs(self._at[column][len(column) + 1 :]):
            raise BadAgent(f"OIDs that do not increase at {oid}")
        self._at[column] = oid
        self._lengths[column] = self._lengths.get(column, 0) + 1
        if self._lengths[column] > MOST_ROWS:
            raise BadAgent(f"more than {MOST_ROWS} rows in {column}")
        return True


@lru_cache(maxsize=65536)
def _arcs(index: str) -> tuple[int, ...]:
    """The index of an instance; empty, so before all others, for the column itself."""
    return tuple(map(int, index.split("."))) if index else ()


def names(request: Request) -> tuple[str, ...]:
    """What the message asks for; every name is checked to be an OID."""
    every = (*request.once, *request.repeated)
    for name in every:
        ber.oid_content(name)
    return every
