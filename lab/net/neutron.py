"""What ought to be, out of the rows of Neutron's own tables. Pure; `lab.net.tables` reads them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from ipaddress import ip_address, ip_network
from typing import Any

from lab.net.wanted import (
    MTU,
    AddressPair,
    Direction,
    Ethertype,
    FixedIp,
    FloatingIp,
    HostRoute,
    Network,
    Port,
    Region,
    Router,
    SecurityGroup,
    SecurityGroupRule,
    Subnet,
)

Rows = Mapping[str, Sequence[Mapping[str, Any]]]
"""A region's tables, as `lab.openstack.drivers.neutron_rows` names them."""


def region(index: int, rows: Rows) -> Region:
    """A region as its tables have it."""
    return Region(
        index=index,
        networks=_networks(rows),
        ports=_ports(rows),
        routers=_routers(rows),
        security_groups=_groups(rows),
        floating_ips=tuple(
            FloatingIp(
                address=ip_address(row["floating_ip_address"]),
                router_id=row["router_id"],
                fixed_address=ip_address(row["fixed_ip_address"]),
            )
            for row in rows["floating"]
            if row["router_id"] and row["fixed_ip_address"]
        ),
    )


def _by(rows: Sequence[Mapping[str, Any]], key: str) -> Mapping[Any, list[Mapping[str, Any]]]:
    found: dict[Any, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        found[row[key]].append(row)
    return found


def _networks(rows: Rows) -> tuple[Network, ...]:
    external = {row["network_id"] for row in rows["external"]}
    tags, subnets = _by(rows["tags"], "standard_attr_id"), _subnets(rows)
    return tuple(
        Network(
            id=row["id"],
            subnets=tuple(subnet for home, subnet in subnets if home == row["id"]),
            external=row["id"] in external,
            admin_state_up=bool(row["admin_state_up"]),
            mtu=row["mtu"] or MTU,
            tags=frozenset(tag["tag"] for tag in tags[row["standard_attr_id"]]),
        )
        for row in rows["networks"]
    )


def _subnets(rows: Rows) -> list[tuple[str, Subnet]]:
    """Each subnet, with the id of its network."""
    pools, routes = _by(rows["pools"], "subnet_id"), _by(rows["subnet_routes"], "subnet_id")
    return [
        (
            row["network_id"],
            Subnet(
                id=row["id"],
                cidr=ip_network(row["cidr"]),
                gateway_ip=ip_address(row["gateway_ip"]) if row["gateway_ip"] else None,
                pools=tuple(
                    sorted((ip_address(pool["first_ip"]), ip_address(pool["last_ip"])) for pool in pools[row["id"]])
                ),
                host_routes=_routes(routes[row["id"]]),
            ),
        )
        for row in rows["subnets"]
    ]


def _routes(rows: Sequence[Mapping[str, Any]]) -> tuple[HostRoute, ...]:
    return tuple(
        HostRoute(destination=ip_network(row["destination"]), nexthop=ip_address(row["nexthop"])) for row in rows
    )


def _ports(rows: Rows) -> tuple[Port, ...]:
    addresses, pairs = _by(rows["addresses"], "port_id"), _by(rows["pairs"], "port_id")
    groups = _by(rows["port_groups"], "port_id")
    unsecured = {row["port_id"] for row in rows["port_security"] if not row["port_security_enabled"]}
    return tuple(
        Port(
            id=row["id"],
            network_id=row["network_id"],
            mac_address=row["mac_address"],
            device_id=row["device_id"],
            device_owner=row["device_owner"],
            admin_state_up=bool(row["admin_state_up"]),
            port_security_enabled=row["id"] not in unsecured,
            fixed_ips=tuple(
                FixedIp(subnet_id=fixed["subnet_id"], address=ip_address(fixed["ip_address"]))
                for fixed in sorted(addresses[row["id"]], key=lambda fixed: str(fixed["ip_address"]))
            ),
            allowed_address_pairs=tuple(
                AddressPair(
                    addresses=ip_network(pair["ip_address"], strict=False),
                    mac_address=pair["mac_address"] or row["mac_address"],
                )
                for pair in pairs[row["id"]]
            ),
            security_groups=frozenset(group["security_group_id"] for group in groups[row["id"]]),
        )
        for row in rows["ports"]
    )


def _routers(rows: Rows) -> tuple[Router, ...]:
    routes = _by(rows["router_routes"], "router_id")
    return tuple(
        Router(
            id=row["id"],
            gateway_port_id=row["gw_port_id"],
            enable_snat=bool(row["enable_snat"]),
            admin_state_up=bool(row["admin_state_up"]),
            routes=_routes(routes[row["id"]]),
        )
        for row in rows["routers"]
    )


def _groups(rows: Rows) -> tuple[SecurityGroup, ...]:
    rules, addresses = _by(rows["rules"], "security_group_id"), _by(rows["address_groups"], "address_group_id")
    return tuple(
        SecurityGroup(
            id=row["id"],
            stateful=bool(row["stateful"]),
            rules=tuple(_rule(rule, addresses) for rule in rules[row["id"]]),
        )
        for row in rows["groups"]
    )


def _rule(row: Mapping[str, Any], addresses: Mapping[Any, list[Mapping[str, Any]]]) -> SecurityGroupRule:
    named = row["remote_address_group_id"]
    return SecurityGroupRule(
        direction=Direction(row["direction"]),
        ethertype=Ethertype(row["ethertype"]),
        protocol=row["protocol"],
        port_range_min=row["port_range_min"],
        port_range_max=row["port_range_max"],
        remote_ip_prefix=ip_network(row["remote_ip_prefix"], strict=False) if row["remote_ip_prefix"] else None,
        remote_group_id=row["remote_group_id"],
        remote_addresses=tuple(ip_network(one["address"], strict=False) for one in addresses[named]) if named else None,
    )
