"""Stations join the networks of an access point that asks a RADIUS server: who is not let in counts nowhere.

The box asks the servers that its running configuration names, with the secret that stands there. A server that is
silent is left, and the next one is asked from then on (as hostapd's radius_client does). A station that is in stays in
while the servers are silent: nobody sends it away.
"""

import asyncio
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from lab.fleet import radius
from lab.fleet.box import Hardware
from lab.fleet.facts import AskedServer, RadioFacts
from lab.fleet.fleet import Fleet
from lab.fleet.views.moment import Curves, Moment

Door = Callable[[Hardware], socket.socket]
"""A UDP socket by which that box reaches the network. Raises OSError where there is none."""
_TRIES, _PATIENCE_S = 3, 1.0
_ROUNDS = 5
"""So many challenges are answered at most: EAP-MD5 has one, a refused method another."""
_LOOK_S, _REST_S = 5.0, 30.0
_AT_ONCE = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """Who wants to come in: its address, and by what its user is known."""

    mac: str
    user: str
    password: bytes


@dataclass(slots=True)
class Network:
    """One SSID of one radio, as it was configured when stations came in. `first` is the server that answered last."""

    ssid: str
    servers: tuple[AskedServer, ...]
    boots: int
    inside: int = 0
    first: int = 0
    rests_until: float = 0.0

    def same(self, ssid: str, servers: tuple[AskedServer, ...], boots: int) -> bool:
        return (self.ssid, self.servers, self.boots) == (ssid, servers, boots)


@dataclass(slots=True, kw_only=True)
class Joining:
    """All boxes; `curves` are the people of each. `password` is the file with that of the user; none, nobody joins."""

    fleet: Fleet
    boxes: tuple[tuple[Hardware, Curves], ...]
    door: Door
    user: str
    password: Path
    _networks: dict[tuple[str, int, int], Network] = field(default_factory=dict)
    _limit: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))

    async def go_on(self) -> None:
        while True:
            await self.once()
            await asyncio.sleep(_LOOK_S)

    async def once(self) -> None:
        """Whoever wants to come in and is not, tries; whoever has gone, is gone."""
        async with asyncio.TaskGroup() as tasks:
            for hardware, curves in self.boxes:
                for radio, number, network in self._asking(hardware):
                    tasks.create_task(self._serve(hardware, curves, (radio, number), network))

    def _asking(self, hardware: Hardware) -> Iterator[tuple[int, int, Network]]:
        """Its networks that ask a server; what changed since is begun anew."""
        state, radios = self.fleet.state(hardware.id), self.fleet.facts(hardware.id).radios
        for radio, number, ssid, servers in _asking(radios):
            known = self._networks.get((hardware.id, radio, number))
            if known is None or not known.same(ssid, servers, state.boots):
                known = self._networks[hardware.id, radio, number] = Network(ssid, servers, state.boots)
            yield radio, number, known

    async def _serve(self, hardware: Hardware, curves: Curves, place: tuple[int, int], network: Network) -> None:
        async with self._limit:
            state, facts = self.fleet.state(hardware.id), self.fleet.facts(hardware.id)
            wanted = Moment(state, facts, self.fleet.now(), curves).wanted(*place) if self._sends(hardware) else 0
            network.inside = min(network.inside, wanted)
            while network.inside < wanted and self.fleet.now() >= network.rests_until:
                if await self._let_in(hardware, network, self._station(hardware, place, network.inside)):
                    network.inside += 1
                else:
                    network.rests_until = self.fleet.now() + _REST_S
            self.fleet.inside[hardware.id][place] = network.inside

    def _sends(self, hardware: Hardware) -> bool:
        return self.fleet.reachable(hardware.id)

    def _station(self, hardware: Hardware, place: tuple[int, int], number: int) -> Station:
        mac = bytes([0x06, hardware.mac[4], hardware.mac[5], place[0], place[1], number & 0xFF])
        password = self.password.read_bytes() if self.password.exists() else b""
        return Station(mac="-".join(f"{octet:02X}" for octet in mac), user=self.user, password=password)

    async def _let_in(self, hardware: Hardware, network: Network, station: Station) -> bool:
        """Whether a server says so; not where none answers."""
        for turn in range(len(network.servers)):
            which = (network.first + turn) % len(network.servers)
            with suppress(OSError):
                found = await self._ask(hardware, network.ssid, network.servers[which], station)
                if found is not None:
                    network.first = which
                    return found
        return False

    async def _ask(self, hardware: Hardware, ssid: str, server: AskedServer, station: Station) -> bool | None:
        """None where it does not answer, or there is nothing to ask it with. Raises OSError."""
        if not server.secret or not station.password:
            return None
        called = "-".join(f"{octet:02X}" for octet in hardware.mac) + f":{ssid}"
        told = [
            (radius.USER_NAME, station.user.encode()),
            (radius.NAS_IDENTIFIER, hardware.id.encode()),
            (radius.CALLED, called.encode()),
            (radius.CALLING, station.mac.encode()),
            (radius.PORT_TYPE, radius.WIRELESS),
        ]
        line = await asyncio.to_thread(self.door, hardware)
        with line:
            line.setblocking(False)  # noqa: FBT003 - the standard library's own
            line.connect((server.address, server.port))
            return await _conversation(line, server.secret.encode(), told, station)


def _asking(radios: tuple[RadioFacts, ...]) -> Iterator[tuple[int, int, str, tuple[AskedServer, ...]]]:
    for radio in radios:
        for number, ssid in enumerate(radio.ssids):
            if radio.on_air and (servers := radio.asked(number)) is not None:
                yield radio.index, number, ssid, servers


async def _conversation(
    line: socket.socket, secret: bytes, told: list[tuple[int, bytes]], station: Station
) -> bool | None:
    """Whether it ends in an Access-Accept; None where no answer comes."""
    eap, state = radius.identity(station.user.encode()), list[tuple[int, bytes]]()
    for _ in range(_ROUNDS):
        number = os.urandom(1)[0]
        asked = radius.request(number, os.urandom(16), secret, [*told, *state, *radius.carried(eap)])
        found = await _exchange(line, asked, secret)
        if found is None:
            return None
        if found.code != radius.CHALLENGE:
            return found.code == radius.ACCEPT
        proof = radius.proof(found.eap, station.password)
        if proof is None:
            return False
        eap, state = proof, [(radius.STATE, found.state)] if found.state is not None else []
    return False


async def _exchange(line: socket.socket, asked: bytes, secret: bytes) -> radius.Answer | None:
    """The answer; the same packet is sent again as often as a box does (RFC 5080, 2.2.1). Then: None."""
    for _ in range(_TRIES):
        await asyncio.get_running_loop().sock_sendall(line, asked)
        with suppress(TimeoutError):
            return await asyncio.wait_for(_answer(line, asked, secret), _PATIENCE_S)
    return None


async def _answer(line: socket.socket, asked: bytes, secret: bytes) -> radius.Answer:
    """The next that is one: whatever else comes is not heard."""
    while True:
        data = await asyncio.get_running_loop().sock_recv(line, 4096)
        if found := radius.answer(data, asked, secret):
            return found
