"""Where a name server or a resolver listens, and how a program is put there."""

from dataclasses import dataclass
from ipaddress import IPv4Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """`within` goes before a command to run it where the address is: into a network namespace, as another user."""

    address: IPv4Address
    port: int
    within: tuple[str, ...] = ()
