"""Switches in street cabinets: VLANs, and a trunk port per access point."""

from network.platforms.base import TOP, Capabilities, Scope
from network.platforms.sections import Sections, words

EDGE_SWITCH = Sections(
    name="edge-switch",
    capabilities=Capabilities(candidate=False, diff=False, timed_revert=True, atomic=False, replace=False),
    headers=(r"vlan \d+", r"interface .+"),
    single=(
        "hostname",
        "name",
        "description",
        "switchport mode",
        "switchport trunk native vlan",
        "switchport trunk allowed vlan",
        "ip address",
        "snmp-server location",
    ),
    lists=("switchport trunk allowed vlan",),
    scope=(
        Scope(header=TOP, lines=words("hostname", "snmp-server location", "ntp server", "logging host")),
        Scope(header=r"vlan (?!1$)\d+", lines=".*", exclusive=True),
        Scope(
            header=r"interface gigabitethernet \S+",
            lines=words("description", "switchport", "shutdown", "no shutdown"),
        ),
        Scope(header=r"interface vlan \d+", lines=words("ip address")),
    ),
    permanent=r"interface gigabitethernet .+",
)
