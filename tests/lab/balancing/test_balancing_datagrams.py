"""Which member a datagram is for: rules as a function of what is declared, and datagrams that the kernel forwards."""

import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from lab import daemon
from lab.balancing import process
from lab.balancing.balancer import Balancer
from lab.balancing.datagrams import over, rules, serving
from lab.net.kernel import inside
from tests.lab.balancing.balancers import MONITOR, POOL, Raw, balancer, listener, member, monitor, pool
from tests.lab.balancing.world import CLIENTS, VIP, World, ip
from tests.waiting import until

A, B = "10.77.9.2", "10.77.9.3"
PORT = 5300
NAME = "00000001-0000-4000-8000-000000000000"


def declared(*members: Raw, revision: str = "r1", clients: tuple[str, ...] = (), **more: object) -> Raw:
    """One listener for datagrams before one pool of these members."""
    quick = monitor(type="UDP-CONNECT", delay_s=1, timeout_s=1, rise=1, fall=2)
    served = pool(*members, **{"protocol": "UDP", "monitor": quick, **more})
    front = listener(protocol="UDP", port=PORT, allowed_cidrs=list(clients))
    whole = balancer(front, pools=(served,), id=NAME, device=f"lb-{NAME}", addresses=[VIP])
    return {**whole, "revision": revision}


def at(name: str, address: str, **more: object) -> Raw:
    return member(name, address=address, port=PORT, **more)


def ways(raw: Raw, *ill: str) -> list[str]:
    """Where datagrams are sent, of the rules with those members ill."""
    one = Balancer.read(raw)
    return [line for line in rules(one, one.open, set(ill)).splitlines() if line.startswith("ip daddr")]


BOTH = (at("a", A), at("b", B))


@pytest.mark.parametrize(
    ("raw", "chosen"),
    [
        pytest.param(
            declared(*BOTH), f"numgen inc mod 2 map {{ 0-0 : {A} . 5300, 1-1 : {B} . 5300 }}", id="each in turn"
        ),
        pytest.param(
            declared(at("a", A, weight=20), at("b", B, weight=10)),
            f"numgen inc mod 3 map {{ 0-1 : {A} . 5300, 2-2 : {B} . 5300 }}",
            id="as often as the weight says",
        ),
        pytest.param(
            declared(at("a", A), at("b", B, weight=0)), f"numgen inc mod 1 map {{ 0-0 : {A} . 5300 }}", id="drained"
        ),
        pytest.param(
            declared(at("a", A, enabled=False), at("b", B)),
            f"numgen inc mod 1 map {{ 0-0 : {B} . 5300 }}",
            id="switched off",
        ),
        pytest.param(
            declared(*BOTH, algorithm="SOURCE_IP"),
            f"jhash ip saddr mod 2 map {{ 0-0 : {A} . 5300, 1-1 : {B} . 5300 }}",
            id="by the client",
        ),
        pytest.param(
            declared(*BOTH, persistence={"type": "SOURCE_IP"}),
            f"jhash ip saddr mod 2 map {{ 0-0 : {A} . 5300, 1-1 : {B} . 5300 }}",
            id="a client stays",
        ),
    ],
)
def test_new_conversations_are_shared_as_the_pool_declares(raw: Raw, chosen: str) -> None:
    assert ways(raw) == [f"ip daddr {VIP} udp dport 5300 dnat ip addr . port to {chosen}"]


def test_a_backup_serves_only_where_nobody_else_does_and_the_ill_never() -> None:
    read = Balancer.read(declared(at("a", A), at("b", B, backup=True)))
    assert [one.id for one in serving(read.pools[0], set())] == ["a"]
    assert [one.id for one in serving(read.pools[0], {"a"})] == ["b"]
    assert ways(declared(*BOTH), "a", "b") == [], "the client is told so, and nothing is swallowed"


def test_conversations_end_with_the_ill_and_not_with_those_who_drain() -> None:
    one = Balancer.read(declared(at("a", A), at("b", B, weight=0), at("c", CLIENTS, enabled=False)))
    assert over(one, {"a"}) == {(A, PORT), (CLIENTS, PORT)}


def test_a_listener_that_does_not_listen_or_has_no_pool_forwards_nothing() -> None:
    off = declared(*BOTH) | {"enabled": False}
    assert ways(off) == ways(declared(*BOTH, enabled=False)) == []


class Server:
    """Answers each datagram with its name, in the namespace of the clients; `silent` it takes them and says nothing."""

    def __init__(self, world: World, name: str, address: str, *, silent: bool = False) -> None:
        with suppress(Exception):
            ip("-n", world.client, "address", "add", f"{address}/24", "dev", "lb")
        with inside(world.client):
            self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self._socket.bind((address, PORT))
        self._name, self._silent = name.encode(), silent
        threading.Thread(target=self._serve, daemon=True).start()

    def die(self) -> None:
        """Its port is closed at once."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                said, client = self._socket.recvfrom(2048)
                if not said:
                    return
                if not self._silent and said == b"who":
                    self._socket.sendto(self._name, client)


@contextmanager
def client(world: World) -> Iterator[socket.socket]:
    with inside(world.client), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        made.bind((CLIENTS, 0))
        made.connect((VIP, PORT))
        made.settimeout(20)  # nobody here is silent: each answers, or the network says that nobody is there
        yield made


def told(one: socket.socket) -> str:
    """Who answers; empty where nobody does, and what the network says where it says something."""
    try:
        one.send(b"who")
        return one.recv(64).decode()
    except TimeoutError:
        return ""
    except ConnectionRefusedError:
        return "refused"


def asked(world: World) -> str:
    with client(world) as one:
        return told(one)


def standing(world: World, raw: Raw) -> Raw:
    world.declare(raw)
    world.declare(region=1)
    world.start()
    world.until_taken(raw)
    world.plug(raw)
    return raw


def is_(world: World, kind: str, one: str, status: str) -> None:
    until(lambda: world.told()[NAME]["statuses"][kind].get(one) == status, f"{kind} {one} {status}")


@pytest.mark.slow
def test_a_member_whose_port_is_closed_is_told_and_its_clients_come_to_another(world: World) -> None:
    standing(world, declared(*BOTH))
    Server(world, "a", A)
    b = Server(world, "b", B)
    is_(world, "loadbalancers", NAME, "ONLINE")
    assert {asked(world) for _ in range(6)} == {"a", "b"}
    with client(world) as one, client(world) as other:
        known = {told(one): one, told(other): other}
        assert known.keys() == {"a", "b"}, "each in turn"
        assert [told(known["b"]) for _ in range(3)] == ["b"] * 3, "a conversation stays where it is"
        b.die()
        is_(world, "members", "b", "ERROR")
        is_(world, "pools", POOL, "DEGRADED")
        assert [told(known["b"]) for _ in range(3)] == ["a"] * 3, "it does not end in the dark"
    Server(world, "b", B)
    is_(world, "loadbalancers", NAME, "ONLINE")
    assert {asked(world) for _ in range(6)} == {"a", "b"}


@pytest.mark.slow
def test_a_member_that_has_no_power_is_missed_and_one_that_is_only_silent_is_not(world: World) -> None:
    standing(world, declared(*BOTH))
    Server(world, "a", A, silent=True)
    Server(world, "b", B)
    is_(world, "members", "b", "ONLINE")
    is_(world, "members", "a", "ONLINE")
    ip("-n", world.client, "address", "delete", f"{B}/24", "dev", "lb")
    is_(world, "members", "b", "ERROR")
    is_(world, "members", "a", "ONLINE")
    is_(world, "healthmonitors", MONITOR, "ONLINE")


@pytest.mark.slow
def test_who_drains_keeps_its_conversations_and_gets_no_new_ones(world: World) -> None:
    standing(world, declared(*BOTH))
    Server(world, "a", A), Server(world, "b", B)
    is_(world, "loadbalancers", NAME, "ONLINE")
    with client(world) as one, client(world) as other:
        known = {told(one): one, told(other): other}
        draining = declared(at("a", A), at("b", B, weight=0), revision="r2")
        world.declare(draining)
        world.until_taken(draining)
        is_(world, "members", "b", "DRAINING")
        assert {asked(world) for _ in range(6)} == {"a"}
        assert told(known["b"]) == "b"


@pytest.mark.slow
def test_a_client_is_told_at_once_where_nobody_is_well_or_where_he_may_not_come(world: World) -> None:
    raw = standing(world, declared(*BOTH, clients=("10.77.8.0/24", f"{CLIENTS}/32")))
    is_(world, "loadbalancers", NAME, "ERROR")
    assert asked(world) == "refused"
    Server(world, "a", A)
    is_(world, "loadbalancers", NAME, "DEGRADED")
    assert asked(world) == "a"
    closed = declared(*BOTH, clients=("10.77.8.0/24",), revision="r2")
    world.declare(closed)
    world.until_taken(closed)
    assert asked(world) == "refused"
    assert raw["id"] == closed["id"]


@pytest.mark.slow
def test_datagrams_pass_while_no_agent_runs_and_the_next_agent_takes_over(world: World) -> None:
    standing(world, declared(*BOTH))
    a, _ = Server(world, "a", A), Server(world, "b", B)
    is_(world, "loadbalancers", NAME, "ONLINE")
    os.kill(world.agent, signal.SIGKILL)
    until(lambda: daemon.find(process.AGENT.pid_file(world.params)) is None)
    assert {asked(world) for _ in range(6)} == {"a", "b"}
    a.die()
    world.start()
    is_(world, "members", "a", "ERROR")
    assert {asked(world) for _ in range(6)} == {"b"}
    gone = {**declared(*BOTH, revision="r2"), "listeners": []}
    world.declare(gone)
    world.until_taken(gone)
    assert asked(world) == "refused"
