"""How a device is read, whoever asks: everything at once first, less after silence, what it can do remembered.

A device that answers is never down. So after silence comes the cheapest question; only who leaves that unanswered
too is silent. One that was silent the last time is asked the cheapest question alone, once.
"""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from types import TracebackType

from monitoring.snmp.client import Answers, BadAgent, NoAnswer, Patience, Question, RefusedByAgent
from monitoring.snmp.walk import FIRST_ROWS, LARGE, Request, Walk
from snmp.pdu import ErrorStatus, Pdu, PduKind

_FORGET_AFTER = 60
"""Readings: what made us ask for less may have been one lost datagram, and a device may have new software."""
_AGAIN = 2

Ask = Callable[[Request, int], Awaitable[Pdu]]
"""Puts a request to the device, as often as told; raises Trouble, NoAnswer after silence to all of them."""


@dataclass(slots=True)
class Habits:
    """What is remembered of one device between readings."""

    rows: int = FIRST_ROWS
    most: int = LARGE
    one_by_one: bool = False
    narrow: frozenset[str] = frozenset()
    silent: bool = False
    _readings: int = 0

    def learn(self, walk: Walk) -> None:
        """Row counts also from readings that are incomplete."""
        self.rows = max(walk.rows_next_time, self.rows if walk.cut else 1)
        before, self.most, self.one_by_one = self._ability, walk.most, walk.one_by_one
        self.narrow = walk.narrow_next_time
        self._readings = self._readings + 1 if self._ability == before else 0
        if self._readings >= _FORGET_AFTER:
            self.most, self.one_by_one, self.narrow, self._readings = LARGE, False, frozenset(), 0

    @property
    def _ability(self) -> tuple[int, bool, frozenset[str]]:
        return self.most, self.one_by_one, self.narrow


class Stopwatch:
    """Runs while an answer is waited for, and never while our own turn is."""

    def __init__(self, limit_s: float) -> None:
        self.limit_s, self._taken_s, self._since = limit_s, 0.0, 0.0

    @property
    def is_over(self) -> bool:
        return self._taken_s > self.limit_s

    def __enter__(self) -> None:
        self._since = time.monotonic()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._taken_s += time.monotonic() - self._since


async def read(ask: Ask, question: Question, habits: Habits, patience: Patience, watch: Stopwatch) -> Answers:
    """Everything of `question` that the device shows within its time. Raises Trouble where it shows nothing."""
    walk = Walk(question, habits.rows, habits.most, habits.one_by_one, narrow=habits.narrow)
    status = await _first(walk, ask, habits, patience)
    while (request := walk.next()) is not None:
        if watch.is_over:
            walk.cut_rest(f"not read within {watch.limit_s:g} s")
            break
        try:
            answer = await ask(request, _AGAIN)
        except NoAnswer:
            walk.ask_less(request, reason="no answer to it")
        else:
            status = answer.first or status
            if status == ErrorStatus.AUTHORIZATION_ERROR:
                walk.cut_rest(f"the agent answered with error status {status}")
            walk.take(request, answer)
    if question.columns:
        habits.learn(walk)
    if not walk.found and status:
        raise RefusedByAgent(f"the agent answered with error status {status}")
    if not walk.found and walk.cut:
        raise BadAgent(f"nothing of it can be read: {next(iter(walk.cut.values()))}")
    return Answers(varbinds=walk.found, cut=tuple(walk.cut.items()), left_out=walk.left_out)


async def _first(walk: Walk, ask: Ask, habits: Habits, patience: Patience) -> int:
    """The first question, and the cheapest one where nothing comes back. The error status that the agent gave."""
    request = walk.scalars if habits.silent else walk.next() or walk.scalars
    tries = 1 if habits.silent or request.kind is not PduKind.GET else 1 + patience.retries
    try:
        answer = await ask(request, tries)
    except NoAnswer:
        if request.kind is PduKind.GET:
            habits.silent = True
            raise
        return await _anything(walk, request, ask, habits, patience)
    habits.silent = False
    if request.kind is PduKind.GET and answer.first != ErrorStatus.NO_ERROR:
        walk.cut_scalars()
    else:
        walk.take(request, answer)
    return answer.first


async def _anything(walk: Walk, failed: Request, ask: Ask, habits: Habits, patience: Patience) -> int:
    """After silence to `failed`: whether the device answers anything at all."""
    try:
        answer = await ask(walk.scalars, max(1, patience.retries))
    except NoAnswer:
        habits.silent = True
        raise
    walk.ask_less(failed, reason="no answer to it")
    if answer.first == ErrorStatus.NO_ERROR:
        walk.take(walk.scalars, answer)
    else:
        walk.cut_scalars()
    return answer.first
