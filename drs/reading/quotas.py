"""What each of the four services still allows the project."""

from collections.abc import Iterator
from contextlib import suppress

from openstack.connection import Connection
from openstack.exceptions import ForbiddenException

from drs.observed import SeenQuota

_UNLIMITED = -1


def quotas(connection: Connection) -> Iterator[SeenQuota]:
    compute = connection.compute.get_limits().absolute
    yield _quota("cores", compute.total_cores, compute.total_cores_used)
    yield _quota("ram_mb", compute.total_ram, compute.total_ram_used)
    yield _quota("servers", compute.instances, compute.instances_used)
    yield _quota("server_groups", compute.server_groups, compute.server_groups_used)
    yield _quota("server_group_members", compute.server_group_members, 0)
    storage = connection.block_storage.get_limits().absolute
    yield _quota("volumes", storage.max_total_volumes, storage.total_volumes_used)
    yield _quota("volume_gb", storage.max_total_volume_gigabytes, storage.total_gigabytes_used)
    project = connection.current_project_id or ""
    with suppress(ForbiddenException):
        yield _quota("gb_of_one_volume", connection.block_storage.get_quota_set(project).per_volume_gigabytes, 0)
    network = connection.network.get_quota(project, details=True)
    for resource in ("floating_ips", "ports", "security_groups", "security_group_rules"):
        detail = getattr(network, resource)
        yield _quota(resource, detail["limit"], detail["used"] + detail.get("reserved", 0))
    balancing = connection.load_balancer.get_quota(project)
    yield _quota("load_balancers", balancing.load_balancers, sum(1 for _ in connection.load_balancer.load_balancers()))


def _quota(resource: str, limit: int | None, used: int) -> SeenQuota:
    return SeenQuota(resource=resource, limit=None if limit in {None, _UNLIMITED} else limit, used=used)
