"""What a cloud lets a project have, and how much of it is used: asked of each service that counts."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from keystoneauth1.exceptions import ClientException
from openstack.connection import Connection
from openstack.exceptions import SDKException

_NETWORK = {
    "floating_ips": "floating addresses",
    "networks": "networks",
    "ports": "ports",
    "routers": "routers",
    "security_groups": "security groups",
    "security_group_rules": "security group rules",
    "subnets": "subnets",
}
_WITHOUT_LIMIT = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """Of `what` the project uses `used` and may have `most`; None is without limit.

    What is counted for each thing by itself, such as the GB of one volume, is used by none.
    """

    what: str
    used: int
    most: int | None

    @property
    def full(self) -> bool:
        return self.most is not None and self.most <= self.used


def quotas(cloud: Connection) -> Iterator[Quota]:
    """Every quota of the project, as far as each of its services answers, and lets us ask."""
    for ask in (_compute, _storage, _network, _balancing, _names):
        with suppress(SDKException, ClientException):
            for what, used, most in ask(cloud):
                yield Quota(what=what, used=used, most=_limit(most))


def _limit(most: int | None) -> int | None:
    return None if most is None or most <= _WITHOUT_LIMIT else most


_Told = Iterable[tuple[str, int, int | None]]
"""What of, how much is used, how much may be."""


def _compute(cloud: Connection) -> _Told:
    told = cloud.compute.get_limits().absolute
    yield "servers", told.instances_used, told.instances
    yield "cores", told.total_cores_used, told.total_cores
    yield "memory in MB", told.total_ram_used, told.total_ram
    yield "server groups", told.server_groups_used, told.server_groups
    yield "members of one server group", 0, told.server_group_members
    yield "key pairs", sum(1 for _ in cloud.compute.keypairs()), told.keypairs


def _storage(cloud: Connection) -> _Told:
    told = cloud.block_storage.get_limits().absolute
    yield "volumes", told.total_volumes_used, told.max_total_volumes
    yield "GB of volumes", told.total_gigabytes_used, told.max_total_volume_gigabytes
    yield "GB of one volume", 0, cloud.block_storage.get_quota_set(_project(cloud)).per_volume_gigabytes


def _network(cloud: Connection) -> _Told:
    told = cloud.network.get_quota(_project(cloud), details=True)
    for field, what in _NETWORK.items():
        if isinstance(detail := getattr(told, field), dict):
            yield what, detail["used"] + detail.get("reserved", 0), detail["limit"]


def _balancing(cloud: Connection) -> _Told:
    """Octavia tells limits alone: what is used is counted."""
    most = cloud.load_balancer.get_quota(_project(cloud))
    yield "load balancers", sum(1 for _ in cloud.load_balancer.load_balancers()), most.load_balancers
    pools = list(cloud.load_balancer.pools())
    yield "listeners", sum(1 for _ in cloud.load_balancer.listeners()), most.listeners
    yield "pools", len(pools), most.pools
    yield "health monitors", sum(1 for _ in cloud.load_balancer.health_monitors()), most.health_monitors
    yield "pool members", sum(len(pool.members or ()) for pool in pools), most.members


def _names(cloud: Connection) -> _Told:
    yield "zones", sum(1 for _ in cloud.dns.zones()), cloud.dns.get_quota(_project(cloud)).zones


def _project(cloud: Connection) -> str:
    return str(cloud.current_project_id)
