"""Looks at every device and every service, again and again, and keeps what was seen.

What a look means: monitoring/look.py. What the radios of an access point do is kept beside it: monitoring/radios.py.
One device's trouble is its own: the others are looked at, and what they showed is kept.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol

from city.clock import Clock
from city.errors import AstyError
from city.inventory import Inventory
from city.model.city import City, Device
from monitoring.canaries import Canary
from monitoring.garbage import collected_seldom
from monitoring.ledger.intervals import Observation, State
from monitoring.look import DeviceProbe, Look
from monitoring.observer import HEARS_NOBODY, Observer
from monitoring.snapshot import CANARY, OBSERVER
from monitoring.snmp.client import SnmpClient
from monitoring.turns import AT_ONCE, INTERVAL, SLACK, SPREAD, next_turn, phase

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What the clouds said of their services, and the trouble there was with keeping it, if any."""

    looks: tuple[Look, ...] = ()
    trouble: Exception | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycle:
    """Everything looked at once, from `start` to `end`."""

    start: datetime
    end: datetime
    looks: tuple[Look, ...]
    hears_nobody: bool = False
    """Whether so many fell silent at once that the observer itself is suspected: then the silent are unknown."""

    @property
    def counts(self) -> Mapping[State, int]:
        """How many devices and services in each state, every state present."""
        seen = Counter(look.observation.state for look in self.looks)
        return {state: seen[state] for state in State}


class Ledger(Protocol):
    def observe(self, observations: Iterable[Observation]) -> None: ...


class Series(Protocol):
    def append(self, at: datetime, rows: Mapping[str, Mapping[str, float]]) -> None: ...


class ServiceProbe(Protocol):
    """Sees the state of services; what it cannot ask is an unknown observation, never an exception."""

    def observe(self, at: datetime, reach: timedelta) -> Sequence[Observation]: ...

    def members_out(self, service: str, at: datetime) -> str:
        """What of a service does not run, by the newest look; empty where all of it does, or nobody knows."""
        ...


OnLook = Callable[[Look], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Poller:
    """What is looked at, through what, and where it is kept."""

    city: City
    inventory: Inventory
    client: SnmpClient
    ledger: Ledger
    series: Series
    clock: Clock
    interval: timedelta = INTERVAL
    probe: ServiceProbe | None = None
    observer: Observer = field(default_factory=Observer)
    canaries: Sequence[Canary] = ()
    asking: list["asyncio.Task[Services]"] = field(default_factory=list)
    """The question to the clouds that is under way, if any."""

    @property
    def reach(self) -> timedelta:
        return self.interval * SLACK

    def members_out(self, service: str, at: datetime) -> str:
        """The cloud's word on a service that is asked from outside."""
        return "" if self.probe is None else self.probe.members_out(service, at)

    async def once(self, on_look: OnLook | None = None, spread: timedelta = AT_ONCE) -> Cycle:
        """Look at everything and keep it: devices and services without waiting for one another, states before values.

        Raises the first trouble with keeping it, after all that could be kept was.
        """
        start, probe, near = self.clock.now(), self._probe(), asyncio.create_task(self._near())
        if not self.asking:
            self.asking.append(asyncio.create_task(self._services(start)))
        with collected_seldom():
            found = await asyncio.gather(
                *(self._device(probe, device, on_look, spread) for device in self.city.devices)
            )
        near_by = await self._near_throughout(await near, found)
        looks = self._believed(found, near_by.values())
        hears = self._itself(looks)
        rows = {look.observation.subject.removeprefix("device:"): look.readings for look in looks if look.readings}
        troubles = [
            _trouble(
                lambda: self.ledger.observe(
                    (
                        *(kept for look in looks for kept in (look.observation, *look.radios)),
                        hears,
                        *(self._kept(name, state) for name, state in near_by.items()),
                    )
                )
            ),
            _trouble(lambda: self.series.append(start, rows)) if rows else None,
        ]
        services = await self._answered()
        for trouble in filter(None, (*troubles, services.trouble)):
            raise trouble
        seen = (*looks, *services.looks)
        return Cycle(start=start, end=self.clock.now(), looks=seen, hears_nobody=bool(hears.cause))

    async def _near(self) -> dict[str, bool | None]:
        """What each canary answered; None, too, where we are ourselves at fault."""
        answers = await asyncio.gather(*(canary.answers() for canary in self.canaries), return_exceptions=True)
        found: dict[str, bool | None] = {}
        for canary, answer in zip(self.canaries, answers, strict=True):
            if isinstance(answer, Exception):
                _LOG.error("canary %s cannot be asked: %s", canary.name, answer)
            found[canary.name] = answer if isinstance(answer, bool) else None
        return found

    async def _near_throughout(self, at_first: Mapping[str, bool | None], looks: Iterable[Look]) -> Mapping[str, State]:
        """The canaries: where a device was silent, they are asked once more, and count as heard if they were twice."""
        if any(look.observation.state is State.DOWN for look in looks):
            at_last = await self._near()
            return self.observer.near({name: answer and at_last[name] for name, answer in at_first.items()})
        return self.observer.near(at_first)

    def _kept(self, canary: str, state: State) -> Observation:
        cause = {State.DOWN: "no answer", State.UNKNOWN: "it never answered"}.get(state, "")
        subject = f"{CANARY}{canary}"
        return Observation(subject=subject, at=self.clock.now(), state=state, reach=self.reach, cause=cause)

    def _believed(self, looks: Sequence[Look], near: Collection[State]) -> list[Look]:
        """The looks, those at silent devices as unknown where the silence is suspicion of ourselves."""
        states = [look.observation.state for look in looks]
        if not self.observer.hears_nobody(zip(self.city.devices, states, strict=True), near):
            return list(looks)
        _LOG.error(
            "%s: too many fell silent at once, or nobody near answers; see whether this machine's own network is well",
            HEARS_NOBODY,
        )
        return [_unsure(look) if look.observation.state is State.DOWN else look for look in looks]

    def _itself(self, looks: Sequence[Look]) -> Observation:
        """The observer's own state: that of what it hears."""
        doubted = any(look.observation.cause == HEARS_NOBODY for look in looks)
        return Observation(
            subject=OBSERVER,
            at=self.clock.now(),
            state=State.UNKNOWN if doubted else State.UP,
            reach=self.reach,
            cause=HEARS_NOBODY if doubted else "",
        )

    async def run(self, stop: asyncio.Event, on_cycle: Callable[[Cycle], None]) -> None:
        """Look every interval until `stop`; a cycle that takes longer delays the next, and never overlaps it.

        The first look is at everything at once, the others at each device at its own moment. A cycle that could not
        be kept (a full disk, a ledger that somebody locks) is logged and lost, and the next one comes at its time.
        """
        loop = asyncio.get_running_loop()
        due, spread = loop.time(), AT_ONCE
        while not stop.is_set():
            try:
                on_cycle(await self.once(spread=spread))
            except Exception as trouble:  # noqa: BLE001 - whatever it is, the next look is worth having
                expected = isinstance(trouble, AstyError)
                _LOG.error("this cycle is not wholly kept: %s", trouble, exc_info=None if expected else trouble)
            spread = self.interval * SPREAD
            due = next_turn(due, loop.time(), self.interval.total_seconds())
            try:
                await asyncio.wait_for(stop.wait(), due - loop.time())
            except TimeoutError:
                continue

    def _probe(self) -> DeviceProbe:
        return DeviceProbe(
            city=self.city, inventory=self.inventory, client=self.client, clock=self.clock, reach=self.reach
        )

    async def _device(self, probe: DeviceProbe, device: Device, on_look: OnLook | None, spread: timedelta) -> Look:
        await asyncio.sleep(phase(device.id) * spread.total_seconds())
        look = await probe.look(device)
        if on_look is not None:
            on_look(look)
        return look

    async def _answered(self) -> "Services":
        """What the clouds said. Those who take longer than half an interval are not waited for, nor asked again
        before they have answered: the devices' next look comes at its time."""
        done, _ = await asyncio.wait(self.asking, timeout=self.interval.total_seconds() / 2)
        if not done:
            _LOG.warning("the clouds have not answered in time; of their services nothing is known until they do")
            return Services()
        return await self.asking.pop()

    async def _services(self, at: datetime) -> "Services":
        """Ask the clouds, and keep what they say as soon as they said it, however long the devices take."""
        if self.probe is None:
            return Services()
        seen = await asyncio.to_thread(self.probe.observe, at, self.reach)
        return Services(
            looks=tuple(Look(observation=one) for one in seen), trouble=_trouble(lambda: self.ledger.observe(seen))
        )


def _unsure(look: Look) -> Look:
    """Silence that may be our own deafness."""

    def unsure(seen: Observation) -> Observation:
        return replace(seen, state=State.UNKNOWN, cause=HEARS_NOBODY)

    return replace(look, observation=unsure(look.observation), radios=tuple(map(unsure, look.radios)))


def _trouble(work: Callable[[], None]) -> Exception | None:
    """What came of it; returned, so that what can be done besides is done."""
    try:
        work()
    except Exception as error:  # noqa: BLE001 - raised by the caller
        return error
    return None
