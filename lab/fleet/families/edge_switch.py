"""edge-switch: a switch with sections, as IOS-like ones have them. Its models have 24 or 48 ports."""

from collections.abc import Iterator
from functools import lru_cache

from lab.fleet.box import Hardware
from lab.fleet.config import Config, lines_of, of, value
from lab.fleet.dialects.grammar import SectionKind, Setting, addresses, named, numbered, text, vlans, within
from lab.fleet.dialects.lines import TOP, VLAN
from lab.fleet.dialects.lines import vlans as vlan_sections
from lab.fleet.dialects.sectioned import Sectioned
from lab.fleet.dialects.sections import Grammar
from lab.fleet.facts import Facts, PortFacts
from lab.fleet.family import Family
from lab.fleet.state import DeviceState
from lab.fleet.views import lldp, power, system
from lab.fleet.views.interfaces import ETHERNET, Interface, Shows, interfaces
from lab.fleet.views.interfaces import VLAN as ROUTED_VLAN
from lab.fleet.views.moment import Moment, downstream, upstream
from lab.fleet.views.objects import Object
from lab.fleet.views.shape import Shape

NAME, _FIRMWARE = "edge-switch", "15.2.7"
PORT = "interface gigabitethernet"
_PORT_SETTINGS = (
    Setting(key="description", accepts=text),
    Setting(key="switchport mode", accepts=lambda mode: mode in ("access", "trunk")),
    Setting(key="switchport access vlan", accepts=within(1, 4094)),
    Setting(key="switchport trunk native vlan", accepts=within(1, 4094), unsaid="switchport trunk native vlan 1"),
    Setting(key="switchport trunk allowed vlan", accepts=vlans),
)
_VLAN_INTERFACE = SectionKind(
    keyword="interface vlan",
    name=named(within(1, 4094)),
    prompt="config-if",
    settings=(Setting(key="description", accepts=text), Setting(key="ip address", accepts=addresses(2))),
)


@lru_cache
def _grammar(ports: int) -> Grammar:
    port = SectionKind(
        keyword=PORT, name=numbered(r"1/0/[1-9]\d*"), prompt="config-if", settings=_PORT_SETTINGS, switched=True
    )
    return Grammar(
        top=TOP,
        kinds=(VLAN, port, _VLAN_INTERFACE),
        fixed=frozenset(_header(number) for number in range(1, ports + 1)),
        defaults=_factory(ports),
        kept={"vlan 1": "%Default VLAN 1 may not be deleted."},
    )


def _factory(ports: int) -> Config:
    """Out of the box: every port is open."""
    return of(("", f"hostname {NAME}"), *((_header(number), "no shutdown") for number in range(1, ports + 1)))


def _header(number: int) -> str:
    return f"{PORT} 1/0/{number}"


class EdgeSwitch:
    firmware = _FIRMWARE

    def grammar(self, hardware: Hardware) -> Grammar:
        return _grammar(hardware.ports)

    def factory(self, hardware: Hardware) -> Config:
        return _factory(hardware.ports)

    def facts(self, config: Config, hardware: Hardware) -> Facts:
        return Facts(
            hostname=value(config, "", "hostname") or "",
            location=value(config, "", "snmp-server location") or "",
            ports=tuple(_port_facts(config, number) for number in range(1, hardware.ports + 1)),
            vlans=vlan_sections(config),
        )

    def shows(self, state: DeviceState, what: str, now: float) -> str | None:
        del now
        if what == "interfaces status":
            return _status(state, self.facts(state.running, state.hardware))
        if what == "lldp neighbors":
            return _neighbours(state)
        return None


def _port_facts(config: Config, number: int) -> PortFacts:
    header = _header(number)
    return PortFacts(
        number=number,
        description=value(config, header, "description") or "",
        enabled="shutdown" not in lines_of(config, header),
    )


def _status(state: DeviceState, facts: Facts) -> str:
    rows = ["Port      Name               Status       Vlan       Duplex  Speed Type"]
    for port in facts.ports:
        link = "connected" if port.number in state.linked else "notconnect"
        trunk = "switchport mode trunk" in lines_of(state.running, _header(port.number))
        vlan = "trunk" if trunk else value(state.running, _header(port.number), "switchport access vlan") or "1"
        linked = port.enabled and port.number in state.linked
        duplex, speed = ("a-full", "a-1000") if linked else ("auto", "auto")
        rows.append(
            f"Gi1/0/{port.number:<4}{port.description[:18]:<19}{link if port.enabled else 'disabled':<13}{vlan:<11}"
            f"{duplex:>6}{speed:>7} 10/100/1000BaseTX"
        )
    return "\n".join(rows)


def _neighbours(state: DeviceState) -> str:
    rows = ["Device ID           Local Intf     Hold-time  Capability      Port ID"]
    for port, neighbour in state.hardware.neighbours:
        if port in state.linked:
            rows.append(f"{neighbour:<20}Gi1/0/{port:<9}120        W               Gi0")
    return "\n".join([*rows, "", f"Total entries displayed: {len(rows) - 1}"])


_VLAN_FROM = 1000
"""ifIndex of a VLAN's interface: this and the VLAN's number. A port's is its number."""


def _shows(of_shape: Shape) -> Iterator[Object]:
    ports = {number: _port(number) for number in range(1, of_shape.ports + 1)}
    vlan_interfaces = {_VLAN_FROM + vlan: _vlan(vlan) for vlan in of_shape.vlans}
    yield from system.system(
        "1.3.6.1.4.1.9.1.1208", lambda r: f"{NAME} {r.state.hardware.serial} (lab)", system.BRIDGES
    )
    yield from system.host()
    yield from system.entity(NAME)
    yield from interfaces({**ports, **vlan_interfaces})
    yield from power.power(of_shape.ports)
    yield from lldp.neighbours(of_shape.linked)


def _port(number: int) -> Shows:
    def shows(reading: Moment) -> Interface:
        port, octets = reading.facts.ports[number - 1], reading.octets[number - 1]
        return Interface(
            description=f"GigabitEthernet1/0/{number}",
            name=f"Gi1/0/{number}",
            alias=port.description,
            kind=ETHERNET,
            enabled=port.enabled,
            working=port.enabled and number in reading.state.linked,
            octets_in=upstream(octets),
            octets_out=downstream(octets),
        )

    return shows


def _vlan(number: int) -> Shows:
    return lambda _reading: Interface(description=f"Vlan{number}", name=f"Vl{number}", kind=ROUTED_VLAN)


FAMILY = Family(name=NAME, dialect=Sectioned(EdgeSwitch()), enterprise=9, shows=_shows, ports_sold=(24, 48))
