"""What a workload at a site is made from: the service there, its addresses, and what the site's own stack offers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network

import pulumi

from infra.addresses import Block
from infra.flows import Opening
from infra.placement import Placed


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteOutputs:
    """What the site's own stack offers a workload: the ids under which its cloud knows them."""

    network: pulumi.Input[str]
    subnet: pulumi.Input[str]
    flavour: pulumi.Input[str]
    image: pulumi.Input[str]
    key_pair: pulumi.Input[str]
    management_group: pulumi.Input[str]
    uplink: pulumi.Input[str]
    zone: pulumi.Input[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkloadArgs:
    """`balancers` is the range that the load balancer's own addresses come from; `released` lifts the protection
    of its data volumes, `released_address` that of its address.

    `blocks` are the service's own at every site where anything of it stands, `databases` the addresses of the hosts of
    its database, the data centre's first. `volume_zones` says that block storage has the zones of the instances, so
    that a disk stands by its server.
    """

    city: str
    site: str
    placed: Placed
    block: Block
    blocks: tuple[IPv4Network, ...]
    databases: tuple[IPv4Address, ...]
    balancers: IPv4Network
    openings: tuple[Opening, ...]
    fqdn: str
    there: SiteOutputs
    released: bool
    released_address: bool
    volume_zones: bool
    roles: tuple[str, ...] = ()
    """What its members are; that of its database is no member."""
    files: Mapping[str, str] = field(default_factory=dict)
    """What its members are told of the copies of their files."""
    led_away: bool = False
    """Whether a drill has moved the service from here: its name and its database's port are the drill's."""

    @property
    def metadata(self) -> dict[str, str]:
        """What the cloud says of each server and volume of the service."""
        service = self.placed.service
        return {
            "service": service.id,
            "tier": str(int(service.tier)),
            "owner": service.owner,
            "site": self.site,
            "city": self.city,
            "stack": pulumi.get_stack(),
        }

    @property
    def tags(self) -> list[str]:
        return [f"{key}={value}" for key, value in self.metadata.items()]

    def told(self, roles: tuple[str, ...], port: int) -> dict[str, str]:
        """What a host reads of itself in its metadata: besides, what it is and where its service and its data are."""
        found = {**self.metadata, "port": str(port), "fqdn": self.fqdn.rstrip(".")}
        if roles:
            found["roles"] = ",".join(roles)
        if self.databases:
            found["database"] = self.placed.service.database
            found["database_hosts"] = ",".join(map(str, self.databases))
        return found

    @property
    def kept(self) -> dict[str, str]:
        """What the host of the database reads of the copies that it keeps: in seconds."""
        backup = self.placed.service.backup
        if backup is None:
            return {}
        every, keep = (str(int(one.total_seconds())) for one in (backup.every, backup.keep))
        return {"backup_every": every, "backup_keep": keep}
