"""A site as its own APIs show it, read through openstacksdk with credentials from a clouds.yaml."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path
from typing import Protocol, TypeVar

import openstack
from keystoneauth1.exceptions import ClientException, ConnectFailure, ConnectTimeout, Unauthorized
from openstack.config import OpenStackConfig
from openstack.connection import Connection
from openstack.exceptions import SDKException
from openstack.network.v2.security_group_rule import SecurityGroupRule

from drs import observed
from drs.observed import (
    Part,
    SeenBalancer,
    SeenFlavour,
    SeenGroup,
    SeenImage,
    SeenKey,
    SeenQuota,
    SeenRecord,
    SeenRule,
    SeenServer,
    SeenSite,
    SeenSubnet,
    SeenVolume,
    Unseen,
)

T = TypeVar("T")
_TIMEOUT_S = 20
_AT_ONCE = 4
_UNLIMITED = -1
_TAG = "service="


class SiteView(Protocol):
    """The eyes on one site."""

    def observe(self) -> SeenSite:
        """What is there now; parts that cannot be asked are Unseen. Raises nothing for a site that is gone."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenStackSite:
    """The site `site` of the city as the entry `cloud` of the file `clouds` reaches it."""

    site: str
    cloud: str
    clouds: Path

    def observe(self) -> SeenSite:
        try:
            connection = self._connect()
            connection.authorize()
        except (SDKException, ClientException) as error:
            return observed.unseen(self.site, _reason(error))
        with connection, ThreadPoolExecutor(_AT_ONCE) as pool:
            return _observe(self.site, connection, pool)

    def _connect(self) -> Connection:
        config = OpenStackConfig(config_files=[str(self.clouds)], load_envvars=False)
        return openstack.connection.Connection(config=config.get_one(cloud=self.cloud, api_timeout=_TIMEOUT_S))


def _observe(site: str, connection: Connection, pool: ThreadPoolExecutor) -> SeenSite:
    def ask(read: Callable[[Connection], Iterable[T]]) -> Callable[[], Part[T]]:
        return pool.submit(_guarded, read, connection).result

    flavours, images, quotas = ask(_flavours), ask(_images), ask(_quotas)
    subnets, groups, keys = ask(_subnets), ask(_groups), ask(_keys)
    servers, volumes = ask(_servers), ask(_volumes)
    balancers, records = ask(_balancers), ask(_records)
    return SeenSite(
        site=site,
        flavours=flavours(),
        images=images(),
        quotas=quotas(),
        subnets=subnets(),
        groups=groups(),
        keys=keys(),
        servers=servers(),
        volumes=volumes(),
        balancers=balancers(),
        records=records(),
    )


def _guarded(read: Callable[[Connection], Iterable[T]], connection: Connection) -> Part[T]:
    try:
        return tuple(read(connection))
    except (SDKException, ClientException) as error:
        return Unseen(reason=_reason(error))


def _reason(error: Exception) -> str:
    """Why a site could not be asked, in words for whoever has to mend it."""
    cause = error.__context__ if isinstance(error.__context__, ClientException) else error
    if isinstance(cause, Unauthorized):
        return "it refuses the user or the password"
    if isinstance(cause, ConnectTimeout):
        return f"it does not answer within {_TIMEOUT_S} s"
    if isinstance(cause, ConnectFailure):
        return "nothing listens at its address"
    return str(error).strip().partition("\n")[0] or type(error).__name__


def _flavours(connection: Connection) -> Iterable[SeenFlavour]:
    for flavour in connection.compute.flavors():
        yield SeenFlavour(name=flavour.name, vcpus=flavour.vcpus, ram_mb=flavour.ram, disk_gb=flavour.disk)


def _images(connection: Connection) -> Iterable[SeenImage]:
    for image in connection.image.images():
        yield SeenImage(
            name=image.name or "",
            active=image.status == "active",
            algorithm=image.hash_algo or "",
            digest=image.hash_value or "",
            sha256=(image.properties or {}).get("asty_sha256", ""),
        )


def _quotas(connection: Connection) -> Iterable[SeenQuota]:
    compute = connection.compute.get_limits().absolute
    yield _quota("cores", compute.total_cores, compute.total_cores_used)
    yield _quota("ram_mb", compute.total_ram, compute.total_ram_used)
    yield _quota("servers", compute.instances, compute.instances_used)
    storage = connection.block_storage.get_limits().absolute
    yield _quota("volumes", storage.max_total_volumes, storage.total_volumes_used)
    yield _quota("volume_gb", storage.max_total_volume_gigabytes, storage.total_gigabytes_used)


def _quota(resource: str, limit: int, used: int) -> SeenQuota:
    return SeenQuota(resource=resource, limit=None if limit == _UNLIMITED else limit, used=used)


def _subnets(connection: Connection) -> Iterable[SeenSubnet]:
    names = {network.id: network.name for network in connection.network.networks()}
    for subnet in connection.network.subnets(ip_version=4):
        yield SeenSubnet(network=names.get(subnet.network_id, ""), cidr=IPv4Network(subnet.cidr))


def _groups(connection: Connection) -> Iterable[SeenGroup]:
    groups = list(connection.network.security_groups(project_id=connection.current_project_id))
    names = {group.id: group.name for group in groups}
    rules: list[SecurityGroupRule] = list(connection.network.security_group_rules(ether_type="IPv4"))
    for group in groups:
        own = (rule for rule in rules if rule.security_group_id == group.id)
        yield SeenGroup(name=group.name, rules=frozenset(_rule(rule, names) for rule in own))


def _rule(rule: SecurityGroupRule, names: dict[str, str]) -> SeenRule:
    lowest, highest = rule.port_range_min, rule.port_range_max
    group = rule.remote_group_id
    return SeenRule(
        direction=rule.direction,
        protocol=rule.protocol or "any",
        ports="any" if lowest is None else str(lowest) if lowest == highest else f"{lowest}-{highest}",
        remote=f"group:{names.get(group, group)}" if group else rule.remote_ip_prefix or "",
    )


def _keys(connection: Connection) -> Iterable[SeenKey]:
    for key in connection.compute.keypairs():
        yield SeenKey(name=key.name, public_key=" ".join((key.public_key or "").split()[:2]))


def _servers(connection: Connection) -> Iterable[SeenServer]:
    for server in connection.compute.servers():
        service = (server.metadata or {}).get("service", "")
        yield SeenServer(name=server.name, service=service, ready=server.status == "ACTIVE")


def _volumes(connection: Connection) -> Iterable[SeenVolume]:
    for volume in connection.block_storage.volumes():
        yield SeenVolume(
            name=volume.name or "",
            service=(volume.metadata or {}).get("service", ""),
            size_gb=volume.size,
            ready=volume.status in {"available", "in-use"},
        )


def _balancers(connection: Connection) -> Iterable[SeenBalancer]:
    for balancer in connection.load_balancer.load_balancers():
        yield SeenBalancer(
            name=balancer.name,
            service=_service(balancer.tags or ()),
            ready=balancer.provisioning_status == "ACTIVE",
        )


def _records(connection: Connection) -> Iterable[SeenRecord]:
    for zone in connection.dns.zones():
        for record in connection.dns.recordsets(zone):
            yield SeenRecord(zone=zone.name, name=record.name, kind=record.type, values=tuple(sorted(record.records)))


def _service(tags: Iterable[str]) -> str:
    return next((tag.removeprefix(_TAG) for tag in tags if tag.startswith(_TAG)), "")
