"""What the lab's network lets through, by real sockets between namespaces: rules, routers, floating addresses."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

import pytest

from lab.net import kernel
from lab.net.wanted import Direction, SecurityGroupRule
from tests.lab.net.city import ingress, pair
from tests.lab.net.world import (
    ARRIVES_S,
    SILENCE_S,
    World,
    arrives,
    connected,
    listening,
    reaches,
    talks,
    the_other_end,
)
from tests.waiting import until

pytestmark = pytest.mark.slow
HERE, THERE = "10.201", "10.202"


def ready(world: World, *spaces: str) -> None:
    """Bridges begin to forward a moment after their cables are plugged in; from then on a router refuses."""
    for space in spaces:
        there = space in {world.space(world.sites[1], port) for port in ("portal-1", "database")}
        until(partial(reaches, space, f"10.20{1 + there}.1.1", 1))


def test_a_rule_lets_in_what_it_names_and_nothing_else(world: World) -> None:
    dc = world.sites[0]
    portal, neighbour = world.space(dc, "portal-1"), world.space(dc, "neighbour")
    dc.group("portal", ingress("tcp", 443, prefix=f"{HERE}.1.0/24"))
    world.settle()
    ready(world, portal, neighbour)
    with listening(portal, 443), listening(portal, 80), listening(neighbour, 443):
        assert arrives(neighbour, f"{HERE}.1.9", 443)
        assert not reaches(neighbour, f"{HERE}.1.9", 80)
        assert not reaches(portal, f"{HERE}.1.20", 443), "the other direction has no rule"


def test_servers_of_one_group_do_not_reach_each_other_without_a_rule(world: World) -> None:
    dc = world.sites[0]
    one, other = world.space(dc, "portal-1"), world.space(dc, "portal-2")
    ready(world, one, other)
    with listening(other, 443):
        assert not reaches(one, f"{HERE}.1.10", 443)
        dc.group("portal", ingress("tcp", 443, group=dc.id("portal")))
        world.settle()
        assert arrives(one, f"{HERE}.1.10", 443)


def test_a_remote_group_is_its_members_wherever_they_stand(world: World) -> None:
    dc = world.sites[0]
    portal, neighbour, database = (world.space(dc, name) for name in ("portal-1", "neighbour", "database"))
    dc.group("database", ingress("tcp", 5432, group=dc.id("portal")))
    world.settle()
    ready(world, portal, neighbour, database)
    with listening(database, 5432):
        assert arrives(portal, f"{HERE}.2.9", 5432)
        assert not reaches(neighbour, f"{HERE}.2.9", 5432)
        dc.ports = [replace(p, security_groups=p.security_groups - {dc.id("portal")}) for p in dc.ports]
        world.settle()
        assert not reaches(portal, f"{HERE}.2.9", 5432)


def test_what_may_not_leave_does_not(world: World) -> None:
    dc = world.sites[0]
    portal, neighbour = world.space(dc, "portal-1"), world.space(dc, "neighbour")
    dc.group("portal", ingress("tcp"))
    dc.groups["neighbour"] = replace(
        dc.groups["neighbour"],
        rules=(SecurityGroupRule(direction=Direction.EGRESS, protocol="tcp", port_range_min=80, port_range_max=90),),
    )
    world.settle()
    ready(world, portal)
    with listening(portal, 85), listening(portal, 443):
        until(lambda: reaches(neighbour, f"{HERE}.1.9", 85))
        assert not reaches(neighbour, f"{HERE}.1.9", 443)


@pytest.mark.parametrize("side", ["ingress", "egress"])
def test_a_removed_rule_ends_what_it_let_in_and_a_rule_added_again_lets_it_go_on(world: World, side: str) -> None:
    dc = world.sites[0]
    portal, neighbour = world.space(dc, "portal-1"), world.space(dc, "neighbour")
    dc.group("portal", ingress("tcp", 443))
    world.settle()
    ready(world, portal, neighbour)
    kept = dict(dc.groups)
    with listening(portal, 443) as server, connected(neighbour, f"{HERE}.1.9", 443) as client:
        accepted, _ = server.accept()
        with accepted:
            assert talks(client, accepted) and talks(accepted, client)
            name = {"ingress": "portal", "egress": "neighbour"}[side]
            rules = tuple(rule for rule in kept[name].rules if rule.direction != side)
            dc.groups[name] = replace(kept[name], rules=rules)
            world.settle()
            assert not talks(client, accepted, b"one", SILENCE_S), "nothing is let in any more"
            assert not talks(accepted, client, b"two", SILENCE_S), "and nothing comes back"
            dc.groups = kept
            world.settle()
            accepted.settimeout(ARRIVES_S)
            client.settimeout(ARRIVES_S)
            assert (accepted.recv(3), client.recv(3)) == (b"one", b"two")


def test_a_rule_that_another_replaces_does_not_disturb_what_both_allow(world: World) -> None:
    dc = world.sites[0]
    portal, neighbour = world.space(dc, "portal-1"), world.space(dc, "neighbour")
    dc.group("portal", ingress("tcp", 443))
    world.settle()
    ready(world, portal, neighbour)
    with listening(portal, 443) as server, connected(neighbour, f"{HERE}.1.9", 443) as client:
        accepted, _ = server.accept()
        with accepted:
            dc.group("portal", ingress(None, prefix=f"{HERE}.0.0/16"))
            world.settle()
            assert talks(client, accepted) and talks(accepted, client)


def test_a_group_without_state_lets_no_answer_through_by_itself(world: World) -> None:
    dc = world.sites[0]
    portal, neighbour = world.space(dc, "portal-1"), world.space(dc, "neighbour")
    dc.group("portal", ingress("tcp"))
    dc.group("neighbour", stateful=False)
    world.settle()
    ready(world, portal)
    with listening(portal, 443):
        assert not reaches(neighbour, f"{HERE}.1.9", 443)
        dc.group("neighbour", ingress("tcp"), stateful=False)
        world.settle()
        until(lambda: reaches(neighbour, f"{HERE}.1.9", 443))


def test_without_port_security_everything_passes(world: World) -> None:
    dc = world.sites[0]
    portal, neighbour = world.space(dc, "portal-1"), world.space(dc, "neighbour")
    ready(world, portal, neighbour)
    with listening(portal, 22):
        assert not reaches(neighbour, f"{HERE}.1.9", 22)
        dc.ports = [
            replace(port, port_security_enabled=False) if port.device_id == dc.id("portal-1") else port
            for port in dc.ports
        ]
        world.settle()
        assert arrives(neighbour, f"{HERE}.1.9", 22)


def test_nobody_speaks_under_an_address_that_is_not_his_own(world: World) -> None:
    dc = world.sites[0]
    portal, neighbour = world.space(dc, "portal-1"), world.space(dc, "neighbour")
    dc.group("portal", ingress(None))
    world.settle()
    ready(world, portal, neighbour)
    world.give(neighbour, "address add 10.201.1.77/24 dev eth0", "route replace 10.201.1.9 dev eth0 src 10.201.1.77")
    with listening(portal, 443):
        assert not reaches(neighbour, f"{HERE}.1.9", 443)
        dc.ports = [
            replace(port, allowed_address_pairs=(pair("10.201.1.72/29", port),))
            if port.device_id == dc.id("neighbour")
            else port
            for port in dc.ports
        ]
        world.settle()
        until(lambda: reaches(neighbour, f"{HERE}.1.9", 443))


def test_nobody_speaks_under_a_mac_address_that_is_not_his_own(world: World) -> None:
    dc = world.sites[0]
    portal, neighbour = world.space(dc, "portal-1"), world.space(dc, "neighbour")
    dc.group("portal", ingress(None))
    world.settle()
    ready(world, portal, neighbour)
    with listening(portal, 443):
        assert arrives(neighbour, f"{HERE}.1.9", 443)
        world.give(neighbour, "link set dev eth0 address fa:16:00:00:00:99")
        assert not reaches(neighbour, f"{HERE}.1.9", 443)


def test_a_floating_address_leads_from_the_street_to_its_port_and_nothing_else_does(world: World) -> None:
    dc = world.sites[0]
    portal, street = world.space(dc, "portal-1"), world.place("street")
    dc.group("portal", ingress("tcp", 443))
    dc.float(f"{HERE}.0.200", f"{HERE}.1.9")
    world.settle()
    ready(world, portal)
    with listening(portal, 443) as server, listening(portal, 80):
        until(lambda: reaches(street, f"{HERE}.0.200", 443))
        assert not reaches(street, f"{HERE}.0.200", 80), "the port's rules hold for it"
        assert not reaches(street, f"{HERE}.1.9", 443), "nobody on the street knows the fixed address"
        with connected(street, f"{HERE}.0.200", 443) as client, the_other_end(server, client) as accepted:
            assert talks(client, accepted)
            dc.floating.clear()
            world.settle()
            assert not talks(client, accepted, patience_s=SILENCE_S), "what was open ends with the address"
        assert not reaches(street, f"{HERE}.0.200", 443)


def test_a_neighbour_is_reached_by_his_floating_address_too(world: World) -> None:
    dc = world.sites[0]
    portal, neighbour = world.space(dc, "portal-1"), world.space(dc, "neighbour")
    dc.group("portal", ingress("tcp", 443))
    dc.float(f"{HERE}.0.200", f"{HERE}.1.9")
    world.settle()
    ready(world, portal, neighbour)
    with listening(portal, 443):
        assert arrives(neighbour, f"{HERE}.0.200", 443)


def test_a_router_hides_who_goes_out_and_forwards_only_while_it_is_up(world: World) -> None:
    dc = world.sites[0]
    portal, database, street = world.space(dc, "portal-1"), world.space(dc, "database"), world.place("street")
    dc.group("database", ingress("tcp", 5432, prefix=f"{HERE}.1.0/24"))
    world.settle()
    ready(world, portal, database)
    away = str(world.params.backbone[13])
    with listening(database, 5432), listening(street, 8080) as outside:
        assert arrives(portal, f"{HERE}.2.9", 5432)
        with connected(portal, away, 8080) as client, the_other_end(outside, client) as accepted:
            assert accepted.getpeername()[0] == f"{HERE}.0.5"
        dc.routers = (replace(dc.routers[0], admin_state_up=False),)
        world.settle()
        assert not reaches(portal, f"{HERE}.2.9", 5432)


def test_the_sites_see_each_other_as_they_are_over_the_link(world: World) -> None:
    here, there = world.sites
    one, other = world.space(here, "database"), world.space(there, "database")
    there.group("database", ingress("tcp", 5432, prefix=f"{HERE}.2.0/24"))
    world.settle()
    ready(world, one, other)
    with listening(other, 5432) as server, connected(one, f"{THERE}.2.9", 5432) as client:
        with the_other_end(server, client) as accepted:
            assert accepted.getpeername()[0] == f"{HERE}.2.9"
        assert not reaches(world.space(here, "portal-1"), f"{THERE}.2.9", 5432)


def test_operators_reach_hosts_of_both_sites_from_the_management_network_and_so_does_the_machine(world: World) -> None:
    for site in world.sites:
        number = site.index + 201
        site.group("portal", ingress("tcp", 22, prefix=f"10.{number}.3.0/24"))
        world.settle()
        portal = world.space(site, "portal-1")
        ready(world, portal)
        with listening(portal, 22) as server, listening(portal, 80):
            for space in (world.place("operators"), ""):
                until(partial(reaches, space, f"10.{number}.1.9", 22))
                assert not reaches(space, f"10.{number}.1.9", 80)
            accepted, peer = server.accept()
            accepted.close()
            assert peer[0] == f"10.{number}.3.2"


def test_nobody_in_the_lab_reaches_the_machine(world: World) -> None:
    dc = world.sites[0]
    portal = world.space(dc, "portal-1")
    ready(world, portal)
    gate = str(world.params.backbone[1])
    with listening("", 26_439, gate):
        assert arrives(world.place("operators"), gate, 26_439)
        for space in (portal, world.place("street"), world.place("edge-1")):
            assert not reaches(space, gate, 26_439)


def test_a_port_that_is_switched_off_has_no_cable(world: World) -> None:
    dc = world.sites[0]
    portal, neighbour = world.space(dc, "portal-1"), world.space(dc, "neighbour")
    dc.group("portal", ingress("tcp"))
    world.settle()
    ready(world, portal, neighbour)
    assert arrives(neighbour, f"{HERE}.1.9", 443)
    dc.ports = [replace(p, admin_state_up=p.device_id != dc.id("portal-1")) for p in dc.ports]
    world.settle()
    assert not reaches(neighbour, f"{HERE}.1.9", 443)


def test_a_fixed_address_is_out_of_reach_of_the_street_even_for_those_who_know_the_way(world: World) -> None:
    dc = world.sites[0]
    portal, street = world.space(dc, "portal-1"), world.place("street")
    dc.group("portal", ingress(None))
    dc.float(f"{HERE}.0.200", f"{HERE}.1.9")
    world.settle()
    ready(world, portal)
    world.give(street, f"route add {HERE}.1.0/24 via {world.params.backbone[14]}")
    with listening(portal, 443):
        until(partial(reaches, street, f"{HERE}.0.200", 443))
        assert not reaches(street, f"{HERE}.1.9", 443)


def test_no_packet_of_the_street_reaches_the_machine_even_of_those_who_know_the_way(world: World) -> None:
    gate, street = str(world.params.backbone[1]), world.place("street")
    world.give(street, f"route add {gate} via {world.params.backbone[5]}")
    with datagrams(gate, 26_438) as heard:
        for space, comes in ((world.place("operators"), True), (street, False)):
            with kernel.inside(space), socket.socket(type=socket.SOCK_DGRAM) as sender:
                sender.sendto(space.encode(), (gate, 26_438))
            assert (heard(ARRIVES_S if comes else SILENCE_S) == space.encode()) is comes


@contextmanager
def datagrams(address: str, port: int) -> Iterator[Callable[[float], bytes]]:
    """What arrives at this address of the machine itself; nothing, where nothing does in time."""
    with socket.socket(type=socket.SOCK_DGRAM) as server:
        server.bind((address, port))

        def heard(patience_s: float) -> bytes:
            server.settimeout(patience_s)
            try:
                return server.recv(100)
            except TimeoutError:
                return b""

        yield heard


def test_an_error_that_belongs_to_what_was_let_through_comes_back(world: World) -> None:
    """ICMP's port unreachable, of which no rule speaks (RFC 1122, 4.1.3.1)."""
    dc = world.sites[0]
    portal, neighbour = world.space(dc, "portal-1"), world.space(dc, "neighbour")
    dc.group("portal", ingress("udp"))
    world.settle()
    ready(world, portal, neighbour)
    with kernel.inside(neighbour), socket.socket(type=socket.SOCK_DGRAM) as client:
        client.settimeout(ARRIVES_S)
        client.connect((f"{HERE}.1.9", 9))
        client.send(b"anybody?")
        with pytest.raises(ConnectionRefusedError):
            client.recv(1)
