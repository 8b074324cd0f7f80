"""What Neutron shows."""

from collections.abc import Iterator
from ipaddress import IPv4Network

from openstack.connection import Connection
from openstack.network.v2.security_group_rule import SecurityGroupRule

from drs.observed import SeenFloatingAddress, SeenGroup, SeenPort, SeenRouter, SeenRule, SeenSubnet
from drs.reading.state import OFF, unless

_DEFAULT_EGRESS = {
    SeenRule(direction="egress", protocol="any", ports="any", remote="", family=family) for family in ("IPv4", "IPv6")
}
_OF_SERVERS = "compute:"
"""How the owner of a server's port begins; one without owner is ours; all others are Neutron's and Octavia's own."""


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
            trouble=OFF if not router.is_admin_state_up else unless(router.status, "ACTIVE"),
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


def floating(connection: Connection) -> Iterator[SeenFloatingAddress]:
    for address in connection.network.ips(project_id=connection.current_project_id):
        yield SeenFloatingAddress(
            address=address.floating_ip_address,
            leads_to=address.fixed_ip_address or "",
            trouble=unless(address.status, "ACTIVE", "DOWN"),
        )
