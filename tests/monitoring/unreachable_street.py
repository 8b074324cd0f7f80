"""Our engine on a street where not everybody can be reached. Changes the network, so it wants one of its own:

    unshare --map-root-user --net python tests/monitoring/unreachable_street.py asyncio    or uvloop

  healthy   answers after a moment
  gone      nobody has its address: some moments later the kernel says so by ICMP
  nowhere   no route leads there, so nothing can be sent
  forbidden a router on the way says by ICMP that the question may not pass
Prints, in JSON, how often which reading ended how, and the CPU seconds of half a second at rest afterwards.
"""

import asyncio
import json
import os
import socket
import struct
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import suppress
from ipaddress import IPv4Address
from typing import cast

import uvloop

from city.inventory import Endpoint, SnmpV2c
from city.secrets import SecretRef
from monitoring.snmp.client import Patience, Question
from monitoring.snmp.engine import Engine
from monitoring.snmp.mailbox import Address
from snmp import pdu, v2c
from snmp.pdu import Kind, Pdu, PduKind, Value

NETWORK = """
link set lo up
link add street type veth peer name far
address add 10.9.0.1/24 dev street
link set street up
link set far up
ntable change name arp_cache dev street retrans 50
route add unreachable 10.8.0.0/24
"""
DEVICES = {"healthy": "127.0.1.{}", "gone": "10.9.0.{}", "nowhere": "10.8.0.{}", "forbidden": "127.0.2.{}"}
NUMBERS = {"healthy": range(1, 21), "gone": range(2, 32), "nowhere": range(2, 7), "forbidden": range(1, 4)}
READING_S, HAIL_S, REST_S = 2.0, 0.5, 0.5
ENOUGH = 100
"""Answers of the healthy, which are waited for on however slow a machine."""
PORT, CLOSED = 1161, ("127.0.0.1", 9)
SYS_NAME = Question(scalars=("1.3.6.1.2.1.1.5",))
FOUND = [("1.3.6.1.2.1.1.5.0", Value(Kind.OCTETS, b"ap-1"))]
COMMUNITY = SecretRef("env", "COMMUNITY")


class Agent(asyncio.DatagramProtocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: Address) -> None:
        said = pdu.encode(Pdu(PduKind.RESPONSE, v2c.decode(data).pdu.request_id, FOUND))
        asyncio.get_running_loop().call_later(0.02, self._transport.sendto, v2c.encode(b"city", said), addr)


class Censor(Agent):
    """Answers each question as a router does that must not pass it on (RFC 1812, 5.2.7.1: code 13)."""

    def datagram_received(self, data: bytes, addr: Address) -> None:
        here, port = self._transport.get_extra_info("sockname")
        ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 28 + len(data), 0, 0, 64, 17, 0, _octets(addr[0]), _octets(here))
        said = ip + struct.pack("!HHHH", addr[1], port, 8 + len(data), 0) + data[:64]
        message = struct.pack("!BBHI", 3, 13, 0, 0) + said
        total = sum(struct.unpack(f"!{(len(message) + 1) // 2}H", message + bytes(len(message) % 2)))
        checksum = ~(total % 0xFFFF) & 0xFFFF
        with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as raw:
            raw.sendto(message[:2] + struct.pack("!H", checksum) + message[4:], (addr[0], 0))


def _octets(address: str) -> bytes:
    return IPv4Address(address).packed


def endpoint(address: str) -> Endpoint:
    return Endpoint(
        device=address,
        address=IPv4Address(address),
        ssh_port=22,
        snmp_port=PORT,
        user="admin",
        password=COMMUNITY,
        host_key="",
        snmp=SnmpV2c(community=COMMUNITY),
    )


async def main() -> None:
    loop = asyncio.get_running_loop()
    devices = {kind: [DEVICES[kind].format(number) for number in numbers] for kind, numbers in NUMBERS.items()}
    for address in devices["healthy"]:
        await loop.create_datagram_endpoint(Agent, local_addr=(address, PORT))
    for address in devices["forbidden"]:
        await loop.create_datagram_endpoint(Censor, local_addr=(address, PORT))
    engine = await Engine.open(Patience(timeout_s=20, retries=1))
    ends: dict[str, Counter[str]] = {kind: Counter() for kind in devices}

    async def ask(kind: str, address: str, until: float) -> None:
        while time.monotonic() < until or (kind == "healthy" and ends[kind]["answered"] <= ENOUGH):
            try:
                await engine.read(endpoint(address), SYS_NAME)
                ends[kind]["answered"] += 1
            except Exception as end:  # noqa: BLE001 - whatever it is, it is what we are here to tell
                ends[kind][f"{type(end).__name__}: {end}"] += 1
            await asyncio.sleep(0.01)

    until = time.monotonic() + READING_S
    await asyncio.gather(*(ask(kind, address, until) for kind, addresses in devices.items() for address in addresses))
    hail = threading.Thread(target=refused_without_end, args=(engine,))
    hail.start()
    until = time.monotonic() + HAIL_S
    await asyncio.gather(*(ask("healthy", address, until) for address in devices["healthy"]))
    hail.join()
    await asyncio.sleep(0.1)
    before = time.process_time()
    await asyncio.sleep(REST_S)
    rest = time.process_time() - before
    await engine.close()
    print(json.dumps({"ends": ends, "rest_cpu_s": rest}))  # noqa: T201 - its output


def refused_without_end(engine: Engine) -> None:
    """ICMP errors at any moment of the loop's turn, as they come from a real street."""
    until = time.monotonic() + HAIL_S
    while time.monotonic() < until:
        with suppress(OSError):
            engine._mailbox._socket.sendto(b"", CLOSED)
        time.sleep(0)


if __name__ == "__main__":
    subprocess.run(["/usr/sbin/ip", "-batch", "-"], input=NETWORK, text=True, check=True)
    os.environ["COMMUNITY"] = "city"
    {"asyncio": asyncio.run, "uvloop": uvloop.run}[sys.argv[1]](main())
