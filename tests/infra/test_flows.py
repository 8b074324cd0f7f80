from collections.abc import Callable
from ipaddress import IPv4Network

import pytest

from city.model.city import City
from city.model.places import SiteRole
from city.model.services import Flow, Service
from infra.blocks import home
from infra.flows import gates, openings, past_the_balancer

MakeService = Callable[..., Service]
MakeCity = Callable[..., City]


@pytest.mark.parametrize(
    ("source", "role", "expected"),
    [
        pytest.param("world", SiteRole.DATACENTRE, ["0.0.0.0/0"], id="the world is everybody"),
        pytest.param(
            "service:portal", SiteRole.DATACENTRE, ["10.1.1.48/29"], id="a service is its block of addresses here"
        ),
        pytest.param("service:portal", SiteRole.RECOVERY, ["10.2.1.48/29"], id="and its block there"),
        pytest.param(
            "network:management",
            SiteRole.RECOVERY,
            ["10.2.3.0/24", "10.10.0.0/22", "10.11.0.0/22"],
            id="a purpose is this site's network and the districts', not the other site's",
        ),
    ],
)
def test_who_a_flow_lets_in(
    make_service: MakeService, make_city: MakeCity, source: str, role: SiteRole, expected: list[str]
) -> None:
    asking = make_service("gis", flows=(Flow(source=source, port=8080),))
    assert asking.workload is not None
    city = make_city(make_service("portal"), asking)
    found = openings(city, city.site_of(role), asking.workload)
    assert [str(opening.source) for opening in found] == expected


def test_an_opening_declared_twice_is_one(make_service: MakeService, make_city: MakeCity) -> None:
    service = make_service("gis", flows=(Flow(source="world", port=443),) * 2)
    assert service.workload is not None
    city = make_city(service)
    (opening,) = openings(city, city.site_of(SiteRole.DATACENTRE), service.workload)
    assert opening.label == "tcp-443-from-world"
    assert opening.world


def test_udp_and_tcp_of_one_port_are_two(make_service: MakeService, make_city: MakeCity) -> None:
    flows = (Flow(source="world", port=53, protocol="udp"), Flow(source="world", port=53))
    service = make_service("dns", flows=flows)
    assert service.workload is not None
    city = make_city(service)
    labels = {opening.label for opening in openings(city, city.site_of(SiteRole.DATACENTRE), service.workload)}
    assert labels == {"udp-53-from-world", "tcp-53-from-world"}


def test_who_manages_comes_to_the_port_of_the_name_by_the_balancer_and_to_others_past_it(
    make_service: MakeService, make_city: MakeCity
) -> None:
    """RADIUS is asked over UDP at the port by which the service is known, and told what was used at the next one."""
    source = "network:management"
    flows = (Flow(source=source, port=1812), *(Flow(source=source, port=n, protocol="udp") for n in (1812, 1813)))
    service = make_service("radius", flows=flows, port=1812)
    assert service.workload is not None
    city = make_city(service)
    opened = openings(city, city.site_of(SiteRole.DATACENTRE), service.workload)
    assert list(gates(opened, service.workload)) == [("tcp", 1812), ("udp", 1812)]
    assert {one.way for one in past_the_balancer(opened, service.workload)} == {("udp", 1813)}


def test_home_is_the_network_of_that_purpose(make_service: MakeService, make_city: MakeCity) -> None:
    service = make_service("registry", network="data")
    assert service.workload is not None
    city = make_city(service)
    assert home(city, city.site_of(SiteRole.RECOVERY), service.workload).cidr == IPv4Network("10.2.2.0/24")
