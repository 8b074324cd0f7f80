"""What the city's declaration asks of a site: what would be seen there if all were as declared."""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network

from city.model.city import City
from city.model.services import Service, Workload
from drs.observed import SeenRule

DEFAULT_RULES = 2
"""Neutron puts two rules into each new group: whatever leaves may, by IPv4 and by IPv6."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """An instance of a service, its port of the same name with this address, and its data volume (empty for none)."""

    name: str
    address: str
    volume: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """What a service's balancer takes; every member gets its share of it on the same port."""

    protocol: str
    port: int
    clients: frozenset[IPv4Network]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrance:
    """How clients reach a service: its balancer at `address`; the world, by a `floating` address of the uplink."""

    address: str
    listeners: tuple[Listener, ...]
    floating: bool
    fqdn: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What of one service stands at a site; without an entrance its members are their ports and volumes alone."""

    members: tuple[Member, ...]
    rules: frozenset[SeenRule]
    entrance: Entrance | None

    @property
    def servers(self) -> tuple[str, ...]:
        return tuple(member.name for member in self.members) if self.entrance else ()

    @property
    def volumes(self) -> tuple[str, ...]:
        return tuple(member.volume for member in self.members if member.volume)


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteDeclaration:
    """`standing` is what stands there at all times, by service; `full` what would, were all of it brought there.

    `groups` are the site's own security groups with their rules; a service's group has the service's name and rules.
    """

    standing: Mapping[str, Standing]
    full: Mapping[str, Standing]
    groups: Mapping[str, frozenset[SeenRule]]
    gateways: Mapping[str, str]
    router: str
    key: str
    record_ttl_s: int

    @property
    def every_group(self) -> dict[str, frozenset[SeenRule]]:
        return {**self.groups, **{service: standing.rules for service, standing in self.standing.items()}}


def in_the_cloud(city: City) -> dict[str, tuple[Service, Workload]]:
    """Services with a workload, by id: those that recovery is about."""
    return {service.id: (service, service.workload) for service in city.services if service.workload is not None}


def room(city: City, workload: Workload, full: Standing) -> dict[str, int]:
    """What all of a service takes of each quota."""
    flavour = next(flavour for flavour in city.platform.flavours if flavour.id == workload.flavour)
    servers, volumes = len(full.servers), len(full.volumes)
    return {
        "cores": servers * flavour.vcpus,
        "ram_mb": servers * flavour.ram_mb,
        "servers": servers,
        "server_groups": int(servers > 0),
        "volumes": volumes,
        "volume_gb": volumes * workload.volume_gb,
        "ports": len(full.members) + int(full.entrance is not None),
        "floating_ips": int(full.entrance is not None and full.entrance.floating),
        "security_groups": 1,
        "security_group_rules": len(full.rules) + DEFAULT_RULES,
        "load_balancers": int(full.entrance is not None),
        "server_group_members": servers,
        "gb_of_one_volume": workload.volume_gb,
    }
