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
    """What of one service stands at a site; without an entrance its members are their ports and volumes alone.

    `database` is the host of its database, which runs wherever anything of the service stands; it has a security
    group of its own name, with `database_rules`.
    """

    members: tuple[Member, ...]
    rules: frozenset[SeenRule]
    entrance: Entrance | None
    database: Member | None = None
    database_rules: frozenset[SeenRule] = frozenset()

    @property
    def machines(self) -> tuple[Member, ...]:
        """Its members and the host of its database: each has a port, and a volume where it keeps data."""
        return (*self.members, *([self.database] if self.database else []))

    @property
    def running(self) -> tuple[Member, ...]:
        """Those of its machines that are servers too."""
        return self.machines if self.entrance else self.machines[len(self.members) :]

    @property
    def servers(self) -> tuple[str, ...]:
        return tuple(member.name for member in self.running)

    @property
    def volumes(self) -> tuple[str, ...]:
        return tuple(member.volume for member in self.machines if member.volume)


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
        own = {service: standing.rules for service, standing in self.standing.items()}
        databases = {one.database.name: one.database_rules for one in self.standing.values() if one.database}
        return {**self.groups, **own, **databases}

    def serves(self, group: str) -> frozenset[str]:
        """The service whose security group this is, its own or that of its database."""
        named = (name for name, one in self.standing.items() if group in {name, one.database and one.database.name})
        return frozenset(named)


def in_the_cloud(city: City) -> dict[str, tuple[Service, Workload]]:
    """Services with a workload, by id: those that recovery is about."""
    return {service.id: (service, service.workload) for service in city.services if service.workload is not None}


def room(city: City, workload: Workload, full: Standing) -> dict[str, int]:
    """What all of a service takes of each quota."""
    flavour = next(flavour for flavour in city.platform.flavours if flavour.id == workload.flavour)
    servers, volumes = len(full.servers), len(full.volumes)
    groups = [full.rules, *([full.database_rules] if full.database else [])]
    return {
        "cores": servers * flavour.vcpus,
        "ram_mb": servers * flavour.ram_mb,
        "servers": servers,
        "server_groups": int(full.entrance is not None),
        "volumes": volumes,
        "volume_gb": sum(volume_gb(workload, full, name) for name in full.volumes),
        "ports": len(full.machines) + int(full.entrance is not None),
        "floating_ips": int(full.entrance is not None and full.entrance.floating),
        "security_groups": 1 + int(full.database is not None),
        "security_group_rules": sum(len(rules) + DEFAULT_RULES for rules in groups),
        "load_balancers": int(full.entrance is not None),
        "server_group_members": len(full.members),
        "gb_of_one_volume": max((volume_gb(workload, full, name) for name in full.volumes), default=0),
    }


def volume_gb(workload: Workload, standing: Standing, volume: str) -> int:
    """How large one of its volumes is declared to be: that of a database is never empty."""
    database = standing.database is not None and volume == standing.database.volume
    return max(workload.volume_gb, 1) if database else workload.volume_gb
