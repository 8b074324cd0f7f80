"""The hosts of a service at a site, looked for at its cloud once: the cloud may be gone later, and they be there."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Lock

from city.errors import Failed
from infra.hosts.host import Host
from infra.hosts.of_cloud import Unreached


@dataclass(slots=True, kw_only=True)
class ServiceHosts:
    """`ask` has the cloud tell all of them; `database` is the name of the one with the service's database. Each step of
    a drill asks here, several at once, and one answer serves them all."""

    site: str
    database: str
    ask: Callable[[], Sequence[Host | Unreached]]
    _database: Host | None = None
    _members: Sequence[Host] = ()
    _turn: Lock = field(default_factory=Lock)

    def data(self) -> Host:
        """The one with the database. Raises Failed where it cannot be reached."""
        with self._turn:
            told = () if self._database else self._look()
            if self._database is None:
                raise Failed(f"{self.database} ({self.site})", self._why(told), "Look at its server.")
            return self._database

    def members(self) -> Sequence[Host | Unreached]:
        """All others; they are asked for anew until each can be reached."""
        with self._turn:
            return self._members or self._others(self._look())

    def _look(self) -> Sequence[Host | Unreached]:
        """One answer of the cloud tells both."""
        told = self.ask()
        data = (one for one in told if isinstance(one, Host) and one.name == self.database)
        self._database = self._database or next(data, None)
        others = self._others(told)
        reached = [one for one in others if isinstance(one, Host)]
        self._members = self._members or (reached if len(reached) == len(others) else ())
        return told

    def _others(self, told: Sequence[Host | Unreached]) -> list[Host | Unreached]:
        return [one for one in told if not one.name.startswith(self.database)]

    def _why(self, told: Sequence[Host | Unreached]) -> str:
        of_it = [one for one in told if isinstance(one, Unreached) and (one.lost or one.name.startswith(self.database))]
        return of_it[0].reason if of_it else "its cloud has no such server"
