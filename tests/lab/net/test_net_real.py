"""Neutron's tables as a real region has them: what its API takes is what the network will be."""

from collections.abc import Iterator

import pytest
from openstack.connection import Connection

from lab.net.tables import Tables
from lab.net.wanted import Direction, SecurityGroupRule
from lab.openstack.environment import environment_folder
from lab.openstack.spec import RegionSpec
from tests.lab.openstack.test_openstack_contract import connect

pytestmark = pytest.mark.lab
Regions = tuple[RegionSpec, ...]


@pytest.fixture
def tables(regions: Regions) -> Iterator[Tables]:
    tables = Tables(environment_folder() / "bin" / "python", {spec.index: spec.socket for spec in regions})
    yield tables
    tables.close()


@pytest.fixture
def cloud(regions: Regions) -> Iterator[Connection]:
    with connect(regions[0]) as cloud:
        yield cloud


def test_what_the_api_takes_is_read_at_once_and_what_it_forgets_is_gone(tables: Tables, cloud: Connection) -> None:
    tables.ask()
    assert tables.whole
    network = cloud.network.create_network(name="read-by-the-agent")
    subnet = cloud.network.create_subnet(network_id=network.id, ip_version=4, cidr="10.77.0.0/24")
    group = cloud.network.create_security_group(name="read-by-the-agent")
    rule = cloud.network.create_security_group_rule(
        security_group_id=group.id, direction="ingress", protocol="tcp", port_range_min=443, port_range_max=443
    )
    port = cloud.network.create_port(network_id=network.id, security_group_ids=[group.id], device_id="some-device")
    try:
        tables.ask()
        (found,) = [one for one in tables.regions[0].ports if one.id == port.id]
        assert (found.mac_address, found.device_id) == (port.mac_address, "some-device")
        assert found.security_groups == {group.id} and not found.trusted
        assert [str(one.address) for one in found.fixed_ips] == [port.fixed_ips[0]["ip_address"]]
        wanted = SecurityGroupRule(direction=Direction.INGRESS, protocol="tcp", port_range_min=443, port_range_max=443)
        assert wanted in rules(tables, group.id)
        cloud.network.delete_security_group_rule(rule.id)
        while wanted in rules(tables, group.id):  # nobody asked: the reader sees it by itself
            assert tables.hear(120)
    finally:
        cloud.network.delete_port(port.id)
        cloud.network.delete_security_group(group.id)
        cloud.network.delete_subnet(subnet.id)
        cloud.network.delete_network(network.id)
    tables.ask()
    assert network.id not in {one.id for one in tables.regions[0].networks}


def rules(tables: Tables, group: str) -> tuple[SecurityGroupRule, ...]:
    (found,) = [one.rules for one in tables.regions[0].security_groups if one.id == group]
    return found
