"""A poller's cycle over 5,000 devices behind 30 ms, all healthy or half of them dark: `python -m tests.bench.crowd`.

The devices are one process that answers on the whole of 127.0.0.0/8 from the address that was asked, over SNMPv2c, with
interfaces of 24 ports at a switch and four at an access point. An answer is made once and kept, so that the devices
take little of the machine that is measured. Told are the seconds and the poller's CPU seconds of each cycle, and the
share of the devices that are not dark which were seen to be up.
"""

import asyncio
import multiprocessing
import os
import socket
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from ipaddress import IPv4Address
from multiprocessing.connection import Connection

import uvloop

from city.clock import SystemClock
from city.inventory import Endpoint, Inventory, SnmpV2c
from city.load import load
from city.model.city import City
from city.secrets import SecretRef
from monitoring.ledger.intervals import Observation, State
from monitoring.poller import Poller
from monitoring.snmp.engine import Engine
from snmp import pdu, v2c
from snmp.pdu import PduKind
from tests.bench import fleet
from tests.monitoring.odd_agent import COMMUNITY, OddAgent, interfaces

_DEVICES, _LATENCY_S, _CYCLES, _PORTS_OF_SWITCH, _PORTS = 5_000, 0.03, 3, 24, 4
_SWITCHES = 0.2
"""Share of the devices."""
_FIRST = IPv4Address("127.64.0.0")
_PKTINFO = 8
"""IP_PKTINFO, ip(7): by which address a datagram came, and from which one is to leave."""
_COMMUNITY = SecretRef("env", "ASTY_BENCH_COMMUNITY")


class Kept:
    """Answers nothing: keeps what was kept before."""

    def observe(self, observations: Iterable[Observation]) -> None: ...

    def append(self, at: datetime, rows: Mapping[str, Mapping[str, float]]) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Street:
    """So many devices, of which every second is dark, or none."""

    devices: int
    half_dark: bool

    def is_dark(self, number: int) -> bool:
        return self.half_dark and number % 2 == 1

    def is_switch(self, number: int) -> bool:
        return number < _SWITCHES * self.devices


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """By one cycle; `seen` is the share of the devices that are not dark which were seen to be up, 0..1."""

    wall_s: float
    cpu_s: float
    seen: float


def agents(street: Street, told: Connection) -> None:
    """The process of the devices; tells the port."""
    asyncio.run(_answer(street, told))


async def _answer(street: Street, told: Connection) -> None:
    loop, kept = asyncio.get_running_loop(), dict[tuple[object, ...], bytes]()
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 24)
    sock.setsockopt(socket.IPPROTO_IP, _PKTINFO, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo")
    sock.bind(("0.0.0.0", 0))  # noqa: S104 - all of 127.0.0.0/8, and by the loopback interface alone
    mibs = {one: OddAgent(interfaces(_PORTS_OF_SWITCH if one else _PORTS)) for one in (True, False)}

    def said(data: bytes, number: int) -> bytes:
        asked, big = v2c.decode(data).pdu, street.is_switch(number)
        key = (big, asked.kind, asked.first, asked.second, *(name for name, _ in asked.varbinds))
        if key not in kept:
            kept[key] = pdu.encode_varbinds(mibs[big].bound(asked))
        return v2c.encode(COMMUNITY, pdu.encode_pdu(PduKind.RESPONSE, asked.request_id, kept[key]))

    def receive() -> None:
        for _ in range(64):
            try:
                data, info, _flags, sender = sock.recvmsg(2048, 64)
            except BlockingIOError:
                return
            here = info[0][2][8:12]
            number = int(IPv4Address(here)) - int(_FIRST)
            if not street.is_dark(number):
                by = [(socket.IPPROTO_IP, _PKTINFO, bytes(4) + here + bytes(4))]
                loop.call_later(_LATENCY_S, sock.sendmsg, [said(data, number)], by, 0, sender)

    loop.add_reader(sock, receive)
    told.send(sock.getsockname()[1])
    await asyncio.Event().wait()


def crowd(devices: int) -> City:
    """The example city with so many devices."""
    city = load(fleet.REPOSITORY / "cities" / "example")
    switch, ap = city.switches[1], city.access_points[0]
    switches = int(_SWITCHES * devices)
    return replace(
        city,
        switches=tuple(replace(switch, id=f"sw-{n:05d}") for n in range(switches)),
        access_points=tuple(
            replace(ap, id=f"ap-{n:05d}", switch=f"sw-{n % switches:05d}") for n in range(switches, devices)
        ),
    )


def inventory(city: City, port: int) -> Inventory:
    return {
        device.id: Endpoint(
            device=device.id,
            address=_FIRST + number,
            ssh_port=1,
            snmp_port=port,
            user="",
            password=_COMMUNITY,
            host_key="",
            snmp=SnmpV2c(community=_COMMUNITY),
        )
        for number, device in enumerate(city.devices)
    }


async def _cycles(street: Street, port: int) -> list[Taken]:
    city, client, found = crowd(street.devices), await Engine.open(), []
    poller = Poller(
        city=city,
        inventory=inventory(city, port),
        client=client,
        ledger=Kept(),
        series=Kept(),
        clock=SystemClock(),
    )
    for _ in range(_CYCLES):
        wall, cpu = time.perf_counter(), time.process_time()
        looks = (await poller.once()).looks
        wall_s, cpu_s = time.perf_counter() - wall, time.process_time() - cpu
        healthy = [look.observation.state for number, look in enumerate(looks) if not street.is_dark(number)]
        found.append(Taken(wall_s=wall_s, cpu_s=cpu_s, seen=healthy.count(State.UP) / len(healthy)))
    await client.close()
    return found


def measured(street: Street) -> list[Taken]:
    """Of each cycle, the first of which knows nothing yet of the devices."""
    os.environ[_COMMUNITY.place] = COMMUNITY.decode()
    ours, theirs = multiprocessing.Pipe(duplex=False)
    devices = multiprocessing.get_context("spawn").Process(target=agents, args=(street, theirs), daemon=True)
    devices.start()
    try:
        return uvloop.run(_cycles(street, ours.recv()))
    finally:
        devices.terminate()
        devices.join()


def table() -> list[str]:
    """Measured now, as rows of a page."""
    lines = ["| devices behind 30 ms | cycle | seconds | CPU seconds | healthy devices seen |", "|---|---|---|---|---|"]
    for half_dark in (False, True):
        street = Street(devices=_DEVICES, half_dark=half_dark)
        called = f"{street.devices}, {'half of them dark' if half_dark else 'all healthy'}"
        lines += [
            f"| {called} | {n} | {one.wall_s:.1f} | {one.cpu_s:.1f} | {one.seen:.2%} |"
            for n, one in enumerate(measured(street), 1)
        ]
    return lines


if __name__ == "__main__":
    print("\n".join(table()))  # noqa: T201 - its output
