"""For how long a drill leaves services unserved of which no marks tell: a client asks each what its probe asks."""

import asyncio
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread

from city.errors import Failed, NeedsPerson
from city.model.city import City
from drs.drill.entry import Measured
from drs.outside.marker import Try, read
from drs.outside.measured import downtime
from monitoring.probing.declared import Probed, probed
from monitoring.probing.failure import Failure
from monitoring.probing.vantage import Vantage

EVERY_S = 1.0
_ENDS_WITHIN_S = 30.0
_ANSWERS_WITHIN_S = 30.0
"""Whoever cannot be asked in so long is told to a person."""
_BETWEEN_S = 0.05


@dataclass(slots=True, kw_only=True)
class Looks:
    """While a drill goes on, each service of `services` that declares a probe is asked: from the street, where the
    world is let in, else from each point in the networks of the city, of which one answer is enough: a site lets in its
    own alone.

    Every look is a line of a file in `folder`, as every try of a mark is: so whoever goes on after a kill has them.
    """

    city: City
    vantages: Mapping[str, Vantage]
    services: frozenset[str]
    folder: Path
    every_s: float = EVERY_S
    _newest: dict[str, Try] = field(default_factory=dict)
    _stop: Event = field(default_factory=Event)
    _thread: Thread | None = None

    def begin(self) -> None:
        if self._asked():
            self.folder.mkdir(mode=0o700, exist_ok=True)
            self._thread = Thread(target=lambda: asyncio.run(self._look_at_all()), daemon=True)
            self._thread.start()

    def end(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join(_ENDS_WITHIN_S)

    def ask(self, service: str) -> str:
        """What the next look at the service finds: that it was answered, and by whom.

        Raises Failed where it was not, NeedsPerson where nobody looks.
        """
        asked, until = time.time(), time.monotonic() + _ANSWERS_WITHIN_S
        host = next((one.ask.host for one in self._asked() if one.service == service), "")
        while host and time.monotonic() < until and not self._stop.is_set():
            found = self._newest.get(service)
            if found is None or found.at < asked:
                time.sleep(_BETWEEN_S)
            elif found.taken:
                return f"{host} answered its probe in {found.until - found.at:.2f} s"
            else:
                raise Failed(service, f"{host} does not answer its probe: {found.reason}", "Look at it.")
        raise NeedsPerson(service, "nobody could ask it what its probe asks", "Open it yourself, by its name.")

    def measured(self, by: str, opened: datetime) -> Iterator[Measured]:
        """End the looks, and say what they showed since the drill was opened. What nobody saw is None."""
        self.end()
        for one in self._asked():
            tries = read(self._file(one.service))
            if not tries:
                continue
            down = downtime(tries, opened.timestamp())
            how = f"a client {self._where(one)} asked {one.ask.host} by {one.ask.probe.name}, {len(tries)} times"
            if down is None:
                how += "; nobody saw the beginning or the end of the time that it was down"
            elif down.at_most:
                how += f"; down for {down.at_least.total_seconds():.1f} to {down.at_most.total_seconds():.1f} s"
            yield Measured(
                at=datetime.now(UTC),
                by=by,
                service=one.service,
                downtime_s=down.at_most.total_seconds() if down else None,
                acknowledged=None,
                lost=None,
                lost_s=None,
                how=how,
            )

    def _asked(self) -> tuple[Probed, ...]:
        return tuple(one for one in probed(self.city) if one.service in self.services and self._points(one))

    def _points(self, one: Probed) -> tuple[str, ...]:
        """Who stands where residents do speaks for them; for what residents cannot reach, whoever can."""
        if outside := [point.id for point in one.points if point.id in self.vantages and not point.network]:
            return tuple(outside)
        return tuple(point.id for point in self.city.probing.points if point.id in self.vantages and point.network)

    def _where(self, one: Probed) -> str:
        return f"at {' or '.join(self._points(one))}"

    def _file(self, service: str) -> Path:
        return self.folder / f"{service}.jsonl"

    async def _look_at_all(self) -> None:
        async with AsyncExitStack() as stack:
            for vantage in self.vantages.values():
                stack.push_async_callback(vantage.close)
            await asyncio.gather(*map(self._look_at, self._asked()))

    async def _look_at(self, one: Probed) -> None:
        with self._file(one.service).open("a", encoding="utf-8") as file:
            while True:
                begun, ended = time.monotonic(), self._stop.is_set()
                if found := await self._look(one):
                    self._newest[one.service] = found
                    file.write(json.dumps(asdict(found)) + "\n")
                    file.flush()
                if ended:
                    return
                await asyncio.sleep(max(0.0, begun + self.every_s - time.monotonic()))

    async def _look(self, one: Probed) -> Try | None:
        """None where nobody could ask: that says nothing of the service."""
        at = time.time()
        found = await asyncio.gather(*(self.vantages[point].look(one.ask) for point in self._points(one)))
        heard = [told for told in found if told.failure is not Failure.NOT_ASKED]
        taken = any(told.failure is None for told in heard)
        reason = "" if taken or not heard else f"{heard[0].failure}: {heard[0].detail}"
        return Try(at=at, until=time.time(), token="", taken=taken, address="", reason=reason) if heard else None


def together(*found: Measured) -> tuple[Measured, ...]:
    """One for each service: what several ways told of it, each figure by the first that knows it."""
    whole: dict[str, Measured] = {}
    for one in found:
        known = whole.get(one.service)
        whole[one.service] = one if known is None else _joined(known, one)
    return tuple(whole.values())


def _joined(one: Measured, other: Measured) -> Measured:
    def first(own: float | None, more: float | None) -> float | None:
        return more if own is None else own

    return Measured(
        at=other.at,
        by=other.by,
        service=other.service,
        downtime_s=first(one.downtime_s, other.downtime_s),
        acknowledged=other.acknowledged if one.acknowledged is None else one.acknowledged,
        lost=other.lost if one.acknowledged is None else one.lost,
        lost_s=first(one.lost_s, other.lost_s),
        how=f"{one.how}; {other.how}",
    )
