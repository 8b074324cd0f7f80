"""Switches in street cabinets: VLANs, and a trunk port per access point."""

from city.model.city import City, Device
from platforms.grammar.configuration import TOP, Configuration
from platforms.grammar.protocol import Capabilities
from platforms.grammar.scope import Scope, words
from platforms.grammar.sections import Sections
from platforms.mibs import HOST, INTERFACES, POWER, SYSTEM
from platforms.profile import Profile
from platforms.record import Ansible, Hardware, Kind, Platform
from platforms.variables import SwitchVariables, base_lines, of_switch

_PORT = "gigabitethernet 1/0/{}"


def configuration(v: SwitchVariables) -> Configuration:
    sections = {TOP: base_lines(v.base)}
    sections |= {f"vlan {vlan}": [f"name {name}"] for vlan, name in v.vlans}
    for trunk in v.trunks:
        sections[f"interface {_PORT.format(trunk.port)}"] = [
            f"description {trunk.device}",
            "switchport mode trunk",
            f"switchport trunk native vlan {v.management.vlan}",
            f"switchport trunk allowed vlan {','.join(map(str, trunk.vlans))}",
            "no shutdown",
        ]
    address = f"ip address {v.address.ip} {v.address.netmask}"
    sections[f"interface vlan {v.management.vlan}"] = [address]
    return Configuration.of(sections)


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
        Scope(header=r"vlan (?!1$)\d+", lines=".*", exclusive=True),
        Scope(
            header=r"interface gigabitethernet \S+",
            lines=words("description", "switchport", "shutdown", "no shutdown"),
        ),
        Scope(header=r"interface vlan \d+", lines=words("ip address")),
    ),
    permanent=r"interface gigabitethernet .+",
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
