"""A place from which services are asked, and this process as one."""

from dataclasses import dataclass, field
from typing import Protocol

from monitoring.probing.look import Ask, look
from monitoring.probing.probe import Found
from monitoring.probing.trip import Way


class Vantage(Protocol):
    """Asks services from where it stands."""

    async def look(self, ask: Ask) -> Found:
        """Never raises: what cannot be asked from here is Failure.NOT_ASKED. It takes no longer than the deadline of
        the ask, and a little."""
        ...

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Here:
    """This process, which sends as `way` says."""

    way: Way = field(default_factory=Way)

    async def look(self, ask: Ask) -> Found:
        return await look(ask, self.way)

    async def close(self) -> None:
        """Nothing is open between two looks."""
