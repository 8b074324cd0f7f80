"""Network namespaces as Linux has them: links, addresses, routes, rules. Frozen values, in the words of ip(8).

The same shapes hold what ought to be (`lab.net.layout`) and what is there (`lab.net.kernel`); `lab.net.mend` turns the
one into the other.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Interface, IPv4Network, IPv6Network

from lab.net.wanted import Address, Interface

ROOT = ""
"""The machine's own namespace, in which everybody else lives too."""
EVERYWHERE: Mapping[int, IPv4Network | IPv6Network] = {4: IPv4Network("0.0.0.0/0"), 6: IPv6Network("::/0")}
"""All addresses, by the version of IP."""


MAIN = 254
"""The table of routes that everybody uses (rt_tables of iproute2)."""


class LinkKind(StrEnum):
    """Of a link: what Linux calls it. A loopback has no name."""

    LOOPBACK = ""
    BRIDGE = "bridge"
    VETH = "veth"
    TUN = "tun"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class End:
    """One end of a cable: an interface in a namespace."""

    namespace: str
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """An interface. `mac` None: as the kernel likes. `peer` is the other end of a cable that ought to be.

    Of a link that is there, `numbers` are its own and that of its cable's other end, and `marked` are those addresses
    that we gave it in a namespace which is not ours.
    """

    kind: str
    mac: str | None = None
    mtu: int = 1500
    up: bool = True
    master: str | None = None
    addresses: frozenset[Interface] = frozenset()
    peer: End | None = None
    numbers: tuple[int, int] = (0, 0)
    marked: frozenset[Interface] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Packets to `to` leave by `link`, through the neighbour `via` where there is one. `marked`: we made it.

    A route in another table than the main one serves those alone whom a `Lookup` sends there.
    """

    to: IPv4Network | IPv6Network
    link: str
    via: Address | None = None
    table: int = MAIN
    marked: bool = field(default=True, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Lookup:
    """Whoever speaks from this address is sent by the routes of that table (ip-rule(8))."""

    source: IPv4Address
    table: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Namespace:
    """`ours` is wholly as said here; of another's only the named links, their addresses and their routes are ours.

    `rules` is text for nft(8), of what ought to be; `digest` is that of the rules that are loaded. `switches` are
    files below /proc/sys/net with their content.
    """

    ours: bool = True
    links: Mapping[str, Link] = field(default_factory=dict)
    routes: frozenset[Route] = frozenset()
    lookups: frozenset[Lookup] = frozenset()
    switches: Mapping[str, str] = field(default_factory=dict)
    rules: str = ""
    digest: str = ""


Machine = Mapping[str, Namespace]
"""Every namespace of a lab by its name, and `ROOT`."""


def point_to_point(network: IPv4Network, index: int) -> tuple[IPv4Interface, IPv4Interface]:
    """The two addresses of the cable with this number, out of a range that is cut into /30s."""
    cut = IPv4Network((network.network_address + 4 * index, 30))
    return IPv4Interface((cut[1], 30)), IPv4Interface((cut[2], 30))
