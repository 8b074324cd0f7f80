"""What was seen of one site through its APIs. A part that could not be asked is Unseen, never empty."""

from dataclasses import dataclass
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
    name: str
    vcpus: int
    ram_mb: int
    disk_gb: int


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
    network: str
    cidr: IPv4Network


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class SeenRule:
    """One rule that lets traffic pass; `remote` is a CIDR, `group:NAME`, or empty for everybody."""

    direction: str
    protocol: str
    ports: str
    remote: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenGroup:
    name: str
    rules: frozenset[SeenRule]


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenKey:
    """`public_key` without its comment."""

    name: str
    public_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenServer:
    """`service` is the city's id of the service that it belongs to, empty for none."""

    name: str
    service: str
    ready: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenVolume:
    name: str
    service: str
    size_gb: int
    ready: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenBalancer:
    name: str
    service: str
    ready: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenRecord:
    """A record set of one of the site's zones; both names end in a dot."""

    zone: str
    name: str
    kind: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenSite:
    """One site, each part as it was seen or Unseen."""

    site: str
    flavours: Part[SeenFlavour]
    images: Part[SeenImage]
    quotas: Part[SeenQuota]
    subnets: Part[SeenSubnet]
    groups: Part[SeenGroup]
    keys: Part[SeenKey]
    servers: Part[SeenServer]
    volumes: Part[SeenVolume]
    balancers: Part[SeenBalancer]
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


ASKED_OF = {
    "flavours": "Nova",
    "images": "Glance",
    "quotas": "Nova or Cinder",
    "subnets": "Neutron",
    "groups": "Neutron",
    "keys": "Nova",
    "servers": "Nova",
    "volumes": "Cinder",
    "balancers": "Octavia",
    "records": "Designate",
}
"""The service whose API shows a part."""
PARTS = tuple(ASKED_OF)


def unseen(site: str, reason: str) -> SeenSite:
    """A site of which nothing could be asked."""
    nothing = Unseen(reason=reason)
    return SeenSite(
        site=site,
        flavours=nothing,
        images=nothing,
        quotas=nothing,
        subnets=nothing,
        groups=nothing,
        keys=nothing,
        servers=nothing,
        volumes=nothing,
        balancers=nothing,
        records=nothing,
    )


def known(part: Part[T]) -> tuple[T, ...]:
    """What was seen of a part; nothing of one that was not: to conclude from absence, ask for Unseen first."""
    return () if isinstance(part, Unseen) else part
