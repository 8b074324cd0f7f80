"""IF-MIB (RFC 2863): on an access point its cable and its radios, on a switch its ports and VLANs.

ifIndex 1 is an access point's cable, 2 and up are its radios; on a switch it is the port's number, and
1000 plus the VLAN's for the interface of a VLAN.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from lab.fleet.facts import PortFacts
from lab.fleet.views.objects import WRAP_32, Content, Object, Row, constant, scalar, table, text
from lab.fleet.views.reading import Reading, downstream, packets, upstream
from snmp.pdu import Kind

ETHERNET, WIRELESS, VLAN = 6, 71, 136
"""ianaifType: ethernetCsmacd, ieee80211, l3ipvlan."""
UP, DOWN = 1, 2
VLAN_FROM = 1000
_CABLE = 1
_MBPS = 1000
_WIRELESS_MBPS = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Interface:
    name: str
    alias: str
    kind: int
    speed_mbps: int
    enabled: bool
    working: bool
    octets_in: int
    octets_out: int


def interface(reading: Reading, index: Row) -> Interface:
    if index > VLAN_FROM:
        return _vlan(reading, index - VLAN_FROM)
    if not reading.state.hardware.bands:
        return _port(reading, reading.facts.ports[index - 1])
    return _cable(reading) if index == _CABLE else _radio(reading, index - _CABLE - 1)


def _cable(reading: Reading) -> Interface:
    """Everything that its radios move goes through it."""
    octets, port = sum(reading.octets), reading.facts.ports[0]
    return Interface(
        name="GigabitEthernet0",
        alias=port.description,
        kind=ETHERNET,
        speed_mbps=_MBPS,
        enabled=port.enabled,
        working=port.enabled,
        octets_in=downstream(octets),
        octets_out=upstream(octets),
    )


def _radio(reading: Reading, radio: int) -> Interface:
    facts, octets = reading.facts.radios[radio], reading.octets[radio]
    return Interface(
        name=f"Dot11Radio{radio}",
        alias=" ".join(facts.ssids),
        kind=WIRELESS,
        speed_mbps=_WIRELESS_MBPS,
        enabled=facts.enabled,
        working=facts.enabled,
        octets_in=upstream(octets),
        octets_out=downstream(octets),
    )


def _port(reading: Reading, port: PortFacts) -> Interface:
    octets = reading.octets[port.number - 1]
    return Interface(
        name=f"GigabitEthernet1/0/{port.number}",
        alias=port.description,
        kind=ETHERNET,
        speed_mbps=_MBPS,
        enabled=port.enabled,
        working=port.enabled and port.number in reading.state.linked,
        octets_in=upstream(octets),
        octets_out=downstream(octets),
    )


def _vlan(reading: Reading, vlan: int) -> Interface:
    return Interface(
        name=f"Vlan{vlan}",
        alias=dict(reading.facts.vlans).get(vlan, ""),
        kind=VLAN,
        speed_mbps=_MBPS,
        enabled=True,
        working=True,
        octets_in=0,
        octets_out=0,
    )


def _mac(reading: Reading, index: Row) -> Content:
    return reading.state.hardware.mac[:5] + bytes([(reading.state.hardware.mac[5] + index) % 256])


def interfaces(indexes: list[int]) -> Iterator[Object]:
    rows = [((index,), index) for index in indexes]
    yield scalar("1.3.6.1.2.1.2.1", Kind.INTEGER, lambda _: len(indexes))
    yield from table(
        "1.3.6.1.2.1.2.2.1",
        (
            (1, Kind.INTEGER, lambda _, i: i),
            (2, Kind.OCTETS, lambda r, i: text(interface(r, i).name)),
            (3, Kind.INTEGER, lambda r, i: interface(r, i).kind),
            (4, Kind.INTEGER, constant(1500)),
            (5, Kind.GAUGE32, lambda r, i: interface(r, i).speed_mbps * 1_000_000),
            (6, Kind.OCTETS, _mac),
            (7, Kind.INTEGER, lambda r, i: UP if interface(r, i).enabled else DOWN),
            (8, Kind.INTEGER, lambda r, i: UP if interface(r, i).working else DOWN),
            (9, Kind.TIMETICKS, constant(0)),
            (10, Kind.COUNTER32, lambda r, i: interface(r, i).octets_in % WRAP_32),
            (11, Kind.COUNTER32, lambda r, i: packets(interface(r, i).octets_in) % WRAP_32),
            (13, Kind.COUNTER32, constant(0)),
            (14, Kind.COUNTER32, constant(0)),
            (16, Kind.COUNTER32, lambda r, i: interface(r, i).octets_out % WRAP_32),
            (17, Kind.COUNTER32, lambda r, i: packets(interface(r, i).octets_out) % WRAP_32),
            (19, Kind.COUNTER32, constant(0)),
            (20, Kind.COUNTER32, constant(0)),
        ),
        rows,
    )
    yield from table(
        "1.3.6.1.2.1.31.1.1.1",
        (
            (1, Kind.OCTETS, lambda r, i: text(interface(r, i).name)),
            (6, Kind.COUNTER64, lambda r, i: interface(r, i).octets_in),
            (7, Kind.COUNTER64, lambda r, i: packets(interface(r, i).octets_in)),
            (10, Kind.COUNTER64, lambda r, i: interface(r, i).octets_out),
            (11, Kind.COUNTER64, lambda r, i: packets(interface(r, i).octets_out)),
            (15, Kind.GAUGE32, lambda r, i: interface(r, i).speed_mbps),
            (18, Kind.OCTETS, lambda r, i: text(interface(r, i).alias)),
            (19, Kind.TIMETICKS, constant(0)),
        ),
        rows,
    )
