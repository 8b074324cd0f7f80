"""Looks at every device and every service, again and again, and keeps what was seen.

What a look means:
  up       the device answered
  down     it did not, after every retry
  unknown  we could not ask: our credentials were refused, its answers made no sense, it has no address
What the radios of an access point do is kept beside it: monitoring/radios.py.
One device's trouble is its own: the others are looked at, and what they showed is kept.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol
from zlib import crc32

from city.clock import Clock
from city.errors import AstyError
from city.inventory import Inventory
from city.model.city import City, Device
from city.model.wireless import Band
from monitoring import radios
from monitoring.answers import impossible, readings, words
from monitoring.condition import Condition
from monitoring.ledger.intervals import Observation, State
from monitoring.observer import HEARS_NOBODY, Observer
from monitoring.snapshot import OBSERVER
from monitoring.snmp.client import Answers, NoAnswer, Question, SnmpClient, Trouble
from platforms.profile import Profile
from platforms.registry import profile

_LOG = logging.getLogger(__name__)
INTERVAL = timedelta(seconds=60)
AT_ONCE = timedelta()
SLACK = 1.25
"""A look speaks for this many intervals: until the next one is due, and a little longer for a cycle that is slow.
Where a look was lost, or the poller was, nobody knows."""

SPREAD = 0.05
"""Share of the interval over which a worker's looks are spread, so that neither it nor the network is rushed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One subject, once: what the ledger keeps of it and of its radios, and the numbers for the series."""

    observation: Observation
    radios: tuple[Observation, ...] = ()
    readings: Mapping[str, float] = field(default_factory=dict)


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
    asking: list["asyncio.Task[Services]"] = field(default_factory=list)
    """The question to the clouds that is under way, if any."""

    @property
    def reach(self) -> timedelta:
        return self.interval * SLACK

    async def once(self, on_look: OnLook | None = None, spread: timedelta = AT_ONCE) -> Cycle:
        """Look at everything and keep it: devices and services without waiting for one another, states before values.

        Raises the first trouble with keeping it, after all that could be kept was.
        """
        start = self.clock.now()
        if not self.asking:
            self.asking.append(asyncio.create_task(self._services(start)))
        looks = self._believed(
            await asyncio.gather(*(self._device(device, on_look, spread) for device in self.city.devices))
        )
        hears = self._itself(looks)
        rows = {look.observation.subject.removeprefix("device:"): look.readings for look in looks if look.readings}
        troubles = [
            _trouble(
                lambda: self.ledger.observe(
                    (*(kept for look in looks for kept in (look.observation, *look.radios)), hears)
                )
            ),
            _trouble(lambda: self.series.append(start, rows)) if rows else None,
        ]
        services = await self._answered()
        for trouble in filter(None, (*troubles, services.trouble)):
            raise trouble
        seen = (*looks, *services.looks)
        return Cycle(start=start, end=self.clock.now(), looks=seen, hears_nobody=bool(hears.cause))

    def _believed(self, looks: Sequence[Look]) -> list[Look]:
        """The looks, those at silent devices as unknown where the silence is suspicion of ourselves."""
        states = [look.observation.state for look in looks]
        if not self.observer.hears_nobody(zip(self.city.devices, states, strict=True)):
            return list(looks)
        _LOG.error("%s: too many fell silent at once; see whether this machine's own network is well", HEARS_NOBODY)
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

    async def _device(self, device: Device, on_look: OnLook | None, spread: timedelta) -> Look:
        await asyncio.sleep(phase(device.id) * spread.total_seconds())
        look = await self._look(device)
        if on_look is not None:
            on_look(look)
        return look

    async def _look(self, device: Device) -> Look:
        endpoint = self.inventory.get(device.id)
        if endpoint is None:
            return self._seen(device, State.UNKNOWN, "no address is known")
        try:
            wanted = profile(device.platform)
            answers = await self.client.read(endpoint, question(wanted))
            numbers = readings(wanted, answers.varbinds)
            cut = {column for column, _ in answers.cut}
            shown = radios.judge(self.city, device, numbers, words(wanted, answers.varbinds), cut)
        except NoAnswer as silence:
            return self._seen(device, State.DOWN, str(silence))
        except Trouble as trouble:
            return self._seen(device, State.UNKNOWN, str(trouble))
        except (OSError, AstyError) as ours:
            return self._seen(device, State.UNKNOWN, f"could not be asked: {ours}")
        except Exception as mistake:  # noqa: BLE001 - our mistake with one device must not blind us to the others
            _LOG.error("%s: our own mistake", device.id, exc_info=mistake)
            return self._seen(device, State.UNKNOWN, f"could not be understood: {type(mistake).__name__}")
        left_out = answers.left_out + impossible(wanted, answers.varbinds)
        look = self._seen(device, State.UP, numbers=numbers, shown=shown)
        return replace(look, observation=replace(look.observation, evidence=evidence(numbers, answers, left_out)))

    def _seen(
        self,
        device: Device,
        state: State,
        cause: str = "",
        *,
        numbers: Mapping[str, float] | None = None,
        shown: Mapping[Band, Condition] | None = None,
    ) -> Look:
        found = numbers or {}
        seen = Observation(
            subject=f"device:{device.id}",
            at=self.clock.now(),
            state=state,
            reach=self.reach,
            cause=cause,
        )
        return Look(observation=seen, radios=radios.observations(device, seen, shown or {}), readings=found)

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


def evidence(numbers: Mapping[str, float], answers: Answers, left_out: int) -> str:
    """What a look at a device that is up rests on: `sysUpTime 42 s; answered from 10.0.0.9; 1 value left out`."""
    parts = (
        f"sysUpTime {numbers['sysUpTime'] / 100:.0f} s" if "sysUpTime" in numbers else "",
        f"answered from {answers.source}" if answers.source else "",
        f"{left_out} values left out" if left_out else "",
        *(f"{column} is cut: {why}" for column, why in answers.cut),
    )
    return "; ".join(filter(None, parts))


def question(wanted: Profile) -> Question:
    """What a profile asks, in the form that an engine reads by GETBULK."""
    return Question(
        scalars=tuple(scalar.oid.removesuffix(".0") for scalar in wanted.scalars),
        columns=tuple(column.oid for column in wanted.tables),
        instead=tuple((column.oid, column.instead.oid) for column in wanted.tables if column.instead is not None),
    )


def phase(device_id: str) -> float:
    """A device's own moment of each cycle, 0..1: the same after a restart."""
    return crc32(device_id.encode()) / (1 << 32)


def next_turn(due: float, now: float, interval_s: float) -> float:
    """The next multiple of the interval after `due` that is not past: missed turns are left out, not made up."""
    missed = max(0, int((now - due) // interval_s))
    return due + (missed + 1) * interval_s
