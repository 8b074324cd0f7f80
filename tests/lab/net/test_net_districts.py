"""What hosts find in the districts: where it is, who comes there, and that questions and answers get through."""

import socket
import threading
import time
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Interface, ip_interface, ip_network
from pathlib import Path

import pytest

from lab.net import districts, names
from lab.net.backbone import inside, outside
from lab.net.districts import Carrier
from lab.net.layout import layout
from lab.net.machine import Machine
from lab.params import LabParams
from tests.lab.net.city import Site
from tests.lab.net.world import PARAMS

DEVICES = ("10.20.0.4", "10.20.0.5", "10.20.0.9")


@pytest.fixture
def machine() -> Machine:
    regions = [Site(0).region(), Site(1).region()]
    return layout(PARAMS, regions, (), districts=frozenset(IPv4Interface(f"{one}/32") for one in DEVICES))


def place(machine: Machine, name: str) -> set[tuple[str, str]]:
    """Its routes: where to, and by which link."""
    return {(str(route.to), route.link) for route in machine[names.place(PARAMS, name)].routes}


def test_each_site_reaches_the_declared_addresses_by_its_edge_and_the_street_does_not(machine: Machine) -> None:
    ways = {("10.20.0.4/31", "districts"), ("10.20.0.9/32", "districts")}
    assert place(machine, "edge-1") >= ways and place(machine, "edge-2") >= ways
    assert not {to for to, _ in place(machine, "street")} & {to for to, _ in ways}
    assert {str(one) for one in machine[names.place(PARAMS, "districts")].links["lo"].addresses} == {
        f"{one}/32" for one in DEVICES
    }


def test_answers_find_the_site_whose_router_asked_and_questions_the_hosts_of_either(machine: Machine) -> None:
    regions = [Site(0).region(), Site(1).region()]
    wanted = {
        (str(cidr), f"edge-{region.index + 1}") for region in regions for cidr in (*outside(region), *inside(region))
    }
    assert place(machine, "districts") == wanted


def test_nothing_but_snmp_comes_in_and_nothing_passes(machine: Machine) -> None:
    space = machine[names.place(PARAMS, "districts")]
    assert 'iifname "edge-*" udp dport 161 accept' in space.rules and "policy accept" not in space.rules
    assert not space.switches.get("ipv4/ip_forward")


def test_without_devices_there_are_no_districts() -> None:
    found = layout(PARAMS, [Site(0).region(), Site(1).region()], ())
    assert names.place(PARAMS, "districts") not in found
    assert "districts" not in found[names.place(PARAMS, "edge-1")].links
    assert ip_network("10.20.0.4/31") not in {route.to for route in found[names.place(PARAMS, "edge-1")].routes}


def test_what_is_declared_is_what_leads_there(tmp_path: Path) -> None:
    params = LabParams(name="t", root=tmp_path, base_port=17_000, base_address=IPv4Address("127.90.0.0"))
    assert districts.declared(params) == {} and districts.interfaces(params) == frozenset()
    districts.declare(params, {IPv4Address("10.20.0.4"): (IPv4Address("127.90.1.0"), 1161)})
    assert districts.declared(params) == {"10.20.0.4": ("127.90.1.0", 1161)}
    assert districts.interfaces(params) == {ip_interface("10.20.0.4/32")}


def answer(device: socket.socket) -> None:
    """With its own address before what it is asked, until it is told to end."""
    while (asked := device.recvfrom(100))[0] != b"end":
        device.sendto(device.getsockname()[0].encode() + asked[0], asked[1])


def carry(carrier: Carrier, over: threading.Event) -> None:
    while not over.is_set():
        carrier.carry(0.05)


def bound(address: str) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind((address, 0))
    return made


@pytest.fixture
def carried() -> Iterator[tuple[Carrier, int]]:
    """Two devices; the carrier works in a thread until the test is over."""
    with bound("127.92.7.1") as one, bound("127.92.7.2") as other, bound("") as door:
        leads = {"127.92.8.1": one.getsockname(), "127.92.8.2": other.getsockname()}
        carrier, over = Carrier(door, leads), threading.Event()
        threads = [threading.Thread(target=answer, args=(device,)) for device in (one, other)]
        threads.append(threading.Thread(target=carry, args=(carrier, over)))
        for thread in threads:
            thread.start()
        yield carrier, door.getsockname()[1]
        over.set()
        with bound("127.0.0.1") as ending:
            for device in (one, other):
                ending.sendto(b"end", device.getsockname())
        for thread in threads:
            thread.join(60)
        carrier.close()


def test_each_device_is_asked_at_its_declared_address_and_answers_from_there(carried: tuple[Carrier, int]) -> None:
    _, port = carried
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
        asker.settimeout(60)
        for number in (1, 2, 1):
            asker.sendto(b"?", (f"127.92.8.{number}", port))
            assert asker.recvfrom(100) == (f"127.92.7.{number}?".encode(), (f"127.92.8.{number}", port))


def test_an_address_of_no_device_is_silent_and_stops_nobody(carried: tuple[Carrier, int]) -> None:
    _, port = carried
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
        asker.settimeout(60)
        asker.sendto(b"?", ("127.92.8.3", port))
        asker.sendto(b"!", ("127.92.8.1", port))
        assert asker.recvfrom(100)[0] == b"127.92.7.1!"


def test_who_has_asked_nothing_for_a_while_is_forgotten(
    carried: tuple[Carrier, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    carrier, port = carried
    monkeypatch.setattr(districts, "_IDLE_S", 0.1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
        asker.settimeout(60)
        asker.sendto(b"?", ("127.92.8.1", port))
        asker.recvfrom(100)
    deadline = time.monotonic() + 120
    while carrier._lines:
        assert time.monotonic() < deadline
        time.sleep(0.02)
