"""Switches in street cabinets: VLANs, and a trunk port per access point. They write as IOS does.

A port without an access point is shut, a VLAN without an SSID removed, an old management address taken away: where
they bear our mark, or nobody uses them. A port or VLAN that somebody else uses (traffic lights, an uplink) is left
alone and named.
"""

from collections.abc import Iterable, Sequence

from city.model.city import City, Device
from city.model.wired import Switch
from city.model.wireless import Ssid
from platforms.grammar.configuration import TOP, Configuration
from platforms.grammar.protocol import Capabilities
from platforms.grammar.scope import Scope, words
from platforms.grammar.sections import OPEN, SHUT, Sections
from platforms.mibs import HOST, INTERFACES, POWER, SYSTEM
from platforms.profile import Profile
from platforms.record import Ansible, DeviceKind, Hardware, Misfit, Platform
from platforms.variables import IOS_OWN_VLANS, SwitchVariables, base_lines, of_switch, vlan_name

_PORT = "gigabitethernet 1/0/{}"
_MARK = "city:"
"""What we make begins its name or description with this: nobody else's VLAN or port is taken for ours."""
_CARRIES = (
    "switchport mode",
    *(f"switchport {which} vlan" for which in ("access", "voice", "trunk native", "trunk allowed")),
)
"""What decides which VLANs a port carries. How a port does it (its encapsulation, its security) is the box's own."""
_MOST_PORTS = 48
"""Of one box; those of a stack have another first number."""


def configuration(v: SwitchVariables) -> Configuration:
    sections = {TOP: base_lines(v.base)}
    sections |= {f"vlan {vlan}": [f"name {vlan_name(f'{_MARK}{name}', vlan)}"] for vlan, name in v.vlans}
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


def misfits(device: Device, ssids: Sequence[Ssid]) -> Iterable[Misfit]:
    """A switch with more ports than a box has."""
    del ssids
    if isinstance(device, Switch) and device.ports > _MOST_PORTS:
        problem = f"{device.ports} ports are more than a box of {device.platform} has"
        yield Misfit(thing=device, field="ports", problem=problem, remedy=f"Declare {_MOST_PORTS} at most.")


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
            lines=words("description", *_CARRIES, SHUT, OPEN),
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
    kind=DeviceKind.SWITCH,
    hardware=Hardware(port=_PORT),
    grammar=GRAMMAR,
    intend=_intend,
    profile=Profile(scalars=SYSTEM, tables=(*INTERFACES, *HOST, *POWER)),
    own_vlans=IOS_OWN_VLANS,
    misfits=misfits,
    ansible=Ansible(network_os="cisco.ios.ios", connection="ansible.netcommon.network_cli"),
)
