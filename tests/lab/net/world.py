"""The small city's network on this machine, with plain namespaces as its devices and real sockets in them."""

import errno
import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from pathlib import Path

from lab.net import kernel, names
from lab.net.backbone import reached_from
from lab.net.machine import ROOT
from lab.net.rounds import settle
from lab.net.wanted import Region
from lab.net.weather import CLEAR, Weather
from lab.params import LabParams
from tests.lab.net.city import Site

PARAMS = LabParams(name="net", root=Path("/nowhere/net"), base_port=26_400, base_address=IPv4Address("127.126.0.0"))
SILENCE_S = 0.4
"""So long no answer is taken for none; what does answer here takes a millisecond."""
ARRIVES_S = 20.0
"""So long is waited for what has to arrive, however busy the machine is: a first packet that was lost comes again."""


@dataclass
class World:
    """Both sites, what the link does, and the devices that somebody made namespaces for."""

    params: LabParams = PARAMS
    sites: tuple[Site, Site] = field(default_factory=lambda: (Site(0), Site(1)))
    weather: Weather = CLEAR
    spoilt: set[str] = field(default_factory=set)

    @property
    def regions(self) -> list[Region]:
        return [site.region() for site in self.sites]

    def settle(self) -> int:
        """Have the machine as it should be; returns how many steps that took."""
        steps, problems = settle(self.params, self.regions, self.weather)
        assert problems == []
        return steps

    def space(self, site: Site, device: str) -> str:
        return names.device(self.params, site.id(device))

    def place(self, name: str) -> str:
        return names.place(self.params, name)

    def stand(self, site: Site, device: str) -> str:
        """Make the namespace of a device, as whoever stands for it does; returns its name."""
        space = self.space(site, device)
        subprocess.run(["/usr/sbin/ip", "netns", "add", space], check=True)
        return space

    def give(self, space: str, *lines: str) -> None:
        """Change a device's own end, as the device's root would; it is made anew after the test."""
        self.spoilt.add(space)
        batch = "\n".join(lines)
        subprocess.run(["/usr/sbin/ip", "-n", space, "-batch", "-"], input=batch, text=True, check=True)

    def fall(self, site: Site, device: str) -> None:
        subprocess.run(["/usr/sbin/ip", "netns", "delete", self.space(site, device)], check=True)


@contextmanager
def listening(space: str, port: int, address: str = "0.0.0.0") -> Iterator[socket.socket]:  # noqa: S104 - within a namespace
    with kernel.inside(space):
        server = socket.create_server((address, port))
    with closing(server):
        yield server


def connected(space: str, address: str, port: int, patience_s: float = ARRIVES_S) -> socket.socket:
    """A connection from within a namespace; the machine itself asks from its end of the gate.

    Raises TimeoutError where nobody answers.
    """
    source = (str(reached_from(PARAMS)), 0) if space == ROOT else None
    with kernel.inside(space):
        return socket.create_connection((address, port), timeout=patience_s, source_address=source)


def arrives(space: str, address: str, port: int) -> bool:
    """As `reaches`, where somebody has to answer."""
    return reaches(space, address, port, ARRIVES_S)


def reaches(space: str, address: str, port: int, patience_s: float = SILENCE_S) -> bool:
    """Whether somebody answers there; a refusal is an answer, too, and shows that no rule was in the way."""
    try:
        connected(space, address, port, patience_s).close()
    except TimeoutError:
        return False
    except OSError as error:
        if error.errno in {errno.EHOSTUNREACH, errno.ENETUNREACH}:
            return False
        if error.errno != errno.ECONNREFUSED:
            raise
    return True


def the_other_end(server: socket.socket, client: socket.socket) -> socket.socket:
    """What the server accepted of this client, who goes by another address where a router stands between."""
    while True:
        accepted, peer = server.accept()
        if peer[1] == client.getsockname()[1]:
            return accepted
        accepted.close()


def talks(client: socket.socket, server: socket.socket, word: bytes = b"word", patience_s: float = ARRIVES_S) -> bool:
    """Whether what the one end of a connection says arrives at the other."""
    client.sendall(word)
    server.settimeout(patience_s)
    try:
        return server.recv(len(word)) == word
    except TimeoutError:
        return False
