"""FRRouting through vtysh. It has no timed revert: the way back is the inverse lines, kept in the journal.

vtysh reads through readline on a terminal, which echoes what was typed ahead twice; so it gets one
command at a time, and a rejected one stops the rest. The hostname is left alone: vtysh keeps the one
that it is told for its own session only, so a push of it would never be seen again. What it starts
with cannot be read back (`show startup-config` is empty under integrated configuration); that it was
written is told by `[OK]`.
"""

from city.model.city import City, Device
from city.model.wired import Purpose
from platforms.grammar.configuration import TOP, Configuration
from platforms.grammar.protocol import Capabilities
from platforms.grammar.scope import Scope, words
from platforms.grammar.sections import Sections
from platforms.mibs import HOST, INTERFACES, SYSTEM
from platforms.profile import Profile
from platforms.record import Ansible, DeviceKind, Hardware, Platform
from platforms.variables import RouterVariables, of_router

PREFIX_LIST = "city-networks"
DISCARD_DISTANCE = 254
"""Administrative distance of our discard routes: the worst that is still used (255 is never)."""


def configuration(v: RouterVariables) -> Configuration:
    """A router of a site: it knows the site's networks by name, and drops what strays of them.

    The discard routes lose against any connected or learnt route (the distance says so); without
    them a packet to a network that is down follows the default route out and may come back. The
    management network has none: a mistake there must not cut off the hand that mends it.
    """
    sequence = sorted(v.networks, key=lambda network: network.cidr)
    discarded = [n for n in sequence if n.purpose is not Purpose.MANAGEMENT]
    return Configuration.of(
        {
            TOP: [
                "log syslog informational",
                *(f"ip prefix-list {PREFIX_LIST} seq {n.vlan} permit {n.cidr}" for n in sequence),
                *(f"ip route {n.cidr} Null0 {DISCARD_DISTANCE}" for n in discarded),
            ]
        }
    )


def _intend(city: City, device: Device) -> Configuration:
    return configuration(of_router(city, device))


GRAMMAR = Sections(
    name="frr",
    capabilities=Capabilities(candidate=False, timed_revert=False),
    headers=(
        r"interface .+",
        r"router \S+.*",
        r"route-map \S+ (?:permit|deny) \d+",
        r"line vty",
        r"(?:vrf|key chain|nexthop-group|pbr-map|segment-routing|bfd|rpki|mpls ldp).*",
    ),
    single=("log syslog",),
    scope=(
        Scope(header=TOP, lines=words("log syslog", f"ip prefix-list {PREFIX_LIST}")),
        Scope(header=TOP, lines=rf"ip route \S+ (?:Null0|blackhole) {DISCARD_DISTANCE}"),
    ),
    ios_names=False,
    pipelined=False,
    show_startup="",
    prepare=("terminal length 0",),
)

PLATFORM = Platform(
    name="frr",
    kind=DeviceKind.SWITCH,
    hardware=Hardware(),
    grammar=GRAMMAR,
    intend=_intend,
    profile=Profile(scalars=SYSTEM, tables=(*INTERFACES, *HOST)),
    ansible=Ansible(network_os="cisco.ios.ios", connection="ansible.netcommon.network_cli"),
)
"""Ansible's collection for FRR is cisco.ios: vtysh takes what it sends."""
