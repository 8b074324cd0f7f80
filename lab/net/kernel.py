"""What is there: the links, addresses, routes and switches of a network namespace, asked of the kernel by rtnetlink(7).

No program is started for it: a namespace is read in well under a millisecond, so that looking often costs little.
"""

import ctypes
import socket
import struct
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from ipaddress import IPv4Address, ip_address, ip_interface, ip_network
from pathlib import Path

from lab.net.machine import EVERYWHERE, MAIN, ROOT, Link, Lookup, Namespace, Route
from lab.net.names import FIRST_TABLE

SPACES = Path("/run/netns")
"""Where ip-netns(8) keeps the names."""
PROTOCOL = 97
"""Marks a route or a lookup as ours (rt_protos of iproute2 has no such number)."""
LABEL = ":net"
"""Ends the label of an IPv4 address of ours in a namespace that is not."""
RULES = "rules:"
"""Before the digest of the loaded rules, as the alias of a namespace's loopback."""
_CLONE_NEWNET = 0x40000000
_GETLINK, _GETADDR, _GETROUTE, _GETRULE = 18, 22, 26, 34
_DONE, _ERROR = 3, 2
_REQUEST_DUMP = 0x301
_HEADER = struct.Struct("=IHHII")
_LINK, _ADDR, _ROUTE = struct.Struct("=BxHiII"), struct.Struct("=BBBBI"), struct.Struct("=8BI")
_UNICAST, _KERNELS = 1, 2
_LIBC = ctypes.CDLL(None, use_errno=True)
_Attributes = Mapping[int, bytes]
SWITCHES = (
    "ipv4/ip_forward",
    "bridge/bridge-nf-call-iptables",
    "bridge/bridge-nf-call-ip6tables",
    "bridge/bridge-nf-call-arptables",
    "ipv6/conf/default/disable_ipv6",
)


def names(prefix: str) -> frozenset[str]:
    """The namespaces of this machine whose names begin so."""
    try:
        return frozenset(file.name for file in SPACES.iterdir() if file.name.startswith(prefix))
    except FileNotFoundError:
        return frozenset()


@contextmanager
def inside(namespace: str) -> Iterator[None]:
    """This thread is in that namespace meanwhile. Raises OSError where there is none."""
    if namespace == ROOT:
        yield
        return
    with Path("/proc/thread-self/ns/net").open("rb") as home, (SPACES / namespace).open("rb") as there:
        _enter(there.fileno())
        try:
            yield
        finally:
            _enter(home.fileno())


def _enter(number: int) -> None:
    if _LIBC.setns(number, _CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")


def read(namespace: str) -> Namespace:
    """All that is there of a namespace. Raises OSError where it is gone, or never was whole."""
    with inside(namespace), socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as kernel:
        found = list(_dump(kernel, _GETLINK, _LINK))
        addresses = list(_dump(kernel, _GETADDR, _ADDR))
        routes = list(_dump(kernel, _GETROUTE, _ROUTE))
        lookups = list(_dump(kernel, _GETRULE, _ROUTE)) if namespace == ROOT else []
        switches = {name: value for name in SWITCHES if (value := _switch(name)) is not None}
    named = {head[2]: _text(attributes[3]) for head, attributes in found}
    return Namespace(
        links={named[head[2]]: _link(head, attributes, named, addresses) for head, attributes in found},
        routes=frozenset(route for head, attributes in routes if (route := _route(head, attributes, named))),
        lookups=frozenset(lookup for head, attributes in lookups if (lookup := _lookup(head, attributes))),
        switches=switches,
        digest=_digest(attributes for _, attributes in found),
    )


def _switch(name: str) -> str | None:
    try:
        return (Path("/proc/sys/net") / name).read_text(encoding="ascii").strip()
    except OSError:
        return None


def _dump(kernel: socket.socket, question: int, head: struct.Struct) -> Iterator[tuple[tuple[int, ...], _Attributes]]:
    """Every answer, as the fields of its header and its attributes."""
    kernel.send(_HEADER.pack(_HEADER.size + head.size, question, _REQUEST_DUMP, 0, 0) + bytes(head.size))
    while True:
        answer = kernel.recv(1 << 17)
        for kind, body in _messages(answer):
            if kind == _DONE:
                return
            if kind == _ERROR:
                raise OSError(-int(struct.unpack_from("=i", body)[0]), "rtnetlink")
            yield head.unpack_from(body), _attributes(body[head.size :])


def _messages(answer: bytes) -> Iterator[tuple[int, bytes]]:
    place = 0
    while place < len(answer):
        length, kind, *_ = _HEADER.unpack_from(answer, place)
        yield kind, answer[place + _HEADER.size : place + length]
        place += (length + 3) & ~3


def _attributes(body: bytes) -> _Attributes:
    found, place = {}, 0
    while place + 4 <= len(body):
        length, kind = struct.unpack_from("=HH", body, place)
        found[kind & 0x3FFF] = body[place + 4 : place + length]
        place += max((length + 3) & ~3, 4)
    return found


def _text(value: bytes) -> str:
    return value.rstrip(b"\0").decode(errors="replace")


def _number(value: bytes | None) -> int:
    return 0 if value is None else int(struct.unpack("=I", value)[0])


def _kind(attributes: _Attributes) -> str:
    """What `ip -details link` shows; empty for the loopback."""
    return _text(_attributes(attributes.get(18, b"")).get(1, b""))


def _link(
    head: tuple[int, ...],
    attributes: _Attributes,
    named: Mapping[int, str],
    addresses: Iterable[tuple[tuple[int, ...], _Attributes]],
) -> Link:
    index, flags = head[2], head[3]
    mine = [(h, a) for h, a in addresses if h[4] == index and h[3] == 0]
    return Link(
        kind=_kind(attributes),
        mac=attributes[1].hex(":") if len(attributes.get(1, b"")) == 6 else None,  # noqa: PLR2004 - octets of a MAC
        mtu=_number(attributes.get(4)),
        up=bool(flags & 1),
        master=named.get(_number(attributes.get(10))),
        addresses=frozenset(ip_interface((a.get(2, a[1]), h[1])) for h, a in mine),
        marked=frozenset(ip_interface((a.get(2, a[1]), h[1])) for h, a in mine if _text(a.get(3, b"")).endswith(LABEL)),
        numbers=(index, _number(attributes.get(5))),
    )


def _route(head: tuple[int, ...], attributes: _Attributes, named: Mapping[int, str]) -> Route | None:
    """A route of the main table or of a lab's that somebody made; None for the kernel's own, and for no plain one."""
    family, bits, _, _, _, protocol, _, kind, _ = head
    link, table = named.get(_number(attributes.get(4))), _number(attributes.get(15))
    somebodys = kind == _UNICAST and protocol != _KERNELS and family in _VERSIONS
    if not somebodys or link is None or not (table == MAIN or table >= FIRST_TABLE):
        return None
    to = ip_network((attributes[1], bits)) if 1 in attributes else EVERYWHERE[_VERSIONS[family]]
    via = ip_address(attributes[5]) if 5 in attributes else None  # noqa: PLR2004 - RTA_GATEWAY
    return Route(to=to, via=via, link=link, table=table, marked=protocol == PROTOCOL)


def _lookup(head: tuple[int, ...], attributes: _Attributes) -> Lookup | None:
    """A lookup of ours: by one source address, in IPv4 (fib_rules.h of the kernel)."""
    family, _, bits, *_ = head
    ours = attributes.get(21) == bytes([PROTOCOL])
    if not ours or (family, bits) != (socket.AF_INET, 32):
        return None
    return Lookup(source=IPv4Address(attributes[2]), table=_number(attributes.get(15)))


_VERSIONS: Mapping[int, int] = {socket.AF_INET: 4, socket.AF_INET6: 6}


def _digest(links: Iterable[_Attributes]) -> str:
    aliases = [_text(attributes[20]) for attributes in links if _text(attributes[3]) == "lo" and 20 in attributes]  # noqa: PLR2004 - IFLA_IFALIAS
    return next((alias.removeprefix(RULES) for alias in aliases if alias.startswith(RULES)), "")
