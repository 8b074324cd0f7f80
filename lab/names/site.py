"""Names of one site: what its Designate holds is what its name server serves and its resolver finds, round after round.

Designate's process writes the zones that it holds, and learns here which serial of each is really served
(lab.openstack.drivers.exchange).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

from lab.names import knot, unbound
from lab.names.endpoint import Endpoint
from lab.names.keeper import Keeper
from lab.names.knot import Rights
from lab.names.servers import NameServer, Resolver
from lab.names.zone import is_name
from lab.openstack.drivers.exchange import Exchange

REFUSES = "refuses"
"""The file of a site's exchange that has its resolver refuse every question, while it is there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """`exchange` is the region's folder of names; `clients` are who may ask the resolver, which turns to `beyond`, the
    other site's name server, where its own gives no answer."""

    exchange: Path
    authority: Endpoint
    resolver: Endpoint
    rights: Rights
    clients: tuple[IPv4Network, ...]
    beyond: tuple[Endpoint, ...] = ()


class Site:
    """Not made before the region's folder is there."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self._exchange = Exchange(place.exchange)
        self._exchange.open()
        self.name_server = NameServer(place.exchange / "knot", place.authority)
        self.resolver = Resolver(place.exchange / "unbound", place.resolver)
        self._keeper = Keeper(self.name_server.folder / "zones", self.name_server.control, place.authority)
        self._zones: list[Mapping[str, Any]] | None = None
        self._refuses = False
        self._swept = False

    def round(self, *, whole: bool) -> None:
        """One look, and what it takes to make things as declared; a `whole` one asks the name server itself."""
        refuses = (self.place.exchange / REFUSES).exists()
        news = self._news() or refuses != self._refuses
        self._refuses = refuses
        if self._zones is None:
            return
        dead = not self.name_server.steady or not self.resolver.steady
        if news or dead or not self._swept or (whole and not all(map(self._keeper.serves, self._zones))):
            self._keep(self._zones)

    def stop(self) -> None:
        self.name_server.stop()
        self.resolver.stop()

    def _news(self) -> bool:
        wanted = self._exchange.wanted.read() if self._exchange.wanted.news() else None
        if wanted is not None:
            self._zones = wanted["zones"]
        return wanted is not None

    def _keep(self, zones: list[Mapping[str, Any]]) -> None:
        names = {str(zone["id"]): str(zone["name"]) for zone in zones if is_name(str(zone["name"]))}
        self._swept = self.name_server.steady
        if self._swept:
            for identity, name in self._keeper.known().items():
                if identity not in names:
                    self._keeper.forget(identity, name)
            self._keeper.sweep(names)
        place = self.place
        pairs = [(name, identity) for identity, name in names.items()]
        self.name_server.configure(knot.config(place.authority, pairs, place.rights))
        told = {str(zone["id"]): self._keeper.keep(zone) for zone in zones}
        authorities = (place.authority, *place.beyond)
        self.resolver.configure(
            unbound.config(place.resolver, authorities, names.values(), place.clients, refuses=self._refuses)
        )
        self._exchange.told.write({"zones": told})
