"""What was seen of one site through its APIs. A part that could not be asked is Unseen, never empty.

Where a thing has `trouble`, that is what its API calls the state in which it is of no use (ERROR, SHUTOFF, DOWN);
empty where there is none.
"""

from dataclasses import dataclass, fields
from datetime import datetime
from ipaddress import IPv4Network
from typing import TypeVar


@dataclass(frozen=True, slots=True, kw_only=True)
class Unseen:
    """Nobody knows what is there; `reason` says why."""

    reason: str


T = TypeVar("T")
Part = tuple[T, ...] | Unseen


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenFlavour:
    """`extra_specs` are what it asks of the host beyond its size, as key and value, sorted."""

    name: str
    vcpus: int
    ram_mb: int
    disk_gb: int
    extra_specs: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenImage:
    """`digest` is of the image's bytes by `algorithm` (Glance: sha512), empty where nobody computed it.

    `sha256` is what whoever uploaded it had verified, empty where nobody said.
    """

    name: str
    active: bool
    algorithm: str
    digest: str
    sha256: str = ""
    disk_format: str = ""
    min_disk_gb: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenQuota:
    """How much of one resource the project may have, and has. `limit` of None is without limit."""

    resource: str
    limit: int | None
    used: int

    @property
    def free(self) -> float:
        return float("inf") if self.limit is None else self.limit - self.used


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenSubnet:
    """`network` is the name of the network that it lies in, whose `trouble` it has."""

    network: str
    cidr: IPv4Network
    gateway: str = ""
    trouble: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenRouter:
    """`uplink` says that it has a gateway to the outside; `subnets` are the ranges with an interface on it."""

    name: str
    uplink: bool
    subnets: frozenset[IPv4Network]
    trouble: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class SeenRule:
    """One rule that lets traffic pass; `remote` is a CIDR, `group:NAME`, or empty for everybody."""

    direction: str
    protocol: str
    ports: str
    remote: str
    family: str = "IPv4"


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenGroup:
    """`egress` says that it has the rules for leaving that Neutron gives each new group; `rules` are all others."""

    name: str
    rules: frozenset[SeenRule]
    egress: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenKey:
    """`public_key` without its comment."""

    name: str
    public_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenPort:
    """`device_id` is of the server that it carries; `guarded` that its groups decide what passes (port security)."""

    name: str
    device_id: str
    addresses: tuple[str, ...]
    groups: frozenset[str]
    guarded: bool = True
    trouble: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenServer:
    """`service` is the city's id of the service that it belongs to, empty for none."""

    name: str
    service: str
    ready: bool
    id: str = ""
    flavour: str = ""
    trouble: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenVolume:
    """`attached_to` is the id of the server that has it.

    `copy_of` is SITE/VOLUME of the volume whose data was copied to it, `data_as_of` the moment as of which, both as
    whoever copied it noted at the snapshot taken after it; empty and None where nobody did: then nobody knows what
    the volume holds.
    """

    name: str
    service: str
    size_gb: int
    ready: bool
    attached_to: str = ""
    trouble: str = ""
    copy_of: str = ""
    data_as_of: datetime | None = None


CHANGING = "PENDING_UPDATE"
"""What Octavia calls a balancer or listener that is being changed, and serves meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class SeenMember:
    address: str
    port: int
    trouble: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenListener:
    """What a balancer takes on one port, from whom (`clients` of none: everybody), and the `members` it hands it to.

    By its `name` a person switches it on again; nothing is declared of it.
    """

    protocol: str
    port: int
    clients: frozenset[IPv4Network]
    members: frozenset[SeenMember]
    trouble: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenBalancer:
    name: str
    service: str
    ready: bool
    address: str = ""
    listeners: tuple[SeenListener, ...] = ()
    trouble: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenFloatingAddress:
    """An address of the uplink; `leads_to` is the address inside, empty for none."""

    address: str
    leads_to: str
    trouble: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenZone:
    """`name` ends in a dot."""

    name: str
    trouble: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenRecord:
    """A record set of one of the site's zones; both names end in a dot. `ttl_s` is None for the zone's own."""

    zone: str
    name: str
    kind: str
    values: tuple[str, ...]
    ttl_s: int | None = None
    trouble: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenSite:
    """One site, each part as it was seen or Unseen."""

    site: str
    flavours: Part[SeenFlavour]
    images: Part[SeenImage]
    quotas: Part[SeenQuota]
    subnets: Part[SeenSubnet]
    routers: Part[SeenRouter]
    groups: Part[SeenGroup]
    keys: Part[SeenKey]
    ports: Part[SeenPort]
    servers: Part[SeenServer]
    volumes: Part[SeenVolume]
    balancers: Part[SeenBalancer]
    floating: Part[SeenFloatingAddress]
    zones: Part[SeenZone]
    records: Part[SeenRecord]

    @property
    def unseen(self) -> dict[str, str]:
        """The reason by the name of each part that could not be asked."""
        parts = {name: getattr(self, name) for name in PARTS}
        return {name: part.reason for name, part in parts.items() if isinstance(part, Unseen)}

    @property
    def reachable(self) -> bool:
        """Whether at least one part answered."""
        return len(self.unseen) < len(PARTS)


PARTS = tuple(field.name for field in fields(SeenSite) if field.name != "site")
ASKED_OF = {
    "flavours": "Nova",
    "images": "Glance",
    "quotas": "Nova, Cinder, Neutron or Octavia",
    "subnets": "Neutron",
    "routers": "Neutron",
    "groups": "Neutron",
    "keys": "Nova",
    "ports": "Neutron",
    "servers": "Nova",
    "volumes": "Cinder",
    "balancers": "Octavia",
    "floating": "Neutron",
    "zones": "Designate",
    "records": "Designate",
}
"""The service whose API shows a part."""


def unseen(site: str, reason: str) -> SeenSite:
    """A site of which nothing could be asked."""
    return SeenSite(site=site, **dict.fromkeys(PARTS, Unseen(reason=reason)))


def known(part: Part[T]) -> tuple[T, ...]:
    """What was seen of a part; nothing of one that was not: to conclude from absence, ask for Unseen first."""
    return () if isinstance(part, Unseen) else part
