"""What a device in the districts asks the sites: by a socket with its own address, and only where a rule lets it."""

import socket
from collections.abc import Iterator
from functools import partial
from ipaddress import IPv4Address, ip_interface
from pathlib import Path
from unittest.mock import patch

import pytest

from lab.net import kernel
from lab.net.districts import _bound
from lab.net.way_out import SOCKET, Gate, opened
from tests.lab.net.city import ingress
from tests.lab.net.test_net_contract import ready
from tests.lab.net.world import World
from tests.waiting import until

DEVICE, PLACE = "10.20.0.4", IPv4Address("127.92.6.1")


def bound(address: str) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind((address, 0))
    return made


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / ("a folder with a name that is too long for the address of a socket " * 3)
    folder.mkdir()
    made = Gate(folder, lambda: {"127.92.8.1": (str(PLACE), 1161)}, bound)
    yield folder
    made.close()


def test_a_device_is_given_a_socket_of_its_declared_address(gate: Path) -> None:
    assert (gate / SOCKET).stat().st_mode & 0o777 == 0o600
    with opened(gate, PLACE) as line, bound("127.92.8.9") as asked:
        line.sendto(b"?", asked.getsockname())
        assert asked.recvfrom(10) == (b"?", line.getsockname())
        assert line.getsockname()[0] == "127.92.8.1"


def test_who_is_no_device_is_given_nothing_and_stops_nobody(gate: Path) -> None:
    for other in ("127.92.6.2", "127.92.8.1"):
        with pytest.raises(OSError, match="no way out"):
            opened(gate, IPv4Address(other))
    opened(gate, PLACE).close()


def test_where_nobody_keeps_the_gate_there_is_no_way_out(tmp_path: Path) -> None:
    with pytest.raises(OSError):  # noqa: PT011 - any: there is no file
        opened(tmp_path, PLACE)
    Gate(tmp_path, dict, bound).close()
    with pytest.raises(ConnectionRefusedError):
        opened(tmp_path, PLACE)


@pytest.mark.slow
def test_a_device_of_the_districts_asks_a_host_of_either_site_where_a_rule_lets_it(world: World) -> None:
    """Over UDP, under the address that the city declares; the street does not come the same way."""
    for site in world.sites:
        site.group("portal", ingress("udp", 1812, prefix=f"{DEVICE}/32"))
    with patch("lab.net.rounds.districts.interfaces", return_value=frozenset({ip_interface(f"{DEVICE}/32")})):
        world.settle()
        for site in world.sites:
            host, address = world.space(site, "portal-1"), f"10.{site.index + 201}.1.9"
            ready(world, host)
            until(partial(_is_asked, world.place("districts"), host, address, 1812))
            assert not _is_asked(world.place("districts"), host, address, 1813)
            assert not _is_asked(world.place("street"), host, address, 1812, source="")


def _is_asked(there: str, host: str, address: str, port: int, source: str = DEVICE) -> bool:
    """Whether a question arrives as the device's, and the answer comes back."""
    with kernel.inside(host):
        server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with server:
        server.bind(("", port))
        server.settimeout(0.4)
        if source:
            line = _bound(there, source)
        else:
            with kernel.inside(there):
                line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with line:
            line.settimeout(0.4)
            try:
                line.sendto(b"?", (address, port))
                asked, asker = server.recvfrom(10)
                server.sendto(asked + asker[0].encode(), asker)
                return line.recv(100) == b"?" + DEVICE.encode()
            except OSError:
                return False
