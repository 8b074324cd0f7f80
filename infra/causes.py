"""Why a cloud did not make something: which quota is full, and what Nova says of a server that it gave up.

A provider's error often has neither. So the cloud is asked once more, after the failure.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace

from keystoneauth1.exceptions import ClientException
from openstack.connection import Connection
from openstack.exceptions import SDKException

from city.errors import AstyError
from city.outcome import Outcome, Status

_ASKED_FOR = re.compile(r"quota|limit|exceed|'ERROR'|No valid host|\b40[39]\b|\b413\b|over.?quota", re.IGNORECASE)
"""Words of a failure that a quota may be behind. Nova's own check of it leaves a server in ERROR without a word."""
_INSTANCE = re.compile(r"Instance (\S+)$")
_NETWORK = {
    "floating_ips": "floating addresses",
    "networks": "networks",
    "ports": "ports",
    "routers": "routers",
    "security_groups": "security groups",
    "security_group_rules": "security group rules",
    "subnets": "subnets",
}
Quota = tuple[str, int, int]
"""What of, how much is used, how much may be."""


def explained(outcomes: Sequence[Outcome], look: Callable[[], Connection]) -> list[Outcome]:
    """The outcomes, each failure with what the cloud says of it; as they were where the cloud says nothing."""
    if not any(_is_asked_for(outcome) for outcome in outcomes):
        return list(outcomes)
    with suppress(AstyError, SDKException, ClientException), look() as cloud:
        full = "; ".join(
            f"quota of {what}: {used} of {most}" for what, used, most in quotas(cloud) if 0 <= most <= used
        )
        faults = dict(_faults(cloud, outcomes))
        return [_with(outcome, faults.get(_server(outcome), ""), full) for outcome in outcomes]
    return list(outcomes)


def quotas(cloud: Connection) -> Iterator[Quota]:
    """Every quota of the project with its use; a service that does not answer names none. -1 is without limit."""
    for ask in (_compute, _storage, _network, _balancing):
        with suppress(SDKException, ClientException):
            yield from list(ask(cloud))


def _compute(cloud: Connection) -> Iterable[Quota]:
    told = cloud.compute.get_limits().absolute
    yield "servers", told.instances_used, told.instances
    yield "cores", told.total_cores_used, told.total_cores
    yield "memory in MB", told.total_ram_used, told.total_ram
    yield "server groups", told.server_groups_used, told.server_groups


def _storage(cloud: Connection) -> Iterable[Quota]:
    told = cloud.block_storage.get_limits().absolute
    yield "volumes", told.total_volumes_used, told.max_total_volumes
    yield "GB of volumes", told.total_gigabytes_used, told.max_total_volume_gigabytes


def _network(cloud: Connection) -> Iterable[Quota]:
    told = cloud.network.get_quota(str(cloud.current_project_id), details=True)
    for field, what in _NETWORK.items():
        if isinstance(detail := getattr(told, field), dict):
            yield what, detail["used"] + detail.get("reserved", 0), detail["limit"]


def _balancing(cloud: Connection) -> Iterable[Quota]:
    most = cloud.load_balancer.get_quota(str(cloud.current_project_id)).load_balancers
    yield "load balancers", sum(1 for _ in cloud.load_balancer.load_balancers()), -1 if most is None else most


def _is_asked_for(outcome: Outcome) -> bool:
    return outcome.status is Status.FAILED and bool(_ASKED_FOR.search(outcome.reason))


def _server(outcome: Outcome) -> str:
    found = _INSTANCE.search(outcome.subject)
    return found.group(1) if found and _is_asked_for(outcome) else ""


def _faults(cloud: Connection, outcomes: Sequence[Outcome]) -> Iterator[tuple[str, str]]:
    wanted = {_server(outcome) for outcome in outcomes} - {""}
    for server in cloud.compute.servers(details=True) if wanted else ():
        if server.name in wanted and isinstance(server.fault, dict):
            yield server.name, str(server.fault.get("message", "")).rstrip(".")


def _with(outcome: Outcome, fault: str, full: str) -> Outcome:
    if not _is_asked_for(outcome):
        return outcome
    told = [outcome.reason, *([f"Nova says: {fault}"] if fault and fault not in outcome.reason else []), full]
    return replace(outcome, reason="; ".join(filter(None, told)))
