"""FRRouting through vtysh. It has no timed revert: the way back is the inverse lines, kept in the journal.

vtysh reads through readline on a terminal, which echoes what was typed ahead twice; so it gets one
command at a time, and a rejected one stops the rest. The hostname is left alone: vtysh keeps the one
that it is told for its own session only, so a push of it would never be seen again. What it starts
with cannot be read back (`show startup-config` is empty under integrated configuration); that it was
written is told by `[OK]`.
"""

from network.platforms.base import TOP, Capabilities, Scope
from network.platforms.sections import Sections, words

PREFIX_LIST = "city-networks"
DISCARD_DISTANCE = 254
"""Administrative distance of our discard routes: the worst that is still used (255 is never)."""

FRR = Sections(
    name="frr",
    capabilities=Capabilities(candidate=False, diff=False, timed_revert=False, atomic=False, replace=False),
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
    pipelined=False,
    show_startup="",
)
