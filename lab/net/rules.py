"""A rule of a security group as a match of nft(8), and what a group's members are as a set. Pure.

Ports and numbers as the Networking API v2.0 defines them for security group rules; protocol numbers as IANA assigned
them.
"""

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network

from lab.net.names import short
from lab.net.wanted import Direction, Ethertype, Port, Prefix, SecurityGroupRule

_NUMBERS = {
    "ip": 0, "hopopt": 0, "icmp": 1, "igmp": 2, "ipip": 4, "tcp": 6, "egp": 8, "udp": 17, "dccp": 33,
    "ipv6-encap": 41, "ipv6-route": 43, "ipv6-frag": 44, "rsvp": 46, "gre": 47, "esp": 50, "ah": 51,
    "icmpv6": 58, "ipv6-icmp": 58, "ipv6-nonxt": 59, "ipv6-opts": 60, "ospf": 89, "vrrp": 112, "pgm": 113,
    "sctp": 132, "udplite": 136,
}  # fmt: skip
_WITH_PORTS = {_NUMBERS[name] for name in ("tcp", "udp", "dccp", "sctp", "udplite")}
_ICMP = {Ethertype.IPV4: _NUMBERS["icmp"], Ethertype.IPV6: _NUMBERS["icmpv6"]}
_FAMILY = {Ethertype.IPV4: ("ipv4", "ip"), Ethertype.IPV6: ("ipv6", "ip6")}


def match(rule: SecurityGroupRule) -> str | None:
    """What a packet must be to pass by this rule, in a table of family inet; None where no packet can."""
    remote = _remote(rule)
    if remote is None:
        return None
    return " ".join([f"meta nfproto {_FAMILY[rule.ethertype][0]}", *remote, *_protocol(rule.ethertype, rule)])


def set_name(group_id: str, ethertype: Ethertype) -> str:
    """That of the set with the addresses of a group's members."""
    return f"members-{short(group_id)}-{_FAMILY[ethertype][1]}"


def members(group_id: str, ethertype: Ethertype, ports: Iterable[Port]) -> str:
    """The set: every fixed address of a port in the group, and every address that it may use beside."""
    found: list[Prefix] = []
    for port in ports:
        if group_id in port.security_groups:
            found += [ip_network(fixed.address) for fixed in port.fixed_ips]
            found += [pair.addresses for pair in port.allowed_address_pairs]
    kind = "ipv4_addr" if ethertype is Ethertype.IPV4 else "ipv6_addr"
    return f"set {set_name(group_id, ethertype)} {{\ntype {kind}; flags interval;\n{_elements(found, ethertype)}}}\n"


def of_family(prefixes: Iterable[Prefix], ethertype: Ethertype) -> list[Prefix]:
    """Those of one version of IP, without any that another contains, in order."""
    if ethertype is Ethertype.IPV4:
        return list(collapse_addresses(prefix for prefix in prefixes if isinstance(prefix, IPv4Network)))
    return list(collapse_addresses(prefix for prefix in prefixes if isinstance(prefix, IPv6Network)))


def _elements(prefixes: Iterable[Prefix], ethertype: Ethertype) -> str:
    inside = ", ".join(map(str, of_family(prefixes, ethertype)))
    return f"elements = {{ {inside} }}\n" if inside else ""


def _remote(rule: SecurityGroupRule) -> list[str] | None:
    side = f"{_FAMILY[rule.ethertype][1]} {'saddr' if rule.direction is Direction.INGRESS else 'daddr'}"
    if rule.remote_group_id is not None:
        return [f"{side} @{set_name(rule.remote_group_id, rule.ethertype)}"]
    if rule.remote_addresses is not None:
        found = of_family(rule.remote_addresses, rule.ethertype)
        return [f"{side} {{ {', '.join(map(str, found))} }}"] if found else None
    if rule.remote_ip_prefix is None or not rule.remote_ip_prefix.prefixlen:
        return []
    return [f"{side} {rule.remote_ip_prefix}"]


def _protocol(ethertype: Ethertype, rule: SecurityGroupRule) -> Iterator[str]:
    number = _number(ethertype, rule.protocol)
    if number is None:
        return
    yield f"meta l4proto {number}"
    if number in _WITH_PORTS and rule.port_range_min is not None:
        last = rule.port_range_min if rule.port_range_max is None else rule.port_range_max
        yield f"th dport {rule.port_range_min}-{last}" if last != rule.port_range_min else f"th dport {last}"
    elif number == _ICMP[ethertype] and rule.port_range_min is not None:
        name = "icmp" if ethertype is Ethertype.IPV4 else "icmpv6"
        yield f"{name} type {rule.port_range_min}"
        if rule.port_range_max is not None:
            yield f"{name} code {rule.port_range_max}"


def _number(ethertype: Ethertype, protocol: str | None) -> int | None:
    """Neutron takes `icmp` in a rule for IPv6 as ICMPv6; protocol 0 is any, as it is for iptables(8)."""
    if protocol is None:
        return None
    number = int(protocol) if protocol.isdigit() else _NUMBERS[protocol]
    return (_ICMP[ethertype] if number == _NUMBERS["icmp"] else number) or None
