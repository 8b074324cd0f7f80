"""What a drill costs residents, measured by one of them: marks that are written all the time while it goes on."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from city.errors import AstyError
from city.model.city import City
from drs.drill.entry import Measured
from drs.drill.plan import Plan
from drs.outside.marker import read, stop_file, writes
from drs.outside.measured import downtime, loss

EVERY_S = 0.2
_LONGEST_S = 24 * 3600.0
_ENDS_WITHIN_S = 15.0


class Marker(Protocol):
    """Someone who stands where residents do (asty.drill_street.Street)."""

    def mark(self, fqdn: str, port: int, file: Path, every_s: float, longest_s: float) -> None: ...

    def tokens(self, fqdn: str, port: int) -> frozenset[str]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Marking:
    """For each service of the plan with a database, whose name residents know. `folder` holds a file for each."""

    street: Marker
    folder: Path
    city: City
    plan: Plan

    def begin(self) -> None:
        """Let marks be written from now on, unless somebody does already: they outlive whoever conducts the drill."""
        for service, fqdn, port in self._services():
            self.folder.mkdir(mode=0o700, exist_ok=True)
            stop_file(self._file(service)).unlink(missing_ok=True)
            if not writes(self._file(service)):
                self.street.mark(fqdn, port, self._file(service), EVERY_S, _LONGEST_S)

    def measured(self, by: str) -> Iterator[Measured]:
        """End the writing, and say what it showed. What nobody can tell is None."""
        for service, fqdn, port in self._services():
            file = self._file(service)
            if file.exists():
                self._end(file)
                yield self._measured(by, service, fqdn, port)

    def _measured(self, by: str, service: str, fqdn: str, port: int) -> Measured:
        tries = read(self._file(service))
        how = f"a client on the street resolved {fqdn} and wrote every {EVERY_S:g} s, {len(tries)} times"
        down, lost = downtime(tries), None
        if down is None:
            how += "; its last write was not taken, so nobody knows for how long it is down"
        elif down.at_most:
            how += f"; down for {down.at_least.total_seconds():.1f} to {down.at_most.total_seconds():.1f} s"
        try:
            lost = loss(tries, self.street.tokens(fqdn, port))
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

    def _end(self, file: Path) -> None:
        stop_file(file).touch()
        until = time.monotonic() + _ENDS_WITHIN_S
        while writes(file) and time.monotonic() < until:
            time.sleep(0.05)

    def _services(self) -> Iterator[tuple[str, str, int]]:
        for name in dict.fromkeys(task.service for task in self.plan.tasks if task.service):
            service = self.city.service(name)
            if service.database and service.workload is not None:
                yield name, f"{service.workload.dns_name}.{self.city.dns_zone}", service.workload.port

    def _file(self, service: str) -> Path:
        return self.folder / f"{service}.jsonl"
