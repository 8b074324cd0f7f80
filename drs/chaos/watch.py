"""Somebody who looks all the time, while a drill goes on, whether two sites take writes of one service."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Event, Thread
from typing import Self

from city.model.places import SiteRole
from drs.chaos.arena import Arena

BOTH = (SiteRole.DATACENTRE, SiteRole.RECOVERY)


@dataclass(kw_only=True)
class Watch:
    """Two lead where one was seen to, then the other, then the first again: no one look shows both sites at once.

    `looks` counts what was seen of any database, `splits` holds a sentence for each time that two led.
    """

    arena: Arena
    services: Collection[str]
    pause_s: float
    looks: int = 0
    splits: list[str] = field(default_factory=list)
    _over: Event = field(default_factory=Event)
    _thread: Thread | None = None

    def __enter__(self) -> Self:
        self._thread = Thread(target=self._go_on, name="watch", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        if self._thread:
            self._thread.join()

    def _go_on(self) -> None:
        while not self._over.is_set():
            for service in self.services:
                self.look(service)
            self._over.wait(self.pause_s)

    def look(self, service: str) -> None:
        """Once at both sites, and again at the first where both seem to lead."""
        first, second = (self._leads(service, role) for role in BOTH)
        if first and second and self._leads(service, BOTH[0]):
            self.splits.append(f"both sites took writes of {service} at {datetime.now(UTC):%H:%M:%S} UTC")

    def _leads(self, service: str, role: SiteRole) -> bool | None:
        found = self.arena.writable(service, role)
        self.looks += found is not None
        return found
