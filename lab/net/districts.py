"""The districts, as the hosts of the clouds find them: at the addresses that the city declares for its devices.

The emulated devices stand on loopback addresses of this machine, where no host comes. So a namespace behind the edges
of both sites has the declared addresses, and this program hands on what comes to them for SNMP, and the answers. Nobody
from the street is let in, and nothing else comes in: who pushes stands on this machine. What a device itself asks the
sites, such as a RADIUS server, it asks by a socket of this namespace (lab.net.way_out).

    python -m lab.net.districts LABFOLDER [end]
"""

import contextlib
import json
import resource
import selectors
import socket
import struct
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Interface
from pathlib import Path

from lab.agent import Agent, run
from lab.net import kernel, names
from lab.net.way_out import Gate
from lab.params import LabParams
from lab.part import Part
from lab.system import Report

AGENT = Agent(name="districts", keeps="the way to the districts' devices", module="lab.net.districts")
PLACE = "districts"
SNMP = 161
_FROM = "127.0.0.1"
"""Loopback devices are asked from there."""
_IDLE_S, _LOOK_S, _PACKET, _OPEN = 5.0, 1.0, 65_536, 4096
_IP_PKTINFO = 8
"""linux/in.h; Python 3.11 has no name for it."""
_PKTINFO = struct.Struct("=I4s4s")
"""in_pktinfo of ip(7): the interface, the address that answers, the one that was asked."""
Way = tuple[str, tuple[str, int]]
"""An address that the city declares, and who asked it from where."""


def file(params: LabParams) -> Path:
    """Where each declared address leads, on this machine."""
    return params.root / "districts.json"


def declare(params: LabParams, leads: Mapping[IPv4Address, tuple[IPv4Address, int]]) -> None:
    """By the declared address: where the device stands. Before the network comes up."""
    told = {str(address): [str(place), port] for address, (place, port) in leads.items()}
    partial = file(params).with_suffix(".new")
    partial.write_text(json.dumps(told), encoding="ascii")
    partial.replace(file(params))


def declared(params: LabParams) -> Mapping[str, tuple[str, int]]:
    try:
        told = json.loads(file(params).read_text(encoding="ascii"))
    except FileNotFoundError:
        return {}
    return {address: (str(place), int(port)) for address, (place, port) in told.items()}


def mark(params: LabParams) -> int:
    """Another where what leads where is another; 0 where nothing leads anywhere."""
    try:
        return file(params).stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def interfaces(params: LabParams) -> frozenset[IPv4Interface]:
    """The addresses that the namespace has; none where there are no districts."""
    return frozenset(IPv4Interface((address, 32)) for address in declared(params))


def up(params: LabParams, report: Report) -> None:
    """Carry, where there is anything to carry. The network has to be up."""
    if declared(params) and not AGENT.runs(params):
        AGENT.start(params)
        report("districts: their devices can be asked from the hosts")


def down(params: LabParams) -> None:
    if AGENT.runs(params):
        AGENT.end(params)


def status(params: LabParams) -> tuple[Part, ...]:
    return (Part.of(AGENT.name, AGENT.pid_file(params)),) if file(params).exists() and params.hosts else ()


@dataclass(slots=True)
class Line:
    """One who asks one device: a socket of this machine's, by which the device's answers come."""

    way: Way
    line: socket.socket
    used: float = field(default_factory=time.monotonic)


class Carrier:
    """`door` is a socket in the districts' namespace, bound to the port of SNMP at any of their addresses."""

    def __init__(self, door: socket.socket, leads: Mapping[str, tuple[str, int]]) -> None:
        self._door, self._leads = door, leads
        self._lines: dict[Way, Line] = {}
        self._waiting = selectors.DefaultSelector()
        self._waiting.register(door, selectors.EVENT_READ)
        door.setsockopt(socket.IPPROTO_IP, _IP_PKTINFO, 1)
        door.settimeout(0)

    def carry(self, seconds: float) -> None:
        """What comes in this time, both ways; then forget who has asked nothing for a while."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            for key, _ in self._waiting.select(left):
                with contextlib.suppress(OSError):
                    self._ask() if key.data is None else self._answer(key.data)
        self._forget(line for line in list(self._lines.values()) if until - line.used > _IDLE_S)

    def _ask(self) -> None:
        packet, beside, _, client = self._door.recvmsg(_PACKET, socket.CMSG_SPACE(_PKTINFO.size))
        asked = next(data for level, kind, data in beside if (level, kind) == (socket.IPPROTO_IP, _IP_PKTINFO))
        device = socket.inet_ntoa(_PKTINFO.unpack(asked)[2])
        if device in self._leads:
            line = self._line((device, client))
            line.used = time.monotonic()
            line.line.send(packet)

    def _line(self, way: Way) -> Line:
        if (found := self._lines.get(way)) is not None:
            return found
        if len(self._lines) >= _OPEN:
            self._forget([min(self._lines.values(), key=lambda line: line.used)])
        out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        out.settimeout(0)
        out.bind((_FROM, 0))
        out.connect(self._leads[way[0]])
        made = self._lines[way] = Line(way, out)
        self._waiting.register(out, selectors.EVENT_READ, made)
        return made

    def _answer(self, line: Line) -> None:
        packet = line.line.recv(_PACKET)
        device, client = line.way
        told = _PKTINFO.pack(0, socket.inet_aton(device), bytes(4))
        self._door.sendmsg([packet], [(socket.IPPROTO_IP, _IP_PKTINFO, told)], 0, client)

    def _forget(self, lines: Iterable[Line]) -> None:
        for line in lines:
            self._waiting.unregister(line.line)
            line.line.close()
            del self._lines[line.way]

    def close(self) -> None:
        self._forget(list(self._lines.values()))
        self._waiting.close()


def keep(params: LabParams) -> None:
    """Until somebody ends it. The namespace may be made anew: then it is entered anew."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(2 * _OPEN, most) if most > 0 else 2 * _OPEN, most))
    space = names.place(params, PLACE)
    Gate(params.root, lambda: declared(params), lambda address: _bound(space, address))
    while True:
        try:
            seen = _mark(params, space)
            with kernel.inside(space):
                door = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            with door:
                door.bind(("0.0.0.0", SNMP))  # noqa: S104 - of that namespace
                carrier = Carrier(door, declared(params))
                while _mark(params, space) == seen:
                    carrier.carry(_LOOK_S)
                carrier.close()
        except OSError:
            time.sleep(_LOOK_S)


def _bound(space: str, address: str) -> socket.socket:
    """By which the device that is declared at that address asks the sites."""
    with kernel.inside(space):
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        made.bind((address, 0))
    except OSError:
        made.close()
        raise
    return made


def _mark(params: LabParams, space: str) -> tuple[int, int]:
    """Another where the namespace is another, or what leads where."""
    return (kernel.SPACES / space).stat().st_ino, mark(params)


def _end(params: LabParams) -> None:
    """Nothing is left of it but what the network owns."""


if __name__ == "__main__":
    run(AGENT, keep, _end)
