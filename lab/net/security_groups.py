"""What passes through a network's bridge, as text for nft(8): security groups and port security. Pure.

Two tables that are loaded as one. The table of family bridge sees through which port a frame comes and goes: it drops
frames with a source that their port may not have, and marks the others with the port's number. The table of family
inet sees the same packets together with the kernel's connection tracking, as net.bridge.bridge-nf-call-iptables has
it: the sender's egress rules when a packet comes in, the receiver's ingress rules before it goes out.

A removed rule ends what it had let in, as with Neutron's Open vSwitch firewall: what the initiator sends is
matched again with each packet; the first that no rule lets through marks its connection, and so nothing comes
back either. A rule that is added again lets it go on.
"""

from collections.abc import Iterable, Iterator, Sequence

from lab.net import rules
from lab.net.names import short
from lab.net.wanted import Direction, Ethertype, Port, Region, SecurityGroup

TABLE = "asty"
_DROPPED = 1
"""The mark of a connection that no rule allows any more."""
_CHAINS = {Direction.EGRESS: ("prerouting", -150), Direction.INGRESS: ("forward", 0)}
"""Behind connection tracking, which has priority -200 (netfilter_ipv4.h)."""
_BEFORE_INET = -300
"""In a bridge's own hooks: the kernel's call of iptables and inet comes at 0 and -1 there."""
_KNOWN = f"""\
chain known {{
ct state invalid drop
ct state related ct mark {_DROPPED} drop
ct state related accept
ct direction reply ct mark {_DROPPED} drop
ct direction reply accept
}}
chain allowed {{
ct mark set 0
accept
}}
chain refused {{
ct mark set {_DROPPED}
drop
}}
"""
_NEIGHBOURS = "icmpv6 type { nd-router-solicit, nd-neighbor-solicit, nd-neighbor-advert } accept\n"
"""Without which IPv6 finds nobody; connection tracking leaves them alone (RFC 4861)."""


def bridge_end(port: Port) -> str:
    """The name of a port's cable at its bridge."""
    return f"p{short(port.id)}"


def rules_of(region: Region, ports: Sequence[Port]) -> str:
    """The rules at a bridge with these ports. Members of remote groups are looked up in the whole region."""
    secured = [port for port in sorted(ports, key=lambda port: port.id) if not port.trusted]
    groups = {group.id: group for group in region.security_groups}
    used = sorted({group for port in secured for group in port.security_groups if group in groups})
    mine = [groups[group] for group in used]
    return "".join(
        [
            *(f"table {family} {TABLE}\ndelete table {family} {TABLE}\n" for family in ("bridge", "inet")),
            f"table bridge {TABLE} {{\n",
            *_sources(secured),
            *_marks(secured),
            f"}}\ntable inet {TABLE} {{\n",
            _KNOWN,
            *_members(region, mine),
            *(_group(group, direction) for group in mine for direction in Direction),
            *(_port(port, groups, direction) for port in secured for direction in Direction),
            *(_gate(secured, groups, direction) for direction in Direction),
            "}\n",
        ]
    )


def _sources(ports: Iterable[Port]) -> Iterator[str]:
    """A chain for each port, with the sources that it may have (Neutron: port security)."""
    for port in ports:
        own = [(port.mac_address, str(fixed.address), fixed.address.version) for fixed in port.fixed_ips]
        pairs = [(p.mac_address, str(p.addresses), p.addresses.version) for p in port.allowed_address_pairs]
        macs = sorted({port.mac_address, *(pair.mac_address for pair in port.allowed_address_pairs)})
        yield f"chain source-{short(port.id)} {{\nether saddr != {{ {', '.join(macs)} }} drop\n"
        yield "ip saddr 0.0.0.0 udp sport 68 udp dport 67 accept\n"
        for mac, address, version in [*own, *pairs]:
            if version == 4:  # noqa: PLR2004 - the version of IP
                yield f"ether saddr {mac} ip saddr {address} accept\n"
                yield f"ether saddr {mac} arp saddr ether {mac} arp saddr ip {address} accept\n"
            else:
                yield f"ether saddr {mac} ip6 saddr {address} accept\n"
        if any(version == 6 for _, _, version in [*own, *pairs]):  # noqa: PLR2004 - the version of IP
            yield "ip6 saddr { ::, fe80::/10 } accept\n"
        yield "drop\n}\n"


def _marks(ports: Sequence[Port]) -> Iterator[str]:
    for hook, side in (("prerouting", "iifname"), ("forward", "oifname")):
        yield f"chain {hook} {{\ntype filter hook {hook} priority {_BEFORE_INET}; policy accept;\nmeta mark set 0\n"
        if ports:
            numbers = ", ".join(f'"{bridge_end(port)}" : {number}' for number, port in enumerate(ports, 1))
            yield f"meta mark set {side} map {{ {numbers} }}\n"
        if ports and hook == "prerouting":
            chains = ", ".join(f'"{bridge_end(port)}" : jump source-{short(port.id)}' for port in ports)
            yield f"iifname vmap {{ {chains} }}\n"
        yield "}\n"


def _members(region: Region, groups: Iterable[SecurityGroup]) -> Iterator[str]:
    remote = {rule.remote_group_id for group in groups for rule in group.rules if rule.remote_group_id is not None}
    for group in sorted(remote):
        for ethertype in Ethertype:
            yield rules.members(group, ethertype, region.ports)


def _group(group: SecurityGroup, direction: Direction) -> str:
    matches = sorted({found for rule in group.rules if rule.direction is direction and (found := rules.match(rule))})
    inside = "".join(f"{found} goto allowed\n" for found in matches)
    return f"chain {direction}-group-{short(group.id)} {{\n{inside}}}\n"


def _port(port: Port, known: Iterable[str], direction: Direction) -> str:
    mine = sorted(port.security_groups.intersection(known))
    inside = "".join(f"jump {direction}-group-{short(group)}\n" for group in mine)
    return f"chain {direction}-{short(port.id)} {{\n{inside}goto refused\n}}\n"


def _gate(ports: Sequence[Port], groups: dict[str, SecurityGroup], direction: Direction) -> str:
    hook, priority = _CHAINS[direction]
    numbered = list(enumerate(ports, 1))
    stateless = [(n, port) for n, port in numbered if not _stateful(port, groups)]
    return "".join(
        [
            f"chain {hook} {{\ntype filter hook {hook} priority {priority}; policy accept;\nmeta mark 0 accept\n",
            _NEIGHBOURS,
            _verdicts(stateless, direction),
            "jump known\n",
            _verdicts([one for one in numbered if one not in stateless], direction),
            "}\n",
        ]
    )


def _stateful(port: Port, groups: dict[str, SecurityGroup]) -> bool:
    """Neutron lets no port have groups of both kinds."""
    return all(groups[group].stateful for group in port.security_groups if group in groups)


def _verdicts(numbered: Iterable[tuple[int, Port]], direction: Direction) -> str:
    verdicts = ", ".join(f"{number} : goto {direction}-{short(port.id)}" for number, port in numbered)
    return f"meta mark vmap {{ {verdicts} }}\n" if verdicts else ""
