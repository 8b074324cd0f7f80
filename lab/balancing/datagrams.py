"""Where a load balancer's datagrams go: rules of nft(8) as a function of what Octavia declares and checks found. Pure.

Octavia's own provider has the kernel's virtual server for them, ours the kernel's address translation. As there, the
kernel keeps a conversation with its member (both sides' addresses and ports); a member sees the virtual address as
its client; and where nobody is well, the client is told that the port is unreachable.
"""

from collections.abc import Collection, Iterator
from math import gcd

from lab.balancing.balancer import Balancer, Listener, Member, Pool
from lab.openstack.drivers.octavia_declared import UDP

TABLE = "balancing"
_EMPTY = f"table ip {TABLE}\ndelete table ip {TABLE}\n"
_FORWARD = """\
chain postrouting {
type nat hook postrouting priority 100; policy accept;
ct status dnat masquerade
}
chain forward {
type filter hook forward priority 0; policy drop;
ct status dnat accept
}
"""
"""The namespace forwards for its members' sake alone: it is no way between its networks."""


def rules(balancer: Balancer, listeners: Collection[Listener], ill: Collection[str]) -> str:
    """All the rules of its namespace, as one transaction; `listeners` are to listen, `ill` members do not answer."""
    ways = [line for one in listeners if one.protocol == UDP for line in _ways(balancer, one, ill)]
    before = "chain prerouting {\ntype nat hook prerouting priority -100; policy accept;\n"
    return "".join([_EMPTY, f"table ip {TABLE} {{\n", before, *ways, "}\n", _FORWARD, "}\n"])


def serving(pool: Pool, ill: Collection[str]) -> tuple[Member, ...]:
    """Those whom new conversations are for: the backups only where nobody else is."""
    able = [one for one in pool.members if one.enabled and one.weight and one.id not in ill]
    return tuple([one for one in able if not one.backup] or able)


def over(balancer: Balancer, ill: Collection[str]) -> set[tuple[str, int]]:
    """The members whose conversations end, that their clients come to others. Who drains keeps his."""
    members = [one for pool in balancer.pools if pool.protocol == UDP for one in pool.members]
    return {(one.address, one.port) for one in members if one.id in ill or not one.enabled}


def _ways(balancer: Balancer, listener: Listener, ill: Collection[str]) -> Iterator[str]:
    pool = balancer.pool(listener)
    members = serving(pool, ill) if pool else ()
    if pool is None or not members:
        return
    clients = f"ip saddr {{ {', '.join(listener.allowed_cidrs)} }} " if listener.allowed_cidrs else ""
    for address in balancer.addresses:
        yield f"ip daddr {address} udp dport {listener.port} {clients}dnat ip addr . port to {_chosen(pool, members)}\n"


def _chosen(pool: Pool, members: Collection[Member]) -> str:
    """Each in turn, or by the client's address; as often as its weight says."""
    shared = gcd(*(one.weight for one in members))
    places, last = [], 0
    for one in members:
        first, last = last, last + one.weight // shared
        places.append(f"{first}-{last - 1} : {one.address} . {one.port}")
    stays = pool.algorithm == "SOURCE_IP" or pool.persistence is not None
    number = f"jhash ip saddr mod {last}" if stays else f"numgen inc mod {last}"
    return f"{number} map {{ {', '.join(places)} }}"
