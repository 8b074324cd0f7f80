"""The SNMP side of the fleet: a UDP socket per device, and what faults do to its datagrams."""

import asyncio
import random
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Self, cast

from lab.fleet.agent import Access, answer
from lab.fleet.box import Hardware
from lab.fleet.credentials import SNMP_USER, SNMP_USER_SHA1, Credentials
from lab.fleet.daily_curve import Curve, radio_curve
from lab.fleet.faults import Faults
from lab.fleet.fleet import Fleet
from lab.fleet.registry import family
from lab.fleet.roster import Roster
from lab.fleet.views.layout import Layout, layout
from lab.fleet.views.moment import Moment
from lab.fleet.views.shape import shape
from lab.params import SNMP_PORT, LabParams
from snmp import usm, v3

Address = tuple[str, int]


def access(auth: str, priv: str, community: str) -> Access:
    hashes = {SNMP_USER: usm.Auth.SHA256, SNMP_USER_SHA1: usm.Auth.SHA1}
    return Access(
        community=community.encode(),
        users={
            name.encode(): usm.User(name=name, auth=auth_by, auth_password=auth, priv_password=priv)
            for name, auth_by in hashes.items()
        },
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Doors:
    """Who may read a device as the inventory says, and who may while its credentials are others."""

    own: Access
    others: Access

    @classmethod
    def of(cls, credentials: Credentials) -> Self:
        known = (credentials.secret(name).reveal() for name in ("snmp-auth", "snmp-priv", "snmp-community"))
        return cls(own=access(*known), others=access(*(secrets.token_urlsafe() for _ in range(3))))


def engine_id(hardware: Hardware, lab: bytes) -> bytes:
    """Of this device in this lab (RFC 3411, SnmpEngineID: enterprise, then octets of the administrator's choice)."""
    return (1 << 31 | family(hardware.platform).enterprise).to_bytes(4, "big") + b"\x05" + lab


class Asked:
    """One device as its agent sees it; a `Subject`."""

    def __init__(self, fleet: Fleet, hardware: Hardware, curves: tuple[tuple[Curve, ...], ...], engine: bytes) -> None:
        self._fleet, self._id, self._curves, self._engine = fleet, hardware.id, curves, engine
        self._salt = count(random.SystemRandom().getrandbits(63))

    def reading(self) -> tuple[Layout, Moment]:
        facts = self._fleet.facts(self._id)
        state = self._fleet.state(self._id)
        return layout(shape(state, facts)), Moment(
            state, facts, self._fleet.now(), self._curves, self._fleet.inside[self._id]
        )

    def engine(self) -> v3.Engine:
        state = self._fleet.state(self._id)
        return v3.Engine(self._engine, state.boots, int(state.uptime_s(self._fleet.now())))

    def next_salt(self) -> int:
        return next(self._salt) & (1 << 64) - 1

    def faults(self) -> Faults | None:
        """Those of a device that can be reached; None where it cannot."""
        return self._fleet.state(self._id).faults if self._fleet.reachable(self._id) else None


class Agent(asyncio.DatagramProtocol):
    def __init__(self, asked: Asked, doors: Doors, drawn: random.Random) -> None:
        self._asked, self._doors, self._drawn = asked, doors, drawn
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)  # uvloop's is one without inheriting from it

    def datagram_received(self, data: bytes, addr: Address) -> None:
        faults = self._asked.faults()
        if faults is None or self._drawn.random() < faults.loss:
            return
        found = answer(data, self._asked, self._doors.others if faults.wrong_credentials else self._doors.own)
        if found is None:
            return
        if faults.latency_s:
            asyncio.get_running_loop().call_later(faults.latency_s, self._send, found, addr)
        else:
            self._send(found, addr)

    def _send(self, data: bytes, addr: Address) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.sendto(data, addr)


class Agents:
    """Every device's agent. They listen while the fleet runs; one that cannot be reached is silent."""

    def __init__(self, fleet: Fleet, roster: Roster, params: LabParams, credentials: Credentials) -> None:
        self._fleet, self._roster, self._params, self._credentials = fleet, roster, params, credentials
        self._transports: list[asyncio.BaseTransport] = []

    async def listen(self) -> None:
        doors = Doors.of(self._credentials)
        known = {device.id: device for device in self._roster.devices}
        for device in self._roster.devices:
            curves = curves_of(device, known, self._params.seed, self._roster)
            asked = Asked(self._fleet, device, curves, engine_id(device, self._credentials.engine(device.id)))
            drawn = random.Random(f"{self._params.seed} {device.id}")  # noqa: S311 - a simulated network
            transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
                _factory(asked, doors, drawn), local_addr=(str(self._params.address_of(device.index)), SNMP_PORT)
            )
            self._transports.append(transport)

    def close(self) -> None:
        for transport in self._transports:
            transport.close()


def _factory(asked: Asked, doors: Doors, drawn: random.Random) -> Callable[[], Agent]:
    return lambda: Agent(asked, doors, drawn)


def curves_of(device: Hardware, known: dict[str, Hardware], seed: int, roster: Roster) -> tuple[tuple[Curve, ...], ...]:
    """For each of its meters: a radio's people, or those of all radios behind a port."""
    if device.bands:
        return tuple((curve,) for curve in _radios(device, seed, roster))
    behind = dict(device.neighbours)
    return tuple(
        tuple(_radios(known[behind[port]], seed, roster)) if behind.get(port) in known else ()
        for port in range(1, device.ports + 1)
    )


def _radios(device: Hardware, seed: int, roster: Roster) -> list[Curve]:
    return [
        radio_curve(seed, roster.zone, device.id, index, wide=band == "5GHz") for index, band in enumerate(device.bands)
    ]
