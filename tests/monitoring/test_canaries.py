"""Who is near the observer, and whether it answers: on real sockets, and on networks of the test's own."""

import asyncio
import socket
import subprocess
import sys
from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from city.inventory import Endpoint, SnmpV2c
from city.model.doubt import Doubt
from city.secrets import SecretRef
from monitoring import canaries
from monitoring.canaries import ControlPlane, Hosts, routers

# Recorded from Linux 6.1: a default route, one through another router, and two at the machine's own links.
ROUTES = """Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t0100000A\t0003\t0\t0\t100\t00000000\t0\t0\t0
eth0\t0000000A\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0
eth1\t0010000A\t00000000\t0001\t0\t0\t0\t00F0FFFF\t0\t0\t0
eth1\t0000400A\tFE10000A\t0003\t0\t0\t0\t0000C0FF\t0\t0\t0
"""
HERE = IPv4Address("127.0.0.1")


@pytest.mark.parametrize(
    ("devices", "expected"),
    [
        pytest.param(["192.0.2.7"], ["10.0.0.1"], id="by the default route"),
        pytest.param(["10.64.3.7", "10.127.0.9"], ["10.0.16.254"], id="by the longest prefix, once"),
        pytest.param(["10.0.0.9", "10.0.20.1"], [], id="at our own link: no router"),
        pytest.param(["127.0.0.5"], [], id="on this machine"),
        pytest.param(["192.0.2.7", "10.64.0.1", "10.0.0.9"], ["10.0.0.1", "10.0.16.254"], id="by both"),
    ],
)
def test_the_gateways_are_the_next_hops_on_the_way_to_the_devices(devices: list[str], expected: list[str]) -> None:
    assert [str(hop) for hop in routers(map(IPv4Address, devices), ROUTES)] == expected


def test_without_a_table_of_routes_there_is_no_gateway() -> None:
    assert routers([IPv4Address("192.0.2.7")], "") == ()


async def test_who_echoes_answers() -> None:
    assert await Hosts(name="gateway", addresses=(HERE,)).answers() is True


async def test_who_may_not_send_an_echo_asks_a_closed_port(monkeypatch: pytest.MonkeyPatch) -> None:
    made = socket.socket

    def no_icmp(family: int, kind: int, protocol: int = 0) -> socket.socket:
        if protocol == socket.IPPROTO_ICMP:
            raise PermissionError(1, "Operation not permitted")
        return made(family, kind, protocol)

    monkeypatch.setattr(socket, "socket", no_icmp)
    assert canaries._echoes("127.0.0.1")


async def test_where_there_is_no_gateway_nobody_is_asked() -> None:
    assert await Hosts(name="gateway", addresses=()).answers() is None


@pytest.mark.slow
def test_who_cannot_be_reached_or_is_not_there_does_not_answer() -> None:
    """In a network of its own, where no route leads anywhere and the neighbour that is asked for does not exist."""
    asked = "from monitoring.canaries import _echoes; print(_echoes('192.0.2.1'), _echoes('10.9.0.2'))"
    made = (
        "ip link add near type veth peer name far && ip addr add 10.9.0.1/24 dev near"
        " && ip link set near up && ip link set far up"
    )
    command = ["/usr/bin/unshare", "--map-root-user", "--net", "/bin/sh", "-c", f'{made} && exec "$0" -c "$1"']
    ran = subprocess.run([*command, sys.executable, asked], capture_output=True, text=True, check=True, timeout=60)
    assert ran.stdout.split() == ["False", "False"]


def clouds(folder: Path, *ports: int) -> Path:
    text = "clouds:\n" + "".join(
        f"  site-{port}: {{auth: {{auth_url: 'http://127.0.0.1:{port}/v3', username: u, password: p}}}}\n"
        for port in ports
    )
    (folder / "clouds.yaml").write_text(text, encoding="utf-8")
    return folder / "clouds.yaml"


async def test_a_control_plane_whose_port_takes_a_connection_or_refuses_it_is_there(tmp_path: Path) -> None:
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    one = ControlPlane(clouds=clouds(tmp_path, port))
    assert await one.answers() is True
    server.close()
    await server.wait_closed()
    assert await one.answers() is True, "it is refused, by a host that is there"


async def test_one_cloud_that_is_there_is_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def only_the_second(_host: str, port: int) -> bool:
        return port == 2

    monkeypatch.setattr(canaries, "_is_there", only_the_second)
    assert await ControlPlane(clouds=clouds(tmp_path, 1, 2)).answers() is True
    assert await ControlPlane(clouds=clouds(tmp_path, 1)).answers() is False


@pytest.mark.parametrize(
    "text",
    [None, "", "clouds: {}", "clouds: [", "clouds: {one: {auth: {}}}", "clouds: {one: {auth: {auth_url: 'x:y'}}}"],
)
async def test_clouds_that_nobody_declared_are_not_asked(tmp_path: Path, text: str | None) -> None:
    file = tmp_path / "clouds.yaml"
    if text is not None:
        file.write_text(text, encoding="utf-8")
    assert await ControlPlane(clouds=file).answers() is None


async def test_a_port_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    async def for_ever(_host: str, _port: int) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(canaries, "PATIENCE_S", 0.01)
    monkeypatch.setattr(asyncio, "open_connection", for_ever)
    assert not await canaries._is_there("127.0.0.1", 1)


def test_the_canaries_are_those_that_the_city_declares(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = SecretRef("env", "NONE")
    device = Endpoint(
        device="ap-1",
        address=IPv4Address("10.64.3.7"),
        ssh_port=22,
        snmp_port=161,
        user="",
        password=secret,
        host_key="",
        snmp=SnmpV2c(community=secret),
    )
    street = {"ap-1": device, "here": replace(device, address=HERE)}
    monkeypatch.setattr(canaries, "_routes", lambda: ROUTES)
    made = canaries.canaries(Doubt(canaries=("gateway", "control-plane", "10.1.3.1")), street, tmp_path / "clouds.yaml")
    assert list(made) == [
        Hosts(name="gateway", addresses=(IPv4Address("10.0.16.254"),)),
        ControlPlane(clouds=tmp_path / "clouds.yaml"),
        Hosts(name="10.1.3.1", addresses=(IPv4Address("10.1.3.1"),)),
    ]
