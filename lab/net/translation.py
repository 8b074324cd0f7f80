"""What a router of Neutron does to addresses, as text for nft(8). Pure.

As Neutron's own L3 agent has it: a floating address leads to its fixed one and back; everything else that leaves by
the gateway port takes the router's address, where `enable_snat` says so; what comes back to a neighbour over its
floating address goes by the router, so that the answer finds the way.
"""

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, collapse_addresses

from lab.net.security_groups import TABLE
from lab.net.wanted import Address, FloatingIp, Prefix

_EMPTY = f"table ip {TABLE}\ndelete table ip {TABLE}\n"


def rules_of(gateway: str, own: Address | None, floating: Sequence[FloatingIp], untouched: Iterable[Prefix]) -> str:
    """For the router whose gateway port is the interface `gateway`; `own` is its address there, None without SNAT.

    `untouched` are ranges that are reached as what one is: those of the other site, over the link between the sites.
    """
    there = sorted((one.address, one.fixed_address) for one in floating if isinstance(one.address, IPv4Address))
    far = ", ".join(str(prefix) for prefix in collapse_addresses(p for p in untouched if p.version == 4))  # noqa: PLR2004 - the version of IP
    return "".join(
        [
            _EMPTY,
            f"table ip {TABLE} {{\n",
            "chain prerouting {\ntype nat hook prerouting priority -100; policy accept;\n",
            _map("dnat to ip daddr", there),
            "}\nchain postrouting {\ntype nat hook postrouting priority 100; policy accept;\n",
            f'iifname != "{gateway}" oifname != "{gateway}" ct status & dnat == 0 accept\n',
            f"ip daddr {{ {far} }} ct status & dnat == 0 accept\n" if far else "",
            _map("snat to ip saddr", [(fixed, public) for public, fixed in there]),
            f'oifname "{gateway}" snat to {own}\n' if own else "",
            f'iifname != "{gateway}" ct status dnat snat to {own}\n' if own else "",
            "}\nchain forward {\ntype filter hook forward priority 0; policy accept;\n",
            _ended(there),
            "}\n}\n",
        ]
    )


def _map(verb: str, pairs: Sequence[tuple[Address, Address]]) -> str:
    inside = ", ".join(f"{one} : {other}" for one, other in pairs)
    return f"{verb} map {{ {inside} }}\n" if inside else ""


def _ended(there: Sequence[tuple[Address, Address]]) -> str:
    """A connection over a floating address ends when the address leads elsewhere, as when Neutron forgets its state."""
    inside = ", ".join(f"{public} . {fixed}" for public, fixed in there)
    kept = f"ct original ip daddr . ct reply ip saddr {{ {inside} }} accept\n" if inside else ""
    return f"ct status dnat jump floating\n}}\nchain floating {{\n{kept}drop\n"
