"""One look's way to a service: from which address, through which resolver, trusting whom, and how far it came."""

import errno
import socket
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address
from pathlib import Path
from typing import NamedTuple

from monitoring.probing.failure import Failed, Failure

_RESOLV_CONF = Path("/etc/resolv.conf")
_DNS_PORT = 53


class Address(NamedTuple):
    host: str
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How a vantage point reaches services.

    `source` is the local address that it sends from, empty for any; `resolvers` answer its questions for names, the
    first that does; none for those of resolv.conf; `trust` is a file of PEM certificates, empty for those that this
    machine trusts.
    """

    source: str = ""
    resolvers: tuple[Address, ...] = ()
    trust: str = ""

    def asked(self) -> tuple[Address, ...]:
        """In this order for names."""
        return self.resolvers or _of_this_machine()


def _of_this_machine() -> tuple[Address, ...]:
    """Those of resolv.conf(5): this machine itself where it names none."""
    try:
        lines = [line.split() for line in _RESOLV_CONF.read_text(encoding="ascii", errors="replace").splitlines()]
    except OSError:
        lines = []
    named = [words[1] for words in lines if len(words) > 1 and words[0] == "nameserver" and ":" not in words[1]]
    return tuple(Address(name, _DNS_PORT) for name in named or ["127.0.0.1"])


@dataclass(slots=True, kw_only=True)
class Trip:
    """`host` is a name without a dot at its end, or an address. `late` is what it means when time is over now;
    `heard` whether anything came back so far."""

    way: Way
    host: str
    port: int
    late: Failure = Failure.NO_CONNECTION
    heard: bool = False
    certificate_ends: float | None = None

    @property
    def local(self) -> tuple[str, int] | None:
        """What to bind to."""
        return (self.way.source, 0) if self.way.source else None


def is_address(host: str) -> bool:
    try:
        IPv4Address(host)
    except AddressValueError:
        return False
    return True


def unasked(error: OSError) -> Failed:
    """Trouble of a socket as what it says of the service. Trouble of ours says nothing of the service."""
    if isinstance(error, ConnectionRefusedError):
        return Failed(Failure.REFUSED)
    if isinstance(error, ConnectionError):
        return Failed(Failure.CUT_OFF)
    if isinstance(error, socket.gaierror) or error.errno not in _NO_WAY:
        return Failed(Failure.NOT_ASKED, error.strerror or type(error).__name__)
    return Failed(Failure.NO_WAY, error.strerror or "")


_NO_WAY = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ETIMEDOUT})
"""The last is that of a connection that died."""
