"""What a drill costs residents, measured by one of them: marks that are written all the time, and faster in a drill."""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from city.errors import AstyError
from city.model.city import City
from drs.drill.entry import Measured
from drs.outside.marker import Try, read, stop_file, writes
from drs.outside.measured import downtime, loss
from drs.step import takes_writes

EVERY_S = 0.2
STANDING_EVERY_S = 5.0
"""While nothing happens: how much was written before a loss is known as exactly as this."""
_MOST_A_SECOND = 10
"""All services together: to measure many of them must not be what they are busy with."""
_DRILL_S = 24 * 3600.0
_STANDING_S = 3600.0
_ENDS_WITHIN_S = 15.0
_REMEMBERED = timedelta(hours=1)


class Marker(Protocol):
    """Someone who stands where residents do (asty.drill_street.Street)."""

    def mark(self, doors: Sequence[tuple[str, int, Path]], every_s: float, longest_s: float) -> None: ...

    def tokens(self, fqdn: str, port: int) -> frozenset[str]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """Of each of these services with a database that lets residents in: a file in `folder` with every try.

    Whether it `turns`: who begins anew begins a new file, and the one before is kept beside it.
    """

    street: Marker
    folder: Path
    city: City
    services: Sequence[str]
    every_s: float = EVERY_S
    longest_s: float = _DRILL_S
    turns: bool = False

    @classmethod
    def standing(cls, street: Marker, home: Path, city: City) -> "Marks":
        """Those that are written all the time, drill or not: whoever lets them be written does so again each hour."""
        services = [service.id for service in city.services]
        return cls(
            street=street,
            folder=home / "marks",
            city=city,
            services=services,
            every_s=STANDING_EVERY_S,
            longest_s=_STANDING_S,
            turns=True,
        )

    def begin(self) -> None:
        """Let marks be written from now on, unless somebody does already: they outlive whoever wants them."""
        starting = list[tuple[str, int, Path]]()
        for service, fqdn, port in self.doors():
            self.folder.mkdir(mode=0o700, exist_ok=True)
            file = self.file(service)
            stop_file(file).unlink(missing_ok=True)
            if not writes(file):
                if self.turns and file.exists():
                    file.replace(self._before(service))
                starting.append((fqdn, port, file))
        if starting:
            self.street.mark(starting, max(self.every_s, len(starting) / _MOST_A_SECOND), self.longest_s)

    def end(self) -> None:
        """Let nobody write any more, and wait until nobody does."""
        let_end([file for service, *_ in self.doors() if (file := self.file(service)).exists()])

    def tries(self, service: str) -> tuple[Try, ...]:
        return (*read(self._before(service)), *read(self.file(service)))

    def doors(self) -> Iterator[tuple[str, str, int]]:
        yield from doors(self.city, self.services)

    def file(self, service: str) -> Path:
        return self.folder / f"{service}.jsonl"

    def _before(self, service: str) -> Path:
        return self.folder / f"{service}.before.jsonl"


def doors(city: City, services: Iterable[str]) -> Iterator[tuple[str, str, int]]:
    """Of those among these services that take marks of residents: each with its name and port."""
    for name in services:
        service = city.service(name)
        if service.workload and takes_writes(service):
            yield name, f"{service.workload.dns_name}.{city.dns_zone}", service.workload.port


def let_end(files: Sequence[Path]) -> None:
    """Whoever writes marks into them, of whatever process, is told to end; returns once nobody writes, or gives up."""
    for file in files:
        stop_file(file).touch()
    until = time.monotonic() + _ENDS_WITHIN_S
    while any(writes(file) for file in files) and time.monotonic() < until:
        time.sleep(0.05)


@dataclass(frozen=True, slots=True, kw_only=True)
class Marking:
    """What the marks of one drill show, with those that stood before it. `opened` is when the drill began, `since` when
    the drill before it was over: what that lost is not lost again."""

    own: Marks
    standing: Marks
    opened: datetime
    since: datetime | None

    def begin(self) -> None:
        self.own.begin()

    def measured(self, by: str) -> Iterator[Measured]:
        """End the drill's own marks, and say what all showed. What nobody can tell is None."""
        self.own.end()
        for service, fqdn, port in self.own.doors():
            if self.own.file(service).exists():
                yield self._measured(by, service, fqdn, port)

    def _tries(self, service: str) -> list[Try]:
        begin = max(self.opened - _REMEMBERED, self.since or datetime.min.replace(tzinfo=UTC)).timestamp()
        found = (*self.standing.tries(service), *self.own.tries(service))
        return sorted((one for one in found if one.at >= begin), key=lambda one: one.at)

    def _measured(self, by: str, service: str, fqdn: str, port: int) -> Measured:
        tries = self._tries(service)
        down, lost = downtime(tries, self.opened.timestamp()), None
        how = f"a client on the street resolved {fqdn} and wrote, {len(tries)} times"
        if down is None:
            how += "; nobody saw the beginning or the end of the time that it was down"
        elif down.at_most:
            how += f"; down for {down.at_least.total_seconds():.1f} to {down.at_most.total_seconds():.1f} s"
        try:
            lost = loss(tries, self.own.street.tokens(fqdn, port))
        except AstyError as error:
            how += f"; what is kept could not be read ({error.problem})"
        return Measured(
            at=datetime.now(UTC),
            by=by,
            service=service,
            downtime_s=down.at_most.total_seconds() if down else None,
            acknowledged=lost.promised if lost else None,
            lost=lost.records if lost else None,
            lost_s=lost.span.total_seconds() if lost else None,
            how=how,
        )
