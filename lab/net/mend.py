"""The difference between what ought to be and what is there, as steps in an order that is safe. Pure.

A step may be taken twice, and whoever is killed between two leaves nothing that the next difference does not mend.
What nobody wants goes first; rules stand before anything is plugged in behind them; a device's own end of a cable
is complete before the near end joins its bridge.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from lab.net.kernel import LABEL, PROTOCOL, RULES
from lab.net.machine import MAIN, ROOT, End, Link, LinkKind, Lookup, Machine, Namespace, Route

LOOPBACK = "lo"
_MADE = (LinkKind.BRIDGE, LinkKind.VETH, LinkKind.TUN)
"""Kinds of links that we make, and so remove."""
_ABSENT = Namespace()


class Verb(StrEnum):
    """Who takes a step: ip-netns(8), a write below /proc/sys/net, nft(8) or ip(8).

    UNPLUG is for ip(8), too, and never fails: a cable's other end may have gone just now, and with it this one.
    """

    DELETE = "delete"
    ADD = "add"
    UNPLUG = "unplug"
    SWITCH = "switch"
    RULES = "rules"
    IP = "ip"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """In this namespace; `lines` are a batch for the program, for a switch its file and its content."""

    namespace: str
    verb: Verb
    lines: tuple[str, ...] = ()


def digest(rules: str) -> str:
    """What tells that exactly these rules are loaded; empty for none."""
    return hashlib.sha256(rules.encode()).hexdigest()[:16] if rules else ""


def mend(wanted: Machine, actual: Machine) -> list[Step]:
    """The steps after which this is there. `actual` holds every namespace of the lab that is there, and ROOT."""
    steps = [Step(namespace=name, verb=Verb.DELETE) for name in sorted(actual) if _unwanted(name, wanted, actual)]
    steps += [
        Step(namespace=name, verb=Verb.ADD) for name in sorted(wanted) if wanted[name].ours and name not in actual
    ]
    for phase in (_remove, _switch, _filter, _connect, _furnish, _join, _route):
        for name in sorted(wanted):
            if wanted[name].ours or name in actual:
                steps += phase(name, wanted, actual)
    return steps


def _unwanted(name: str, wanted: Machine, actual: Machine) -> bool:
    return actual[name].ours and name not in wanted


def _batch(name: str, lines: list[str]) -> list[Step]:
    return [Step(namespace=name, verb=Verb.IP, lines=tuple(lines))] if lines else []


def _remove(name: str, wanted: Machine, actual: Machine) -> list[Step]:
    """Links that nobody wants in a namespace of ours, and ends that are not of the cable that they should be of."""
    wishes, found = wanted[name], actual.get(name, _ABSENT).links
    stale = [
        link
        for link in sorted(found)
        if (link not in wishes.links and wishes.ours and found[link].kind in _MADE)
        or (link in wishes.links and _wrong(End(namespace=name, link=link), wanted, actual))
    ]
    lines = tuple(f"link delete dev {link}" for link in stale)
    return [Step(namespace=name, verb=Verb.UNPLUG, lines=lines)] if lines else []


def _wrong(end: End, wanted: Machine, actual: Machine) -> bool:
    wish, found = wanted[end.namespace].links[end.link], actual[end.namespace].links[end.link]
    return found.kind != wish.kind or (wish.kind == LinkKind.VETH and not _whole(end, wish, actual))


def _whole(end: End, wish: Link, actual: Machine) -> bool:
    """Whether both ends of a cable are there, and each is the other's."""
    here, there = _at(end, actual), _at(wish.peer, actual)
    return here is not None and there is not None and here.numbers == there.numbers[::-1]


def _at(end: End | None, machine: Machine) -> Link | None:
    return None if end is None else machine.get(end.namespace, _ABSENT).links.get(end.link)


def _switch(name: str, wanted: Machine, actual: Machine) -> list[Step]:
    found = actual.get(name, _ABSENT).switches
    return [
        Step(namespace=name, verb=Verb.SWITCH, lines=(file, value))
        for file, value in wanted[name].switches.items()
        if found.get(file) != value
    ]


def _filter(name: str, wanted: Machine, actual: Machine) -> list[Step]:
    """The rules, then their digest, where others are loaded; none is wanted only where none ever was."""
    rules = wanted[name].rules
    if digest(rules) == actual.get(name, _ABSENT).digest:
        return []
    mark = f"link set dev {LOOPBACK} alias {RULES}{digest(rules)}"
    return [Step(namespace=name, verb=Verb.RULES, lines=(rules,)), *_batch(name, [mark])]


def _connect(name: str, wanted: Machine, actual: Machine) -> list[Step]:
    """Bridges, and the cables that begin here: each is laid from the end whose name comes first."""
    return _batch(
        name, [line for link in wanted[name].links for line in _laid(End(namespace=name, link=link), wanted, actual)]
    )


def _laid(end: End, wanted: Machine, actual: Machine) -> Iterator[str]:
    wish, found = wanted[end.namespace].links[end.link], _at(end, actual)
    if wish.kind == LinkKind.BRIDGE and (found is None or found.kind != LinkKind.BRIDGE):
        yield f"link add name {end.link} mtu {wish.mtu} type bridge forward_delay 0 stp_state 0 mcast_snooping 0"
    if wish.kind == LinkKind.VETH and wish.peer is not None and end < wish.peer and not _whole(end, wish, actual):
        peer = wanted[wish.peer.namespace].links[wish.peer.link]
        yield f"link add name {_end(end, wish)} type veth peer name {_end(wish.peer, peer)} netns {wish.peer.namespace}"


def _end(end: End, wish: Link) -> str:
    return f"{end.link} mtu {wish.mtu}" + (f" address {wish.mac}" if wish.mac else "")


def _kept(end: End, wanted: Machine, actual: Machine) -> Link | None:
    """The link that is there and stays; None where it is laid anew, or by somebody else."""
    wish = wanted[end.namespace].links[end.link]
    found = _at(end, actual)
    return None if found is None or _wrong(end, wanted, actual) else found if wish.kind == found.kind else None


def _furnish(name: str, wanted: Machine, actual: Machine) -> list[Step]:
    """Addresses, and every end that joins no bridge goes up."""
    lines: list[str] = []
    for link, wish in wanted[name].links.items():
        end = End(namespace=name, link=link)
        found = _kept(end, wanted, actual)
        if wish.master is None and not (wish.kind == LinkKind.TUN and found is None):
            lines += _set(end, wish, found, wanted, actual)
    return _batch(name, lines)


def _set(end: End, wish: Link, found: Link | None, wanted: Machine, actual: Machine) -> Iterator[str]:
    ours = wanted[end.namespace].ours
    if found is not None and wish.mac is not None and found.mac != wish.mac:
        yield f"link set dev {end.link} address {wish.mac}"
    if found is not None and found.mtu != wish.mtu and wish.kind != LinkKind.LOOPBACK:
        yield f"link set dev {end.link} mtu {wish.mtu}"
    yield from _addresses(end.link, wish, found, label="" if ours else f" label {end.link}{LABEL}")
    if found is None or (found.up != wish.up and (ours or end.namespace == ROOT or not _plugged(wish, actual))):
        yield f"link set dev {end.link} {'up' if wish.up else 'down'}"


def _plugged(wish: Link, actual: Machine) -> bool:
    """Whether the near end of a cable is in its bridge: from then on it is the device's own matter if its end is up."""
    near = _at(wish.peer, actual)
    return near is not None and near.master is not None


def _addresses(link: str, wish: Link, found: Link | None, *, label: str) -> Iterator[str]:
    there = frozenset() if found is None else found.addresses
    removable = frozenset() if found is None else found.marked if label else found.addresses
    for address in sorted(removable - wish.addresses, key=str):
        yield f"address delete {address} dev {link}"
    for address in sorted(wish.addresses - there, key=str):
        yield f"address add {address} dev {link}{label if address.version == 4 else ' nodad'}"  # noqa: PLR2004 - the version of IP


def _join(name: str, wanted: Machine, actual: Machine) -> list[Step]:
    """Near ends join their bridges, and go up or down as the port's administrator has it."""
    lines: list[str] = []
    for link, wish in wanted[name].links.items():
        if wish.master is not None:
            found = _kept(End(namespace=name, link=link), wanted, actual)
            if found is not None and found.mtu != wish.mtu:
                lines.append(f"link set dev {link} mtu {wish.mtu}")
            if found is None or found.master != wish.master:
                lines.append(f"link set dev {link} master {wish.master}")
            if found is None or found.up != wish.up:
                lines.append(f"link set dev {link} {'up' if wish.up else 'down'}")
    return _batch(name, lines)


def _route(name: str, wanted: Machine, actual: Machine) -> list[Step]:
    wishes, found = wanted[name], actual.get(name, _ABSENT)
    removable = {route for route in found.routes if wishes.ours or (route.marked and route.link in wishes.links)}
    lines = [f"rule add {lookup_words(lookup)}" for lookup in sorted(wishes.lookups - found.lookups)]
    lines += [f"route delete {_words(route)}" for route in sorted(removable - wishes.routes, key=str)]
    lines += [f"route replace {_words(route)} proto {PROTOCOL}" for route in _lasting(name, wanted, actual)]
    return _batch(name, lines)


def _lasting(name: str, wanted: Machine, actual: Machine) -> list[Route]:
    """The routes that are not there, or go with a link that is laid anew; none over a link that cannot have any now."""
    found, wishes = actual.get(name, _ABSENT), wanted[name]
    kept = {link: _kept(End(namespace=name, link=link), wanted, actual) for link in wishes.links}
    anew = {link for link, there in kept.items() if there is None or there.up != wishes.links[link].up}
    held = {link for link in anew if _held(wishes, link, kept[link], actual)}
    missing = wishes.routes - found.routes | {route for route in wishes.routes if route.link in anew}
    return sorted((route for route in missing if route.link not in held), key=str)


def _held(space: Namespace, link: str, found: Link | None, actual: Machine) -> bool:
    """Whether nothing can be routed over a link now: no process carries it yet, or its device has switched it off."""
    if found is None:
        return space.links[link].kind == LinkKind.TUN
    return not space.ours and _plugged(space.links[link], actual)


def _words(route: Route) -> str:
    way = f"{route.to}" + (f" via {route.via}" if route.via else "") + f" dev {route.link}"
    return way if route.table == MAIN else f"{way} table {route.table}"


def lookup_words(lookup: Lookup) -> str:
    """As ip-rule(8) takes it."""
    return f"from {lookup.source} lookup {lookup.table} protocol {PROTOCOL}"
