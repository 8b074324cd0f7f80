"""Servers that watch or show the city are told by the drill that opens them what the city is, as by `asty tell`."""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from asty.telling import Teller, services
from city.errors import Failed, NeedsPerson
from city.outcome import Status
from infra.hosts.host import Host
from infra.hosts.of_cloud import Unreached

_AGAIN_S = 2.0
_ABSENT = "its cloud shows no such server of the service"
_NOTHING = "nobody told it anything yet"


@dataclass(frozen=True, slots=True, kw_only=True)
class HostPosts:
    """`find` asks the site's cloud for the servers that say of themselves that they are of a service.

    A rehearsal's copy says no such thing and has another name, so nobody tells it anything. Without `teller` nothing
    runs behind the servers, and nobody is there to be told.
    """

    teller: Teller | None
    find: Callable[[str], Sequence[Host | Unreached]]
    patience_s: float = 500.0
    """For so long a server that just starts may let nobody in; the step that opens it has 900 s."""

    def tell(self, service: str, servers: Collection[str]) -> Mapping[str, str]:
        """Who was told is not asked again."""
        told, until = self._told(service), time.monotonic() + self.patience_s
        if told is None:
            return {}
        untold = self._why(service, servers, lambda host: _tell(told, service, host))
        while untold and time.monotonic() < until:
            time.sleep(_AGAIN_S)
            untold = self._why(service, untold, lambda host: _tell(told, service, host))
        return untold

    def untold(self, service: str, servers: Collection[str]) -> Mapping[str, str]:
        told = self._told(service)
        if told is None:
            return {}
        why = self._why(service, servers, lambda host: _knows(told, host))
        return {server: said for server, said in why.items() if said != _ABSENT}

    def _told(self, service: str) -> Teller | None:
        """Who tells hosts of that service; None where they are none that are told."""
        teller = self.teller
        return teller if teller and service in {one.id for one in services(teller.city)} else None

    def _why(self, service: str, servers: Collection[str], ask: Callable[[Host], str]) -> dict[str, str]:
        """What came of asking each, where that is not nothing."""
        found = self.find(service)
        lost = [one.reason for one in found if isinstance(one, Unreached) and one.lost]
        by_name = {one.name.partition(" ")[0]: one for one in found}
        said = {}
        for server in servers:
            one = by_name.get(server)
            if isinstance(one, Host):
                said[server] = ask(one)
            else:
                said[server] = one.reason if one else lost[0] if lost else _ABSENT
        return {server: why for server, why in said.items() if why}


def _tell(teller: Teller, service: str, host: Host) -> str:
    done = teller.tell(teller.city.service(service), host)
    return done.reason if done.status in {Status.FAILED, Status.UNKNOWN} else ""


def _knows(teller: Teller, host: Host) -> str:
    try:
        return "" if teller.knows(host) else _NOTHING
    except (Failed, NeedsPerson) as error:
        return error.problem
