"""Switches in street cabinets: VLANs, and a trunk port per access point. They write as IOS does.

A port without an access point is shut, a VLAN without an SSID removed, an old management address taken away: where
they bear our mark, or nobody uses them. A port or VLAN that somebody else uses (traffic lights, an uplink) is left
alone and named.
"""

from city.model.city import City, Device
from platforms.grammar.configuration import TOP, Configuration
from platforms.grammar.protocol import Capabilities
from platforms.grammar.scope import Scope, words
from platforms.grammar.sections import OPEN, SHUT, Sections
from platforms.mibs import HOST, INTERFACES, POWER, SYSTEM
from platforms.profile import Profile
from platforms.record import Ansible, Hardware, Kind, Platform
from platforms.variables import SwitchVariables, base_lines, of_switch

_PORT = "gigabitethernet 1/0/{}"
_MARK = "city:"
"""What we make begins its name or description with this: nobody else's VLAN or port is taken for ours."""
_NAME_ENDS = len("name ") + 32
"""A VLAN's name has 32 characters at most."""


def configuration(v: SwitchVariables) -> Configuration:
    sections = {TOP: base_lines(v.base)}
    sections |= {f"vlan {vlan}": [f"name {_MARK}{name}"[:_NAME_ENDS]] for vlan, name in v.vlans}
    sections |= {f"interface {_PORT.format(port)}": [SHUT] for port in range(1, v.ports + 1)}
    for trunk in v.trunks:
        sections[f"interface {_PORT.format(trunk.port)}"] = [
            f"description {_MARK}{trunk.device}",
            "switchport mode trunk",
            f"switchport trunk native vlan {v.management.vlan}",
            f"switchport trunk allowed vlan {','.join(map(str, trunk.vlans))}",
            OPEN,
        ]
    address = f"ip address {v.address.ip} {v.address.netmask}"
    sections[f"interface vlan {v.management.vlan}"] = [f"description {_MARK}management", address]
    return GRAMMAR.of(sections)


def _intend(city: City, device: Device) -> Configuration:
    return configuration(of_switch(city, device))


GRAMMAR = Sections(
    name="edge-switch",
    capabilities=Capabilities(candidate=False, timed_revert=True),
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
        Scope(header=r"vlan (?!1$)\d+", lines=".*", exclusive=True, mark=rf"name {_MARK}\S+"),
        Scope(
            header=r"interface gigabitethernet \S+",
            lines=words("description", "switchport", SHUT, OPEN),
            mark=rf"description {_MARK}\S+",
        ),
        Scope(
            header=r"interface vlan \d+",
            lines=r"description .*|ip address \S+ \S+",
            exclusive=True,
            mark=rf"description {_MARK}\S+",
        ),
    ),
    permanent=r"interface (?:\w*ethernet|\w+gige) .+",
    unprinted=("switchport trunk native vlan 1",),
    released_first=r"interface vlan \d+",
)

PLATFORM = Platform(
    name="edge-switch",
    kind=Kind.SWITCH,
    hardware=Hardware(port=_PORT),
    grammar=GRAMMAR,
    intend=_intend,
    profile=Profile(scalars=SYSTEM, tables=(*INTERFACES, *HOST, *POWER)),
    ansible=Ansible(network_os="cisco.ios.ios", connection="ansible.netcommon.network_cli"),
)
