"""What a scan tries, and what it expects there: what the clouds have, held against what the city declares."""

import re
from ipaddress import IPv4Address, IPv4Network
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pytest
from keystoneauth1.exceptions import ConnectFailure

from asty import scanning
from asty.declared_sites import declaration
from city.model.city import City
from city.model.places import SiteRole
from infra.hosts.access import Access
from infra.hosts.scan import Target, Way
from infra.stacks import Program, Stack, stacks

SSH = Way(protocol="tcp", port=22, source=IPv4Network("10.1.3.0/24"))
ACCESS = Access(user="root")


def server(name: str, address: str, status: str = "ACTIVE", service: str = "") -> SimpleNamespace:
    there = {"application": [{"addr": address, "version": 4, "OS-EXT-IPS:type": "fixed"}]} if address else {}
    return SimpleNamespace(id=name, name=name, status=status, addresses=there, metadata={"service": service})


def cloud(*servers: SimpleNamespace, balancers: tuple[tuple[str, str], ...] = ()) -> Any:  # noqa: ANN401 - openstacksdk's
    made = Mock()
    made.compute.servers.side_effect = lambda name="": (one for one in servers if re.search(name, one.name))
    made.compute.get_server_console_output.return_value = {"output": ""}
    made.load_balancer.load_balancers.return_value = [
        SimpleNamespace(name=name, vip_address=address) for name, address in balancers
    ]
    made.network.ips.return_value = [
        SimpleNamespace(fixed_ip_address="10.1.1.8", floating_ip_address="10.1.0.228"),
        SimpleNamespace(fixed_ip_address=None, floating_ip_address="10.1.0.229"),
    ]
    return made


def tried(city: City, there: Any) -> dict[str, Target]:  # noqa: ANN401 - as above
    declared = declaration(city, SiteRole.DATACENTRE)
    return {one.name: one for one in scanning.targets(declared, "datacentre", there)}


def member(city: City, service: str) -> tuple[str, str]:
    """Name and address of the first one."""
    first = declaration(city, SiteRole.DATACENTRE).standing[service].members[0]
    return first.name, first.address


def test_a_declared_server_may_be_reached_as_its_service_and_its_site_say(example_city: City) -> None:
    name, address = member(example_city, "monitoring")
    found = tried(example_city, cloud(server(name, address)))[f"{name} (datacentre)"]
    assert found.address == IPv4Address(address)
    assert SSH in found.allowed
    assert {(way.protocol, way.port) for way in found.allowed} == {("tcp", 22), ("tcp", 9090)}


def test_the_host_of_a_database_may_be_reached_by_its_service_at_both_sites_and_at_its_own_port_alone(
    example_city: City,
) -> None:
    database = declaration(example_city, SiteRole.DATACENTRE).standing["portal"].database
    assert database is not None
    found = tried(example_city, cloud(server(database.name, database.address)))[f"{database.name} (datacentre)"]
    blocks = {way.source for way in found.allowed if way.port == 5432}
    assert IPv4Address(database.address) in set().union(*blocks) and len(blocks) == 2
    assert {(way.protocol, way.port) for way in found.allowed} == {("tcp", 22), ("tcp", 5432)}


def test_a_server_that_nobody_declared_may_be_reached_by_operators_alone(example_city: City) -> None:
    found = tried(example_city, cloud(server("somebodys", "10.1.1.99")))
    assert found["somebodys (datacentre)"].allowed == {SSH}


def test_a_server_that_is_off_or_has_no_address_is_not_tried(example_city: City) -> None:
    assert tried(example_city, cloud(server("off", "10.1.1.98", "SHUTOFF"), server("bare", ""))) == {}


def test_a_balancer_is_tried_at_its_own_and_at_its_public_address(example_city: City) -> None:
    there = cloud(balancers=(("portal", "10.1.1.8"), ("somebodys", "10.1.1.77")))
    found = tried(example_city, there)
    world = Way(protocol="tcp", port=443, source=IPv4Network("0.0.0.0/0"))
    own = found["balancer portal (datacentre)"]
    public = found["balancer portal (datacentre), 10.1.0.228"]
    assert world in own.allowed and own.allowed == public.allowed
    assert public.address == IPv4Address("10.1.0.228")
    assert found["balancer somebodys (datacentre)"].allowed == frozenset()


def the_stack(city: City) -> Stack:
    return next(one for one in stacks(city) if one.program is Program.WORKLOADS)


def test_a_site_whose_cloud_does_not_answer_is_unknown(example_city: City) -> None:
    found = scanning.ground(example_city, the_stack(example_city), Mock(side_effect=ConnectFailure("lost")), ACCESS)
    assert found.targets == ()
    assert [(one.subject, one.status) for one in found.unseen] == [("datacentre", "unknown")]
    assert found.unseen[0].reason == "its cloud does not tell what it has: lost"


KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINWH/pOP2Ij7VlG5QDvUxJbytg7sGfPO5BSqdXQL1rhQ"
CONSOLE = f"-----BEGIN SSH HOST KEY KEYS-----\n{KEY} root@host\n-----END SSH HOST KEY KEYS-----\n"


@pytest.mark.parametrize(
    ("first_state", "spot"), [("ACTIVE", "portal-1 (datacentre)"), ("SHUTOFF", "portal-2 (datacentre)")]
)
def test_one_host_stands_for_each_network_and_one_that_is_off_for_none(
    example_city: City, first_state: str, spot: str
) -> None:
    there = cloud(
        server("portal-1", "10.1.1.9", first_state, "portal"),
        server("portal-2", "10.1.1.10", service="portal"),
        server("iot-platform-1", "10.1.4.9", service="iot-platform"),
    )
    there.compute.get_server_console_output.return_value = {"output": CONSOLE}
    found = scanning.ground(example_city, the_stack(example_city), lambda: there, ACCESS)
    assert [one.name for one in found.spots] == [spot, "iot-platform-1 (datacentre)"]
