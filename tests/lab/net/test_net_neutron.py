"""Neutron's tables, as a real region (2026.1) had them: three networks, a router, a port and its floating address."""

import json
from collections.abc import Callable
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest

from lab.net.neutron import region
from lab.net.wanted import AddressPair, Direction, FloatingIp, HostRoute, Port, SecurityGroupRule

RECORDED = Path(__file__).parent / "data" / "neutron_rows.json"
SERVER, GROUP = "494dad04-bbe4-41ad-aa93-638d4928db0c", "f921e54f-0049-4436-81b0-ad7e19e21501"
ROUTER = "bbd87b5d-e481-44fc-be65-b42c77ee37a8"
Rows = dict[str, list[dict[str, Any]]]


@pytest.fixture
def rows() -> Rows:
    found: Rows = json.loads(RECORDED.read_text())
    return found


def the_port(rows: Rows) -> Port:
    return next(port for port in region(0, rows).ports if port.id == SERVER)


def test_networks_have_their_subnets_tags_and_kind(rows: Rows) -> None:
    found = region(1, rows)
    assert found.index == 1
    public, application, management = found.networks
    assert (public.external, application.external) == (True, False)
    assert management.tags == {"city=example", "purpose=management"} and not application.tags
    assert public.mtu == 1450
    (subnet,) = application.subnets
    assert (str(subnet.cidr), str(subnet.gateway_ip)) == ("10.203.1.0/24", "10.203.1.1")
    assert subnet.pools == ((ip_address("10.203.1.192"), ip_address("10.203.1.254")),)


def test_a_port_has_its_device_addresses_pairs_and_groups(rows: Rows) -> None:
    port = the_port(rows)
    assert (port.mac_address, port.device_id[:8], port.security_groups) == (
        "fa:16:3e:fa:d6:d5",
        "a1111111",
        frozenset({GROUP}),
    )
    assert [str(one) for one in region(0, rows).interfaces(port)] == ["10.203.1.9/24"]
    assert port.allowed_address_pairs == (
        AddressPair(addresses=ip_network("10.203.1.8"), mac_address="fa:16:3e:fa:d6:d5"),
    )
    assert not port.trusted
    assert [one.trusted for one in region(0, rows).ports if one.device_id == ROUTER] == [True] * 3


def test_a_router_has_its_gateway_and_an_address_floats_to_a_port(rows: Rows) -> None:
    found = region(0, rows)
    (router,) = found.routers
    gateway = next(port for port in found.ports if port.id == router.gateway_port_id)
    assert str(gateway.fixed_ips[0].address) == "10.203.0.162"
    assert found.floating_ips == (
        FloatingIp(address=ip_address("10.203.0.242"), router_id=ROUTER, fixed_address=ip_address("10.203.1.9")),
    )


def test_a_group_has_its_rules(rows: Rows) -> None:
    group = next(group for group in region(0, rows).security_groups if group.id == GROUP)
    assert [rule for rule in group.rules if rule.direction == "ingress"] == [
        SecurityGroupRule(direction=Direction.INGRESS, protocol="tcp", port_range_min=443, port_range_max=443)
    ]
    assert len(group.rules) == 3


def _routes(rows: Rows) -> object:
    rows["subnet_routes"].append(
        {"subnet_id": rows["subnets"][1]["id"], "destination": "10.9.0.0/16", "nexthop": "10.203.1.7"}
    )
    return region(0, rows).networks[1].subnets[0].host_routes


def _router_routes(rows: Rows) -> object:
    rows["router_routes"].append({"router_id": ROUTER, "destination": "10.9.0.0/16", "nexthop": "10.203.1.7"})
    return region(0, rows).routers[0].routes


@pytest.mark.parametrize("told", [_routes, _router_routes])
def test_routes_are_those_that_somebody_declared(told: Callable[[Rows], object], rows: Rows) -> None:
    assert told(rows) == (HostRoute(destination=ip_network("10.9.0.0/16"), nexthop=ip_address("10.203.1.7")),)


def test_a_rule_may_name_an_address_group(rows: Rows) -> None:
    rows["rules"] = [{**rows["rules"][5], "remote_address_group_id": "ag"}]
    rows["address_groups"] = [{"address_group_id": "ag", "address": "10.7.0.0/16"}]
    assert region(0, rows).security_groups[1].rules[0].remote_addresses == (ip_network("10.7.0.0/16"),)


def test_a_rule_that_names_an_address_group_with_nobody_in_it_lets_nobody_in(rows: Rows) -> None:
    rows["rules"] = [{**rows["rules"][5], "remote_address_group_id": "ag"}]
    assert region(0, rows).security_groups[1].rules[0].remote_addresses == ()


def test_port_security_is_off_only_where_it_was_switched_off(rows: Rows) -> None:
    rows["port_security"] = [row for row in rows["port_security"] if row["port_id"] != SERVER]
    assert the_port(rows).port_security_enabled
    rows["port_security"].append({"port_id": SERVER, "port_security_enabled": 0})
    assert the_port(rows).trusted


def test_a_subnet_without_a_gateway_has_none(rows: Rows) -> None:
    rows["subnets"][1]["gateway_ip"] = None
    assert region(0, rows).networks[1].subnets[0].gateway_ip is None
