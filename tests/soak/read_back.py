"""All that a project of a cloud holds, as values without ids: two worlds are equal where these are."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from openstack.connection import Connection

Held = dict[str, list[str]]
_ID = re.compile(r"[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}")
_NETWORKS_OWN = "network:"


def read_back(cloud: Connection) -> Held:
    """By kind, every thing with all of it that was declared; sorted, and what is there twice is told twice."""
    kinds = (_networks, _groups, _addresses, _servers, _offer, _volumes, _balancers, _names)
    found: Held = {}
    for kind in kinds:
        for name, value in kind(cloud):
            found.setdefault(name, []).append(_ID.sub("ID", repr(value)))
    return {name: sorted(values) for name, values in found.items()}


def _networks(cloud: Connection) -> Iterator[tuple[str, Any]]:
    names = {network.id: network.name for network in cloud.network.networks()}
    subnets = {subnet.id: subnet for subnet in cloud.network.subnets()}
    for network in cloud.network.networks():
        yield "network", (network.name, network.is_router_external, sorted(network.tags))
    for subnet in subnets.values():
        told = (subnet.name, names[subnet.network_id], subnet.cidr, subnet.gateway_ip, subnet.is_dhcp_enabled)
        yield "subnet", (*told, subnet.allocation_pools, sorted(subnet.tags))
    for router in cloud.network.routers():
        ports = cloud.network.ports(device_id=router.id, device_owner="network:router_interface")
        legs = sorted(subnets[fixed["subnet_id"]].name for port in ports for fixed in port.fixed_ips)
        gateway = names[router.external_gateway_info["network_id"]] if router.external_gateway_info else ""
        yield "router", (router.name, gateway, legs, sorted(router.tags))


def _groups(cloud: Connection) -> Iterator[tuple[str, Any]]:
    for group in cloud.network.security_groups(project_id=cloud.current_project_id):
        if group.name != "default":
            rules = cloud.network.security_group_rules(security_group_id=group.id)
            yield "group", (group.name, sorted(group.tags), sorted(map(_rule, rules)))


def _rule(rule: Any) -> tuple[str, ...]:  # noqa: ANN401 - openstacksdk's resources are untyped
    fields = ("direction", "ether_type", "protocol", "port_range_min", "port_range_max", "remote_ip_prefix")
    return tuple(str(getattr(rule, field)) for field in fields)


def _addresses(cloud: Connection) -> Iterator[tuple[str, Any]]:
    groups = {group.id: group.name for group in cloud.network.security_groups()}
    ports = {port.id: port for port in cloud.network.ports()}
    for port in ports.values():
        if not port.device_owner.startswith(_NETWORKS_OWN):
            fixed = [one["ip_address"] for one in port.fixed_ips]
            held = sorted(_ID.sub("ID", groups[group]) for group in port.security_group_ids)
            yield "port", (port.name, fixed, held, sorted(port.tags))
    for floating in cloud.network.ips():
        yield "floating address", (floating.fixed_ip_address, sorted(floating.tags))


def _servers(cloud: Connection) -> Iterator[tuple[str, Any]]:
    images = {image.id: _digest(image) for image in cloud.image.images()}
    for server in cloud.compute.servers(details=True):
        fixed = sorted(one["addr"] for ends in server.addresses.values() for one in ends)
        told = (server.name, server.status, server.flavor.name, images.get(server.image.id), server.key_name)
        yield "server", (*told, fixed, server.availability_zone, _sorted(server.metadata))
    for group in cloud.compute.server_groups():
        yield "server group", (group.name, group.policy or group.policies, len(group.member_ids))


def _offer(cloud: Connection) -> Iterator[tuple[str, Any]]:
    for flavour in cloud.compute.flavors(details=True):
        yield "flavour", (flavour.name, flavour.vcpus, flavour.ram, flavour.disk)
    for image in cloud.image.images():
        yield "image", (image.name, image.status, _digest(image))
    for key in cloud.compute.keypairs():
        yield "key", (key.name, key.fingerprint)


def _digest(image: Any) -> str:  # noqa: ANN401 - as above
    return str(image.properties.get("asty_sha256"))


def _volumes(cloud: Connection) -> Iterator[tuple[str, Any]]:
    servers = {server.id: server.name for server in cloud.compute.servers()}
    for volume in cloud.block_storage.volumes(details=True):
        there = sorted(servers.get(one["server_id"], "?") for one in volume.attachments)
        told = (volume.name, volume.size, volume.status, volume.availability_zone)
        yield "volume", (*told, _sorted(volume.metadata), there)


def _balancers(cloud: Connection) -> Iterator[tuple[str, Any]]:
    for balancer in cloud.load_balancer.load_balancers():
        yield "load balancer", (balancer.name, balancer.vip_address, balancer.provisioning_status, balancer.tags)
    for listener in cloud.load_balancer.listeners():
        clients = sorted(listener.allowed_cidrs or ())
        yield "listener", (listener.name, listener.protocol, listener.protocol_port, clients)
    for pool in cloud.load_balancer.pools():
        members = cloud.load_balancer.members(pool.id)
        listed = sorted((member.name, member.address, member.protocol_port) for member in members)
        yield "pool", (pool.name, pool.protocol, pool.lb_algorithm, listed)
    for monitor in cloud.load_balancer.health_monitors():
        yield "monitor", (monitor.name, monitor.type, monitor.delay, monitor.timeout, monitor.max_retries)


def _names(cloud: Connection) -> Iterator[tuple[str, Any]]:
    floating = {address.floating_ip_address for address in cloud.network.ips()}
    for zone in cloud.dns.zones():
        yield "zone", (zone.name, zone.email, zone.ttl, zone.description, zone.status)
        for record in cloud.dns.recordsets(zone.id):
            if record.type not in {"SOA", "NS"}:
                values = ["floating" if value in floating else value for value in record.records]
                yield "record", (record.name, record.type, record.ttl, values)


def _sorted(metadata: Mapping[str, str]) -> list[tuple[str, str]]:
    return sorted(metadata.items())
