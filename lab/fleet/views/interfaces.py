"""IF-MIB (RFC 2863): each family says which interfaces its boxes have, and where they stand in the table."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from lab.fleet.views.moment import Moment, downstream, packets, upstream
from lab.fleet.views.objects import WRAP_32, Content, Object, Row, constant, scalar, table, text
from snmp.pdu import Kind

ETHERNET, LOOPBACK, WIRELESS, BRIDGE, VLAN, TUNNEL = 6, 24, 71, 209, 136, 131
"""ianaifType: ethernetCsmacd, softwareLoopback, ieee80211, bridge, l3ipvlan, tunnel."""
UP, DOWN = 1, 2
GIGABIT, WIRELESS_MBPS, LOOPBACK_MBPS = 1000, 600, 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Interface:
    """`description` is ifDescr, `name` ifName: where a vendor writes one text twice, it is given once."""

    description: str
    kind: int
    name: str = ""
    alias: str = ""
    speed_mbps: int = GIGABIT
    enabled: bool = True
    working: bool = True
    octets_in: int = 0
    octets_out: int = 0


Shows = Callable[[Moment], Interface]
"""What an interface is at the moment of a reading."""


def loopback(_reading: Moment) -> Interface:
    return Interface(description="lo", kind=LOOPBACK, speed_mbps=LOOPBACK_MBPS)


def idle(description: str, kind: int = ETHERNET) -> Shows:
    """One that nobody uses: a second socket without a cable, a tunnel to nowhere."""
    return lambda _reading: Interface(description=description, kind=kind, working=False)


def uplink(description: str) -> Shows:
    """An access point's cable: everything that its radios move goes through it."""

    def shows(reading: Moment) -> Interface:
        octets, port = sum(reading.octets), reading.facts.ports[0]
        return Interface(
            description=description,
            alias=port.description,
            kind=ETHERNET,
            enabled=port.enabled,
            working=port.enabled,
            octets_in=downstream(octets),
            octets_out=upstream(octets),
        )

    return shows


def radio(description: str, number: int) -> Shows:
    """An access point's radio, counted from 0."""

    def shows(reading: Moment) -> Interface:
        facts, octets = reading.facts.radios[number], reading.octets[number]
        return Interface(
            description=description,
            kind=WIRELESS,
            speed_mbps=WIRELESS_MBPS,
            enabled=facts.enabled,
            working=facts.enabled,
            octets_in=upstream(octets),
            octets_out=downstream(octets),
        )

    return shows


def _mac(reading: Moment, index: Row) -> Content:
    return reading.state.hardware.mac[:5] + bytes([(reading.state.hardware.mac[5] + index) % 256])


def interfaces(shown: Mapping[int, Shows]) -> Iterator[Object]:
    """`shown`: what each ifIndex is."""
    rows = [((index,), index) for index in shown]

    def interface(reading: Moment, index: Row) -> Interface:
        return shown[index](reading)

    yield scalar("1.3.6.1.2.1.2.1", Kind.INTEGER, lambda _: len(shown))
    yield from table(
        "1.3.6.1.2.1.2.2.1",
        (
            (1, Kind.INTEGER, lambda _, i: i),
            (2, Kind.OCTETS, lambda r, i: text(interface(r, i).description)),
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
            (1, Kind.OCTETS, lambda r, i: text(interface(r, i).name or interface(r, i).description)),
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
