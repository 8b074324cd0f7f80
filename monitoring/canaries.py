"""Canaries: near the observer, and answering whatever the street does. Where they are silent, it is we who are deaf.

gateway         the routers on the way to the devices; devices on this machine itself have none
control-plane   the clouds' APIs
an IPv4 address

A router or an address answers an echo, or says that its port is closed. An API answers where its port takes a
connection, or refuses it: then its host is there.
"""

import asyncio
import socket
import struct
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from city.inventory import Inventory
from city.model.doubt import CONTROL_PLANE, GATEWAY, Doubt

PATIENCE_S = 1.0
_TRIES = 2
_ECHO = struct.pack("!BBHHH", 8, 0, 0, 0, 1)
"""ICMP, RFC 792; the kernel fills in checksum and identifier."""
_DISCARD = 9
_HTTPS = {"http": 80, "https": 443}
_ROUTES = Path("/proc/net/route")
_UP_GATEWAY = 0x3
"""RTF_UP and RTF_GATEWAY of route(8)."""


class Canary(Protocol):
    @property
    def name(self) -> str: ...

    async def answers(self) -> bool | None:
        """None where there is nobody to ask."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Hosts:
    """Any of these answers an echo."""

    name: str
    addresses: tuple[IPv4Address, ...]

    async def answers(self) -> bool | None:
        if not self.addresses:
            return None
        return any(await asyncio.gather(*(asyncio.to_thread(_echoes, str(address)) for address in self.addresses)))


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlPlane:
    """Any cloud of `clouds`, a clouds.yaml that is read anew each time, as it may come later."""

    clouds: Path
    name: str = CONTROL_PLANE

    async def answers(self) -> bool | None:
        places = await asyncio.to_thread(lambda: tuple(_identity_services(self.clouds)))
        if not places:
            return None
        return any(await asyncio.gather(*(_is_there(*place) for place in places)))


def canaries(doubt: Doubt, inventory: Inventory, clouds: Path) -> Sequence[Canary]:
    """Those that the city declares."""
    return [_canary(name, inventory, clouds) for name in doubt.canaries]


def _canary(name: str, inventory: Inventory, clouds: Path) -> Canary:
    if name == CONTROL_PLANE:
        return ControlPlane(clouds=clouds)
    if name == GATEWAY:
        return Hosts(name=name, addresses=routers({one.address for one in inventory.values()}, _routes()))
    return Hosts(name=name, addresses=(IPv4Address(name),))


def routers(devices: Iterable[IPv4Address], routes: str) -> tuple[IPv4Address, ...]:
    """The next hops towards these addresses, by a table in the form of /proc/net/route; each once."""
    known = sorted(_read(routes), key=lambda route: route[0].prefixlen, reverse=True)
    elsewhere = [device for device in devices if not device.is_loopback]
    hops = (next((hop for network, hop in known if device in network), None) for device in elsewhere)
    return tuple(sorted({hop for hop in hops if hop is not None}))


def _read(routes: str) -> Iterator[tuple[IPv4Network, IPv4Address | None]]:
    """Each network of the table, with its router; None where it is at our own link. Addresses are in host order."""
    for line in routes.splitlines()[1:]:
        _, network, hop, flags, _, _, _, mask, *_ = line.split()
        prefix = f"{_address(network)}/{_address(mask)}"
        reached_by = _address(hop) if int(flags, 16) & _UP_GATEWAY == _UP_GATEWAY else None
        yield IPv4Network(prefix), reached_by


def _address(hexadecimal: str) -> IPv4Address:
    return IPv4Address(struct.pack("=I", int(hexadecimal, 16)))


def _routes() -> str:
    """Empty on a system that has no such file."""
    try:
        return _ROUTES.read_text(encoding="ascii")
    except OSError:
        return ""


def _echoes(address: str) -> bool:
    for _ in range(_TRIES):
        try:
            with _socket() as asking:
                asking.settimeout(PATIENCE_S)
                asking.connect((address, _DISCARD))
                asking.send(_ECHO)
                asking.recv(len(_ECHO))
        except ConnectionRefusedError:
            return True
        except OSError:
            continue
        return True
    return False


def _socket() -> socket.socket:
    """Of ICMP where this user may have one (ping_group_range, icmp(7)); else of UDP, whose port will be closed."""
    with suppress(OSError):
        return socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP)
    return socket.socket(socket.AF_INET, socket.SOCK_DGRAM)


def _identity_services(clouds: Path) -> Iterator[tuple[str, int]]:
    """Host and port of each cloud's."""
    if not clouds.exists():
        return  # whoever stands where no cloud is told of needs no client of OpenStack
    from openstack.config import OpenStackConfig  # noqa: PLC0415 - the same
    from openstack.exceptions import ConfigException  # noqa: PLC0415 - the same

    with suppress(ConfigException, OSError, ValueError):
        for cloud in OpenStackConfig(config_files=[str(clouds)], load_envvars=False).get_all():
            url = urlsplit(cloud.get_auth_args().get("auth_url", ""))
            if url.hostname:
                yield url.hostname, url.port or _HTTPS.get(url.scheme, _HTTPS["https"])


async def _is_there(host: str, port: int) -> bool:
    try:
        async with asyncio.timeout(PATIENCE_S * _TRIES):
            _, writer = await asyncio.open_connection(host, port)
    except ConnectionRefusedError:
        return True
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True
