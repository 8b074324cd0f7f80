"""What the backbone lets through, as text for nft(8): to residents what is public, to the machine nobody. Pure."""

from collections.abc import Sequence
from ipaddress import IPv4Network

from lab.net.security_groups import TABLE

_ANSWERS = "ct state established,related accept\n"


def edge(public: Sequence[IPv4Network], *, deaf: bool, silent: bool = False) -> str:
    """Between the street, the site and the link. `deaf`: what comes over the link is lost; `silent`: all is lost."""
    if silent:
        return _table(_lost("prerouting", "iifname") + _lost("output", "oifname"))
    lost = 'chain lost {\ntype filter hook prerouting priority -300; policy accept;\niifname "wan" drop\n}\n'
    ranges = ", ".join(map(str, public))
    welcome = f'iifname "street" ip daddr {{ {ranges} }} accept\n' if public else ""
    inner = 'iifname "x-*" accept\niifname { "wan", "districts" } oifname "x-*" accept\n'
    return _table((lost if deaf else "") + _chain("forward", _ANSWERS + welcome + inner))


def street() -> str:
    """Residents and operators come from here and pass on; nobody comes through to the operators."""
    return _table(
        _chain("forward", _ANSWERS + 'iifname "operators" accept\niifname "edge-*" oifname "edge-*" accept\n')
    )


def operators() -> str:
    """The machine's connections go out under the address that the operators have there; none comes in."""
    come = _ANSWERS + 'iifname { "lo", "gate" } accept\nicmp type echo-request accept\n'
    leave = 'chain leave {\ntype nat hook postrouting priority 100; policy accept;\noifname != "gate" masquerade\n}\n'
    return _table(_chain("forward", _ANSWERS + 'iifname "gate" accept\n') + _chain("input", come) + leave)


def probe_host() -> str:
    """It asks, and is told; nobody else comes in, and nobody comes through."""
    come = _ANSWERS + 'iifname "lo" accept\nicmp type echo-request accept\n'
    return _table(_chain("forward", "") + _chain("input", come))


def districts() -> str:
    """The devices there answer SNMP to the sites' hosts; nothing else comes in, and nothing passes."""
    come = _ANSWERS + 'iifname "lo" accept\niifname "edge-*" udp dport 161 accept\nicmp type echo-request accept\n'
    return _table(_chain("forward", "") + _chain("input", come))


def _lost(hook: str, which: str) -> str:
    """Whatever goes by, but what a program there says to itself."""
    return f'chain lost-{hook} {{\ntype filter hook {hook} priority -300; policy drop;\n{which} "lo" accept\n}}\n'


def _chain(hook: str, rules: str) -> str:
    return f"chain {hook} {{\ntype filter hook {hook} priority 0; policy drop;\n{rules}}}\n"


def _table(content: str) -> str:
    return f"table ip {TABLE}\ndelete table ip {TABLE}\ntable ip {TABLE} {{\n{content}}}\n"
