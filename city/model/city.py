"""The whole declaration, as one frozen value."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeVar
from zoneinfo import ZoneInfo

from city.geography import Boundary
from city.model.changes import Changes
from city.model.doubt import Doubt
from city.model.drilling import Drilling
from city.model.offer import CloudOffer
from city.model.places import ServicePoint, Site, SiteRole, Text
from city.model.probing import Probing
from city.model.promises import Promise
from city.model.residents import Population
from city.model.retention import Retention
from city.model.sensors import Sensor
from city.model.services import Service
from city.model.wired import Network, Purpose, Switch
from city.model.wireless import AccessPoint, Ssid

Device = AccessPoint | Switch


class _Named(Protocol):
    @property
    def id(self) -> str: ...


T = TypeVar("T", bound=_Named)


@dataclass(frozen=True, slots=True, kw_only=True)
class City:
    """Valid by construction: city.load makes it, or says every defect that keeps it from being made."""

    id: str
    name: Text
    sources_in: str
    """`el` or `en`: the language of what the data give in one alone, their sources and who approved them."""
    folder: Path
    fingerprint: str
    """Of the files that it was read from: two cities with one fingerprint were declared alike."""
    time_zone: ZoneInfo
    dns_zone: str
    """Ends in a dot."""
    ntp_servers: tuple[str, ...]
    syslog_server: str
    boundary: Boundary
    sites: tuple[Site, ...]
    networks: tuple[Network, ...]
    platform: CloudOffer
    services: tuple[Service, ...]
    ssids: tuple[Ssid, ...]
    switches: tuple[Switch, ...]
    access_points: tuple[AccessPoint, ...]
    sensors: tuple[Sensor, ...]
    service_points: tuple[ServicePoint, ...]
    population: Population
    retention: Retention = field(default_factory=Retention)
    observer: Doubt = field(default_factory=Doubt)
    changes: Changes = field(default_factory=Changes)
    probing: Probing = field(default_factory=Probing)
    drilling: Drilling = field(default_factory=Drilling)
    promises: tuple[Promise, ...]

    @property
    def devices(self) -> tuple[Device, ...]:
        """Everything in the street that has a management address: switches first, as they carry the rest."""
        return (*self.switches, *self.access_points)

    def device(self, device_id: str) -> Device:
        return _by_id(self.devices, device_id)

    def site(self, site_id: str) -> Site:
        return _by_id(self.sites, site_id)

    def site_of(self, role: SiteRole) -> Site:
        """The one site of this role: the data centre or the recovery site."""
        return next(site for site in self.sites if site.role is role)

    def service(self, service_id: str) -> Service:
        return _by_id(self.services, service_id)

    def networks_at(self, site_id: str) -> Iterator[Network]:
        return (network for network in self.networks if network.site == site_id)

    def network(self, site_id: str, purpose: Purpose) -> Network:
        return next(n for n in self.networks_at(site_id) if n.purpose is purpose)

    def promise(self, promise_id: str) -> Promise:
        return _by_id(self.promises, promise_id)


def _by_id(things: Iterable[T], wanted: str) -> T:
    for thing in things:
        if thing.id == wanted:
            return thing
    raise KeyError(wanted)
