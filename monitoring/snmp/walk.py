"""Reading scalars and whole columns: what to ask next, and when it is enough. Pure.

RFC 3416, 4.2.3. The first request asks for everything at once; the next ones go on where columns are longer than one
answer. Whatever is wrong with one column costs that column alone: it is cut, and said to be. After a request that
failed, less is asked: fewer values at once, then GETNEXT instead of GETBULK, then one column at a time.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from monitoring.snmp.client import Question
from snmp import ber, pdu
from snmp.pdu import ErrorStatus, Pdu, PduKind, VarBind

FIRST_ROWS = 8
"""Rows asked for at once of a device that was never read; afterwards see `Walk.rows_next_time`."""
_MOST_ROWS_AT_ONCE = 50
"""There are switches that skip rows, and say nothing of it, where more than 55 are asked for (Zyxel GS1920)."""
LARGE = pdu.MOST_VARBINDS - 20
"""Values asked for at once: what one message may hold."""
SMALL = 33
"""Values whose answer fits into one frame of Ethernet: 1,472 octets of payload, at forty octets a value."""
MOST_ROWS = 512
"""Ten times the ports of a street switch. More in one column is an agent that makes rows up: each costs time and room
in every cycle, for as long as the series are kept."""
_REMEMBERED_INDEX = 40


@dataclass(frozen=True, slots=True)
class Request:
    """A request to come: `once` names first, then the `repeated` ones up to `rows` times."""

    once: tuple[str, ...]
    repeated: tuple[str, ...]
    rows: int
    kind: PduKind = PduKind.GET_BULK

    @property
    def values(self) -> int:
        """How many the answer may have of the repeated ones."""
        return len(self.repeated) * self.rows


@dataclass(slots=True)
class Walk:
    """One device's reading; `next` until it is None, `take` after each answer, `ask_less` after each failure."""

    question: Question
    rows: int = FIRST_ROWS
    most: int = LARGE
    """Values that are asked for at once."""
    one_by_one: bool = False
    """Whether rows are asked for by GETNEXT, as the agent knows no GETBULK."""
    found: list[VarBind] = field(default_factory=list)
    cut: dict[str, str] = field(default_factory=dict)
    """Columns that are not read to their end, and why."""
    left_out: int = 0
    """Values that made no sense."""
    narrow: frozenset[str] = frozenset()
    """Columns whose other form is asked for at once, as the device did not have them."""
    _at: dict[str, str] = field(default_factory=dict)
    """Each column that is not read to its end yet, and the last OID of it."""
    _lengths: dict[str, int] = field(default_factory=dict)
    _begun: bool = False
    _ceiling: int = LARGE

    def __post_init__(self) -> None:
        instead = dict(self.question.instead)
        asked = [instead[column] if column in self.narrow else column for column in self.question.columns]
        self._at = {column: column for column in asked}

    @property
    def longest(self) -> int:
        """Rows of the longest column read so far."""
        return max(self._lengths.values(), default=0)

    @property
    def rows_next_time(self) -> int:
        """As many as the device has, and one more, so that one answer shows where each column ends."""
        return min(_MOST_ROWS_AT_ONCE, self.longest + 1)

    @property
    def narrow_next_time(self) -> frozenset[str]:
        """Of a device that was read whole, the columns that it does not have though it has others of as many rows."""
        if self.cut or not self.longest:
            return self.narrow
        return frozenset(column for column, _ in self.question.instead if column not in self._lengths)

    @property
    def scalars(self) -> Request:
        """The cheapest question: all scalars, whose answer is small."""
        return Request(tuple(f"{scalar}.0" for scalar in self.question.scalars), (), 0, PduKind.GET)

    def next(self) -> Request | None:
        if not self._begun and (not self._at or (self.one_by_one and self.question.scalars)):
            return self.scalars
        if self._begun and not self._at:
            return None
        names = tuple(self._at.values())[: self.most]
        once = () if self._begun else self.question.scalars
        if self.one_by_one:
            return Request(once, names, 1, PduKind.GET_NEXT)
        return Request(once, names, max(1, min(self.rows, self.most // len(names))))

    def take(self, request: Request, answer: Pdu) -> None:
        """What the answer shows; one that shows nothing of what was asked is a failure."""
        if answer.first != ErrorStatus.NO_ERROR:
            self.ask_less(request, answer.first)
            return
        bound = answer.varbinds
        if request.once and not bound:
            self.ask_less(request, reason="an answer without what was asked for")
            return
        if not self._begun:
            self._scalars(dict(bound))
        rest = bound[len(request.once) :]
        if not request.repeated:
            return
        if self._is_disordered(request, rest):
            self._each_alone()
        elif not rest:
            self.ask_less(request, reason="an answer without what was asked for")
        else:
            self._rows(request, rest)
            self.most = min(self._ceiling, SMALL, 2 * self.most) if self.one_by_one else self.most

    def ask_less(self, request: Request, status: int = ErrorStatus.NO_ERROR, reason: str = "") -> None:
        """After an error status, an answer without sense, or silence: less of what was asked, until one column is
        left that cannot be read."""
        asked = request.values
        if status not in (ErrorStatus.NO_ERROR, ErrorStatus.TOO_BIG):
            reason = f"the agent answered with error status {status}"
        if status == ErrorStatus.NO_ERROR and not self.one_by_one and asked > SMALL:
            self.most = SMALL
        elif status != ErrorStatus.TOO_BIG and not self.one_by_one:
            self.one_by_one, self.most = True, min(self.most, SMALL)
        elif asked > 1:
            self.most = asked // 2
        elif status == ErrorStatus.TOO_BIG and request.once and not self.one_by_one:
            self.one_by_one = True  # so that the scalars are asked for by themselves
        else:
            self._give_up(request, "" if status == ErrorStatus.NO_SUCH_NAME else reason or "its answer is too big")
            self.most = min(self._ceiling, 2)

    def cut_scalars(self) -> None:
        """The device has none that it would tell."""
        self._begun = True

    def cut_rest(self, reason: str) -> None:
        """No more is asked for."""
        self._begun = True
        self.cut |= dict.fromkeys(self._at, reason)
        self._at.clear()

    def _give_up(self, request: Request, reason: str) -> None:
        """The one column of this request: read to its end where there is no reason why not."""
        self._begun = True
        for column, name in list(self._at.items()):
            if name in request.repeated:
                self._end(column, reason)

    def _scalars(self, shown: dict[str, pdu.Value]) -> None:
        self._begun = True
        for scalar in self.question.scalars:
            value = shown.get(f"{scalar}.0")
            if value is not None and not value.is_missing:
                self._keep(f"{scalar}.0", value)

    def _is_disordered(self, request: Request, bound: Sequence[VarBind]) -> bool:
        """Whether the agent does not keep to the order of the question: it gives more than was asked for, or passes
        over what it shows itself, so that a column has not ended where something of another column stands."""
        if len(bound) > request.values and request.values > 1:
            return True
        columns = self._asked(request)
        passed = [
            (_split(self._at[column]), _split(oid))
            for column, (oid, value) in zip(columns, bound, strict=False)
            if not value.is_missing and not oid.startswith(f"{column}.")
        ]
        if not passed or len(columns) == 1:
            return False
        shown = [_split(oid) for oid, value in bound[: 2 * len(columns)] if not value.is_missing]
        return any(start < one < end for start, end in passed for one in shown)

    def _is_anothers(self, column: str, oid: str) -> bool:
        """Whether what stands in the place of the column comes before it and was asked for elsewhere: the places of
        this answer are not those of the question. (What was not asked for is an agent's beginning, after its end.)"""
        asked = (*self.question.columns, *self.question.scalars)
        return _split(oid) < _split(column) and any(oid.startswith(f"{one}.") for one in asked)

    def _each_alone(self) -> None:
        """Ask for each column by itself, to tell which is which."""
        self.one_by_one, self._ceiling, self.most = True, 1, 1

    def _asked(self, request: Request) -> list[str]:
        return [column for column, name in self._at.items() if name in request.repeated]

    def _rows(self, request: Request, bound: Sequence[VarBind]) -> None:
        columns = self._asked(request)
        if len(columns) == 1 and not request.once:
            of_it = [one for one in bound if one[0].startswith(f"{columns[0]}.")]
            bound = of_it or bound[:1]
        for index, (oid, value) in enumerate(bound):
            column = columns[index % len(columns)]
            if column not in self._at:
                continue
            if value.is_missing:
                self._end(column)
            elif not oid.startswith(f"{column}."):
                if len(columns) > 1 and self._is_anothers(column, oid):
                    self._each_alone()
                    return
                self._end(column)
            elif _arcs(oid[len(column) + 1 :]) <= _arcs(self._at[column][len(column) + 1 :]):
                self._end(column, f"OIDs that do not increase at {oid}")
            elif self._lengths.get(column, 0) == MOST_ROWS:
                self._end(column, f"more than {MOST_ROWS} rows")
            else:
                self._at[column] = oid
                self._lengths[column] = self._lengths.get(column, 0) + 1
                self._keep(oid, value)

    def _keep(self, oid: str, value: pdu.Value) -> None:
        if value == pdu.NULL:
            self.left_out += 1
        else:
            self.found.append((oid, value))

    def _end(self, column: str, reason: str = "") -> None:
        del self._at[column]
        if reason:
            self.cut[column] = reason
        narrow = dict(self.question.instead).get(column)
        if narrow is not None and column not in self._lengths and narrow not in self._lengths:
            self._at[narrow] = narrow


def _arcs(index: str) -> tuple[int, ...]:
    """The index of an instance; empty, so before all others, for the column itself."""
    return _short(index) if len(index) <= _REMEMBERED_INDEX else _split(index)


def _split(index: str) -> tuple[int, ...]:
    return tuple(map(int, index.split("."))) if index else ()


_short = lru_cache(maxsize=8192)(_split)


def names(request: Request) -> tuple[str, ...]:
    """What the message asks for; every name is checked to be an OID."""
    every = (*request.once, *request.repeated)
    for name in every:
        ber.oid_content(name)
    return every
