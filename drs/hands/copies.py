"""The hands on isolated copies of databases, which a rehearsal makes at the recovery site and takes away again."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from drs.postgres.rows import Rows
from drs.rehearsal.told import Told


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """What stands of the copy of one service. `network`, `data` and `server` say that these are whole and of use.

    `open_to` says by what the copy could reach anybody, empty where by nothing. `rows` are those of production, by
    table, before the copy was taken and after it. `left` names everything that any rehearsal made for the service.
    """

    network: bool = False
    open_to: str = ""
    data: bool = False
    rows: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    server: bool = False
    left: tuple[str, ...] = ()


class Copies(Protocol):
    """Those of one rehearsal. Each deed may be repeated. Everything raises Failed where the cloud does not answer or
    says no."""

    @property
    def begun(self) -> datetime:
        """When the rehearsal began."""
        ...

    def lacking(self, service: str) -> str:
        """Why the cloud has no room for a copy now, or nothing."""
        ...

    def standing(self, service: str) -> Copy: ...

    def isolate(self, service: str) -> None:
        """Have a network from which nothing leads anywhere. What earlier rehearsals left of the service goes first."""
        ...

    def take(self, service: str, count: Callable[[], Rows]) -> None:
        """Copy the data of its database's host; `count` tells production's rows, before that and after it."""
        ...

    def start(self, service: str) -> None:
        """Have a host with the copied data in that network."""
        ...

    def told(self, service: str) -> Told | None:
        """What the host said on its console of its promotion; None where it has not said anything yet."""
        ...

    def remove(self, service: str) -> None:
        """All that any rehearsal made for the service."""
        ...

    def stop(self, service: str) -> None:
        """Remove the host alone."""
        ...

    def forget(self, service: str) -> None:
        """Remove the copied data alone. The host that has them goes first."""
        ...
