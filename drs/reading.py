"""How each part of a site is read through openstacksdk, in the project that the credentials are for."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from ipaddress import IPv4Network

from openstack.connection import Connection
from openstack.load_balancer.v2.listener import Listener
from openstack.load_balancer.v2.member import Member
from openstack.network.v2.security_group_rule import SecurityGroupRule

from drs.observed import (
    SeenBalancer,
    SeenFlavour,
    SeenFloatingAddress,
    SeenGroup,
    SeenImage,
    SeenKey,
    SeenListener,
    SeenMember,
    SeenPort,
    SeenQuota,
    SeenRecord,
    SeenRouter,
    SeenRule,
    SeenServer,
    SeenSubnet,
    SeenVolume,
    SeenZone,
)

OFF = "off"
_UNLIMITED = -1
_TAG = "service="
_DEFAULT_EGRESS = {
    SeenRule(direction="egress", protocol="any", ports="any", remote="", family=family) for family in ("IPv4", "IPv6")
}
_OF_SERVERS = "compute:"
"""How the owner of a server's port begins; one without owner is ours; all others are Neutron's and Octavia's own."""
_HEALTHY_MEMBERS = {"ONLINE", "NO_MONITOR"}


def flavours(connection: Connection) -> Iterator[SeenFlavour]:
    for flavour in connection.compute.flavors():
        specs = tuple(sorted((key, str(value)) for key, value in (flavour.extra_specs or {}).items()))
        yield SeenFlavour(
            name=flavour.name, vcpus=flavour.vcpus, ram_mb=flavour.ram, disk_gb=flavour.disk, extra_specs=specs
        )


def images(connection: Connection) -> Iterator[SeenImage]:
    for image in connection.image.images():
        yield SeenImage(
            name=image.name or "",
            active=image.status == "active",
            algorithm=image.hash_algo or "",
            digest=image.hash_value or "",
            sha256=(image.properties or {}).get("asty_sha256", ""),
            disk_format=image.disk_format or "",
            min_disk_gb=image.min_disk or 0,
        )


def quotas(connection: Connection) -> Iterator[SeenQuota]:
    compute = connection.compute.get_limits().absolute
    yield _quota("cores", compute.total_cores, compute.total_cores_used)
    yield _quota("ram_mb", compute.total_ram, compute.total_ram_used)
    yield _quota("servers", compute.instances, compute.instances_used)
    yield _quota("server_groups", compute.server_groups, compute.server_groups_used)
    storage = connection.block_storage.get_limits().absolute
    yield _quota("volumes", storage.max_total_volumes, storage.total_volumes_used)
    yield _quota("volume_gb", storage.max_total_volume_gigabytes, storage.total_gigabytes_used)
    project = connection.current_project_id or ""
    network = connection.network.get_quota(project, details=True)
    for resource in ("floating_ips", "ports", "security_groups", "security_group_rules"):
        detail = getattr(network, resource)
        yield _quota(resource, detail["limit"], detail["used"] + detail.get("reserved", 0))
    balancing = connection.load_balancer.get_quota(project)
    yield _quota("load_balancers", balancing.load_balancers, sum(1 for _ in connection.load_balancer.load_balancers()))


def _quota(resource: str, limit: int | None, used: int) -> SeenQuota:
    return SeenQuota(resource=resource, limit=None if limit in {None, _UNLIMITED} else limit, used=used)


def subnets(connection: Connection) -> Iterator[SeenSubnet]:
    networks = {network.id: network for network in connection.network.networks()}
    for subnet in connection.network.subnets(ip_version=4):
        network = networks.get(subnet.network_id)
        yield SeenSubnet(
            network=network.name if network else "",
            cidr=IPv4Network(subnet.cidr),
            gateway=subnet.gateway_ip or "",
            trouble=OFF if network and not network.is_admin_state_up else "",
        )


def routers(connection: Connection) -> Iterator[SeenRouter]:
    cidrs = {subnet.id: IPv4Network(subnet.cidr) for subnet in connection.network.subnets(ip_version=4)}
    for router in connection.network.routers(project_id=connection.current_project_id):
        ports = connection.network.ports(device_id=router.id)
        fixed = (one for port in ports if "interface" in (port.device_owner or "") for one in port.fixed_ips)
        yield SeenRouter(
            name=router.name,
            uplink=bool(router.external_gateway_info),
            subnets=frozenset(cidrs[one["subnet_id"]] for one in fixed if one["subnet_id"] in cidrs),
            trouble=OFF if not router.is_admin_state_up else _unless(router.status, "ACTIVE"),
        )


def groups(connection: Connection) -> Iterator[SeenGroup]:
    found = list(connection.network.security_groups(project_id=connection.current_project_id))
    names = {group.id: group.name for group in found}
    rules = list(connection.network.security_group_rules())
    for group in found:
        own = frozenset(_rule(rule, names) for rule in rules if rule.security_group_id == group.id)
        yield SeenGroup(name=group.name, rules=own - _DEFAULT_EGRESS, egress=own >= _DEFAULT_EGRESS)


def _rule(rule: SecurityGroupRule, names: dict[str, str]) -> SeenRule:
    lowest, highest = rule.port_range_min, rule.port_range_max
    group, addresses = rule.remote_group_id, rule.remote_address_group_id
    remote = rule.remote_ip_prefix or ""
    if group or addresses:
        remote = f"group:{names.get(group, group)}" if group else f"address-group:{addresses}"
    return SeenRule(
        direction=rule.direction,
        protocol=rule.protocol or "any",
        ports="any" if lowest is None else str(lowest) if lowest == highest else f"{lowest}-{highest}",
        remote=remote,
        family=rule.ether_type,
    )


def keys(connection: Connection) -> Iterator[SeenKey]:
    for key in connection.compute.keypairs():
        yield SeenKey(name=key.name, public_key=" ".join((key.public_key or "").split()[:2]))


def ports(connection: Connection) -> Iterator[SeenPort]:
    project = connection.current_project_id
    names = {group.id: group.name for group in connection.network.security_groups(project_id=project)}
    for port in connection.network.ports(project_id=project):
        owner = port.device_owner or ""
        if owner == "" or owner.startswith(_OF_SERVERS):
            yield SeenPort(
                name=port.name or "",
                device_id=port.device_id or "",
                addresses=tuple(fixed["ip_address"] for fixed in port.fixed_ips or ()),
                groups=frozenset(names.get(group, group) for group in port.security_group_ids or ()),
                guarded=bool(port.is_port_security_enabled) and not port.allowed_address_pairs,
                trouble="" if port.is_admin_state_up else OFF,
            )


def servers(connection: Connection) -> Iterator[SeenServer]:
    flavours: dict[str, str] = {flavour.id: flavour.name for flavour in connection.compute.flavors()}
    for server in connection.compute.servers():
        yield SeenServer(
            name=server.name,
            service=(server.metadata or {}).get("service", ""),
            ready=server.status == "ACTIVE",
            id=server.id,
            flavour=server.flavor.original_name or flavours.get(server.flavor.id, ""),
            trouble=_unless(server.status, "ACTIVE"),
        )


def volumes(connection: Connection) -> Iterator[SeenVolume]:
    copies = _copies(connection)
    for volume in connection.block_storage.volumes():
        copy_of, data_as_of = copies.get(volume.id, ("", None))
        yield SeenVolume(
            name=volume.name or "",
            service=(volume.metadata or {}).get("service", ""),
            size_gb=volume.size,
            ready=volume.status in {"available", "in-use"},
            attached_to=",".join(sorted(one["server_id"] for one in volume.attachments or ())),
            trouble=_unless(volume.status, "available", "in-use"),
            copy_of=copy_of,
            data_as_of=data_as_of,
        )


def _copies(connection: Connection) -> dict[str, tuple[str, datetime | None]]:
    """Whose data each volume holds and as of when, by the volume's id: the newest that its whole snapshots note.

    Not the volume's own properties: those are declared, and a plan would take away what it does not know.
    """
    found: dict[str, tuple[str, datetime | None]] = {}
    for snapshot in connection.block_storage.snapshots():
        properties = snapshot.metadata or {}
        noted = properties.get("copy_of", ""), _moment(properties.get("data_as_of", ""))
        if snapshot.status == "available" and noted[0]:
            found[snapshot.volume_id] = max(found.get(snapshot.volume_id, noted), noted, key=_age)
    return found


def _age(noted: tuple[str, datetime | None]) -> datetime:
    return noted[1] or datetime.min.replace(tzinfo=UTC)


def _moment(text: str) -> datetime | None:
    """None for what is no moment, or does not say in which time zone."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def balancers(connection: Connection) -> Iterator[SeenBalancer]:
    listeners = [(_ids(one.load_balancers), one) for one in connection.load_balancer.listeners()]
    for balancer in connection.load_balancer.load_balancers():
        own = [listener for ids, listener in listeners if balancer.id in ids]
        trouble = OFF if not balancer.is_admin_state_up else _unless(balancer.provisioning_status, "ACTIVE")
        yield SeenBalancer(
            name=balancer.name,
            service=_service(balancer.tags or ()),
            ready=balancer.provisioning_status == "ACTIVE",
            address=balancer.vip_address or "",
            listeners=tuple(_listener(connection, listener) for listener in own),
            trouble=trouble,
        )


def _ids(things: Iterable[dict[str, str]] | None) -> set[str]:
    return {thing["id"] for thing in things or ()}


def _listener(connection: Connection, listener: Listener) -> SeenListener:
    pool = listener.default_pool_id
    members = connection.load_balancer.members(pool) if pool else ()
    return SeenListener(
        protocol=listener.protocol,
        port=listener.protocol_port,
        clients=frozenset(IPv4Network(cidr) for cidr in listener.allowed_cidrs or ()),
        members=frozenset(_member(member) for member in members),
        trouble=OFF if not listener.is_admin_state_up else _unless(listener.provisioning_status, "ACTIVE"),
    )


def _member(member: Member) -> SeenMember:
    healthy = member.operating_status in _HEALTHY_MEMBERS
    trouble = OFF if not member.is_admin_state_up else "" if healthy else member.operating_status
    return SeenMember(address=member.address, port=member.protocol_port, trouble=trouble)


def floating(connection: Connection) -> Iterator[SeenFloatingAddress]:
    for address in connection.network.ips(project_id=connection.current_project_id):
        yield SeenFloatingAddress(
            address=address.floating_ip_address,
            leads_to=address.fixed_ip_address or "",
            trouble=_unless(address.status, "ACTIVE", "DOWN"),
        )


def zones(connection: Connection) -> Iterator[SeenZone]:
    for zone in connection.dns.zones():
        yield SeenZone(name=zone.name, trouble=_unless(zone.status, "ACTIVE", "PENDING"))


def records(connection: Connection) -> Iterator[SeenRecord]:
    for zone in connection.dns.zones():
        for record in connection.dns.recordsets(zone):
            yield SeenRecord(
                zone=zone.name,
                name=record.name,
                kind=record.type,
                values=tuple(sorted(record.records)),
                ttl_s=record.ttl,
                trouble=_unless(record.status, "ACTIVE", "PENDING"),
            )


def _unless(state: str | None, *healthy: str) -> str:
    """The state, where it is none of the healthy ones."""
    return "" if state in healthy else state or "an unknown state"


def _service(tags: Iterable[str]) -> str:
    return next((tag.removeprefix(_TAG) for tag in tags if tag.startswith(_TAG)), "")
