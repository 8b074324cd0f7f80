"""What both Neutrons come to on this machine: which ranges are routed where, and which addresses are nobody's."""

from dataclasses import replace
from ipaddress import IPv4Network, ip_address, ip_interface, ip_network

import pytest

from lab.net import names
from lab.net.layout import layout
from lab.net.machine import EVERYWHERE, ROOT, End, LinkKind, Lookup, Namespace, Route
from lab.net.wanted import FixedIp, HostRoute, Region
from lab.net.weather import Way, Weather
from tests.lab.net.city import Site
from tests.lab.net.world import PARAMS


@pytest.fixture
def sites() -> tuple[Site, Site]:
    return Site(0), Site(1)


def regions(sites: tuple[Site, ...]) -> list[Region]:
    return [site.region() for site in sites]


def edge(sites: tuple[Site, ...], index: int = 0) -> set[Route]:
    return set(layout(PARAMS, regions(sites), ())[names.place(PARAMS, f"edge-{index + 1}")].routes)


def test_the_other_sites_ranges_are_reached_over_the_link_and_hide_nobody(sites: tuple[Site, Site]) -> None:
    over = {str(route.to) for route in edge(sites) if route.link == "wan"}
    assert over == {"10.202.1.0/24", "10.202.2.0/24", "10.202.3.0/24"}
    router = layout(PARAMS, regions(sites), ())[names.router(PARAMS, sites[0].id("router"))]
    assert "ip daddr { 10.202.1.0/24, 10.202.2.0/23 } ct status & dnat == 0 accept" in router.rules
    assert "snat to 10.201.0.5" in router.rules


def test_a_range_that_both_sites_have_is_reached_by_neither_from_the_other(sites: tuple[Site, Site]) -> None:
    here, there = sites
    there.networks[1] = replace(
        there.networks[1], subnets=(replace(there.networks[1].subnets[0], cidr=ip_network("10.201.1.0/24")),)
    )
    assert {str(route.to) for route in edge((here, there)) if route.link == "wan"} == {"10.202.2.0/24", "10.202.3.0/24"}


def test_a_router_without_snat_hides_nobody(sites: tuple[Site, Site]) -> None:
    here, _ = sites
    here.routers = (replace(here.routers[0], enable_snat=False),)
    rules = layout(PARAMS, regions(sites), ())[names.router(PARAMS, here.id("router"))].rules
    assert "snat to 10.201.0.5" not in rules


def test_a_router_without_a_gateway_translates_nothing_and_leads_nowhere(sites: tuple[Site, Site]) -> None:
    here, _ = sites
    here.routers = (replace(here.routers[0], gateway_port_id=None),)
    found = layout(PARAMS, regions(sites), ())[names.router(PARAMS, here.id("router"))]
    assert (found.rules, found.routes) == ("", frozenset())
    assert not [route for route in edge(sites) if str(route.to).startswith("10.201.")]


def test_a_routers_own_routes_go_by_the_port_that_the_neighbour_is_behind(sites: tuple[Site, Site]) -> None:
    here, _ = sites
    beyond = HostRoute(destination=ip_network("10.99.0.0/16"), nexthop=ip_address("10.201.2.77"))
    lost = HostRoute(destination=ip_network("10.98.0.0/16"), nexthop=ip_address("192.0.2.1"))
    here.routers = (replace(here.routers[0], routes=(beyond, lost)),)
    found = layout(PARAMS, regions(sites), ())[names.router(PARAMS, here.id("router"))].routes
    link = f"qr-{names.short(here.id('data-router'))}"
    assert Route(to=beyond.destination, via=beyond.nexthop, link=link) in found
    assert lost.destination not in {route.to for route in found}


def test_operators_take_the_first_address_that_neutron_hands_to_nobody(sites: tuple[Site, Site]) -> None:
    here, _ = sites
    here.port("host", "10.201.3.2")
    operators = layout(PARAMS, regions(sites), ())[names.place(PARAMS, "operators")]
    legs = {str(*link.addresses) for name, link in operators.links.items() if name.startswith("m-")}
    assert legs == {"10.201.3.3/24", "10.202.3.2/24"}


def test_a_probe_host_stands_in_its_own_sites_management_network_beside_the_operators(sites: tuple[Site, Site]) -> None:
    found = layout(PARAMS, regions(sites), ())
    for index, site in enumerate(("201", "202")):
        probe = found[names.place(PARAMS, f"probe-{index + 1}")]
        [leg] = [link for name, link in probe.links.items() if name.startswith("m-")]
        management = names.network(PARAMS, sites[index].id("management"))
        assert (leg.addresses, leg.peer) == (
            frozenset({ip_interface(f"10.{site}.3.3/24")}),
            End(namespace=management, link="probe"),
        )
        assert {(str(route.to), str(route.via)) for route in probe.routes} == {("0.0.0.0/0", f"10.{site}.3.1")}
        assert "chain input" in probe.rules and "policy drop" in probe.rules
        assert found[management].links["backbone"].peer != found[management].links["probe"].peer


def test_only_a_network_for_management_has_operators_in_it(sites: tuple[Site, Site]) -> None:
    for site in sites:
        site.networks[3] = replace(site.networks[3], tags=frozenset({"purpose=iot"}))
    operators = layout(PARAMS, regions(sites), ())[names.place(PARAMS, "operators")]
    assert not [name for name in operators.links if name.startswith("m-")]


def test_no_range_of_the_city_is_routed_by_the_machine_but_for_those_who_speak_from_the_gate(
    sites: tuple[Site, Site],
) -> None:
    """Whatever a city declares, such as 203.0.113.0/24: the machine may know it as somebody else's."""
    root = layout(PARAMS, regions(sites), ())[ROOT]
    gate = names.place(PARAMS, "gate")
    assert list(root.links) == [gate] and not root.ours
    assert root.routes == {Route(to=EVERYWHERE[4], via=PARAMS.backbone[2], link=gate, table=97_126)}
    assert root.lookups == {Lookup(source=PARAMS.backbone[1], table=97_126)}


def test_a_machine_that_routes_the_range_of_the_cables_is_not_joined(sites: tuple[Site, Site]) -> None:
    found = layout(PARAMS, regions(sites), (), [PARAMS.backbone])
    assert found[ROOT] == Namespace(ours=False)
    assert "gate" not in found[names.place(PARAMS, "operators")].links


def test_nothing_stands_for_a_device_that_nobody_made(sites: tuple[Site, Site]) -> None:
    here, _ = sites
    here.port("portal", "10.201.1.9")
    space = names.device(PARAMS, here.id("portal"))
    assert space not in layout(PARAMS, regions(sites), ())
    found = layout(PARAMS, regions(sites), [space])[space]
    assert (found.ours, found.links["eth0"].mac) == (False, "fa:16:0a:c9:01:09")


def test_a_device_has_the_routes_that_its_subnet_tells(sites: tuple[Site, Site]) -> None:
    here, _ = sites
    told = HostRoute(destination=ip_network("10.99.0.0/16"), nexthop=ip_address("10.201.1.7"))
    subnet = here.networks[1].subnets[0]
    here.networks[1] = replace(here.networks[1], subnets=(replace(subnet, host_routes=(told,)),))
    here.port("portal", "10.201.1.9")
    space = names.device(PARAMS, here.id("portal"))
    found = {(str(route.to), str(route.via)) for route in layout(PARAMS, regions(sites), [space])[space].routes}
    assert found == {("0.0.0.0/0", "10.201.1.1"), ("10.99.0.0/16", "10.201.1.7")}


def test_a_port_of_two_subnets_has_an_address_of_each(sites: tuple[Site, Site]) -> None:
    here, _ = sites
    port = here.port("portal", "10.201.1.9")
    second = FixedIp(subnet_id=here.networks[2].subnets[0].id, address=ip_address("10.201.2.9"))
    gone = FixedIp(subnet_id="gone", address=ip_address("10.9.9.9"))
    here.ports[-1] = replace(port, fixed_ips=(*port.fixed_ips, second, gone))
    space = names.device(PARAMS, here.id("portal"))
    link = layout(PARAMS, regions(sites), [space])[space].links["eth0"]
    assert link.addresses == {ip_interface("10.201.1.9/24"), ip_interface("10.201.2.9/24")}


def test_two_devices_whose_ids_begin_alike_are_never_plugged_into_one_namespace(sites: tuple[Site, Site]) -> None:
    here, there = sites
    here.port("portal", "10.201.1.9")
    there.port("portal", "10.202.1.9", device_id=here.id("portal"))
    space = names.device(PARAMS, here.id("portal"))
    found = layout(PARAMS, regions(sites), [space])
    assert [str(*link.addresses) for link in found[space].links.values()] == ["10.201.1.9/24"]
    application = found[names.network(PARAMS, there.id("application"))]
    assert space not in {link.peer.namespace for link in application.links.values() if link.peer}


@pytest.mark.parametrize(
    ("weather", "deaf", "kind"),
    [
        pytest.param(Weather(), set(), LinkKind.VETH, id="fair"),
        pytest.param(Weather(there=Way(cut=True)), {1}, LinkKind.VETH, id="nothing gets to the recovery site"),
        pytest.param(Weather(back=Way(cut=True)), {0}, LinkKind.VETH, id="nothing gets to the data centre"),
        pytest.param(Weather(back=Way(delay_s=0.1)), set(), LinkKind.TUN, id="one way is slow"),
    ],
)
def test_the_link_is_what_is_declared_of_it(
    sites: tuple[Site, Site], weather: Weather, deaf: set[int], kind: LinkKind
) -> None:
    found = layout(PARAMS, regions(sites), (), (), weather)
    edges = [found[names.place(PARAMS, f"edge-{index + 1}")] for index in (0, 1)]
    assert {index for index, one in enumerate(edges) if 'iifname "wan" drop' in one.rules} == deaf
    assert {one.links["wan"].kind for one in edges} == {kind}


def test_one_site_alone_has_no_link(sites: tuple[Site, Site]) -> None:
    found = layout(PARAMS, regions(sites[:1]), ())
    assert "wan" not in found[names.place(PARAMS, "edge-1")].links
    assert names.place(PARAMS, "edge-2") not in found


def test_what_an_edge_lets_in_from_the_street_is_its_own_public_range(sites: tuple[Site, Site]) -> None:
    rules = layout(PARAMS, regions(sites), ())[names.place(PARAMS, "edge-2")].rules
    assert 'iifname "street" ip daddr { 10.202.0.0/24 } accept' in rules
    assert IPv4Network("10.201.0.0/24") not in {route.to for route in edge(sites, 1) if route.link == "wan"}
