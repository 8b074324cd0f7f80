"""Asks every service that declares a probe, round after round, and keeps what its vantage points saw.

States go to the ledger, debounced by the city's rule; how long each look took goes to the series.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from city.clock import Clock
from city.errors import AstyError
from city.model.probing import Probing
from monitoring.ledger.intervals import Observation, State
from monitoring.observer import HEARS_NOBODY
from monitoring.probing.debounce import Course, Round, Rule, after
from monitoring.probing.declared import Probed
from monitoring.probing.failure import Failure
from monitoring.probing.judging import deaf, judge
from monitoring.probing.probe import Found
from monitoring.probing.readings import readings
from monitoring.probing.vantage import Vantage
from monitoring.snapshot import VANTAGE
from monitoring.turns import SLACK, next_turn

_LOG = logging.getLogger(__name__)
ASKS_NOBODY = "nothing is asked from there"
_NOBODY = Found(failure=Failure.NOT_ASKED, seconds=0, heard=False, detail="nobody stands there")

Looks = dict[str, Found]
"""Of one service, by vantage point."""


class Ledger(Protocol):
    def observe(self, observations: Iterable[Observation]) -> None: ...


class Series(Protocol):
    def append(self, at: datetime, rows: Mapping[str, Mapping[str, float]]) -> None: ...


def _all_serve(_service: str, _at: datetime) -> str:
    return ""


@dataclass(slots=True, kw_only=True)
class Prober:
    """The ledger's subjects are `service:ID`, and `vantage:ID` for what a point hears.

    `vantages` by the id of the point; `members_out` is the cloud's word on members of a service that do not serve,
    empty where all do or nobody knows."""

    services: Sequence[Probed]
    probing: Probing
    vantages: Mapping[str, Vantage]
    ledger: Ledger
    series: Series
    clock: Clock
    members_out: Callable[[str, datetime], str] = _all_serve
    _courses: dict[str, Course] = field(default_factory=dict)
    _newest: dict[str, Looks] = field(default_factory=dict)

    @property
    def reach(self) -> timedelta:
        """How long a look speaks: until the next one is due, and until what that one says is believed."""
        probing = self.probing
        return probing.interval * SLACK + probing.rounds * (probing.again + probing.deadline)

    async def aclose(self) -> None:
        """Leave the vantage points."""
        await asyncio.gather(*(vantage.close() for vantage in self.vantages.values()))

    async def once(self) -> Sequence[Observation]:
        """Round after round until of every service something is believed; what was told last of each."""
        told: dict[str, Observation] = {}
        waiting: Collection[Probed] = self.services
        for turn in range(self.probing.rounds):
            if turn and waiting:
                await asyncio.sleep(self.probing.again.total_seconds())
            told |= {seen.subject: seen for seen in await self.round(waiting)}
            waiting = self.open_ones()
        return list(told.values())

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`: every service each interval, those that are in doubt again and again in between.

        A look that waited for an answer in vain has waited already: `again` counts from when a round began.
        """
        loop = asyncio.get_running_loop()
        interval, again = self.probing.interval.total_seconds(), self.probing.again.total_seconds()
        due, wanted = loop.time(), self.services
        while not stop.is_set():
            is_whole, begun = wanted is self.services, loop.time()
            await self._kept_round(wanted)
            if is_whole:
                due = next_turn(due, loop.time(), interval)
            soon, doubted = max(begun + again, loop.time()), self.open_ones()
            wanted = doubted if doubted and soon < due else self.services
            try:
                await asyncio.wait_for(stop.wait(), (due if wanted is self.services else soon) - loop.time())
            except TimeoutError:
                continue

    async def _kept_round(self, wanted: Sequence[Probed]) -> None:
        """A round that cannot be kept is logged and lost; the next one comes at its time."""
        try:
            await self.round(wanted)
        except Exception as trouble:  # noqa: BLE001 - whatever it is, the next round is worth having
            expected = isinstance(trouble, AstyError)
            _LOG.error("a round of probes is not wholly kept: %s", trouble, exc_info=None if expected else trouble)

    def open_ones(self) -> list[Probed]:
        return [one for one in self.services if self._courses.get(one.service, Course()).is_open]

    async def round(self, services: Collection[Probed]) -> Sequence[Observation]:
        """Ask these from every point that they let in, judge, and keep; what was told of them. Raises where it cannot
        be kept."""
        if not services:
            return []
        at = self.clock.now()
        seen = await asyncio.gather(*(self._looks(one) for one in services))
        self._newest |= {one.service: looks for one, looks in zip(services, seen, strict=True)}
        suspected = deaf(self._by_point())
        for point in suspected:
            _LOG.error("vantage point %s hears nobody: what it sees does not count", point)
        told = [seen for one in services for seen in self._told(one, at, suspected)]
        self._keep([*told, *self._themselves(at, suspected)])
        self.series.append(at, readings(self._newest, {one.service for one in services}))
        return told

    async def _looks(self, one: Probed) -> Looks:
        found = await asyncio.gather(*(self._look(one, point.id) for point in one.points))
        return {point.id: look for point, look in zip(one.points, found, strict=True)}

    async def _look(self, one: Probed, point: str) -> Found:
        vantage = self.vantages.get(point)
        return _NOBODY if vantage is None else await vantage.look(one.ask)

    def _by_point(self) -> Mapping[str, Sequence[Found]]:
        found: dict[str, list[Found]] = {}
        for looks in self._newest.values():
            for point, look in looks.items():
                found.setdefault(point, []).append(look)
        return found

    def _themselves(self, at: datetime, suspected: Collection[str]) -> Iterable[Observation]:
        """The vantage points' own state: that of what they hear. Where none of them asks, nobody hears anything."""
        for point, looks in self._by_point().items():
            asks = any(found.failure is not Failure.NOT_ASKED for found in looks)
            trouble = HEARS_NOBODY if point in suspected else "" if asks else ASKS_NOBODY
            yield Observation(
                subject=f"{VANTAGE}{point}",
                at=at,
                state=State.UNKNOWN if trouble else State.UP,
                reach=self.reach,
                cause=trouble,
            )

    def _told(self, one: Probed, at: datetime, suspected: Collection[str]) -> list[Observation]:
        within = one.within.total_seconds()
        account = judge(self._newest[one.service], within, suspected, self.members_out(one.service, at))
        rule = Rule(self.probing.failures, self.probing.rounds)
        course, told = after(self._courses.get(one.service, Course()), Round(at, account), rule)
        self._courses[one.service] = course
        return [
            Observation(
                subject=f"service:{one.service}",
                at=seen.at,
                state=seen.state,
                reach=self.reach,
                cause=seen.account.cause,
                evidence=f"{one.ask.probe.name} {seen.account.evidence}",
            )
            for seen in told
        ]

    def _keep(self, told: Sequence[Observation]) -> None:
        """A service whose state is told from an earlier moment on comes twice: once each in a write."""
        first: dict[str, Observation] = {}
        again = [seen for seen in told if first.setdefault(seen.subject, seen) is not seen]
        self.ledger.observe(first.values())
        self.ledger.observe(again)
