"""SNMPv2-MIB system (RFC 3418), HOST-RESOURCES-MIB (RFC 2790) and the serial number of ENTITY-MIB (RFC 6933)."""

from collections.abc import Callable, Iterator

from lab.fleet.views.moment import Moment
from lab.fleet.views.objects import Content, Object, Row, constant, scalar, table, text
from snmp.pdu import Kind

_MEMORY_KB = 131_072
_UNIT = 1024
_RAM_TYPE = "1.3.6.1.2.1.25.2.1.2"
_PROCESSOR_TYPE = "1.3.6.1.2.1.25.3.1.3"


BRIDGES, SERVES = 1 << 1, 1 << 5
"""sysServices by layer (RFC 3418): what passes frames on, and what has applications of its own too."""


def system(object_id: str, description: Callable[[Moment], str], services: int) -> Iterator[Object]:
    yield from (
        scalar("1.3.6.1.2.1.1.1", Kind.OCTETS, lambda r: text(description(r))),
        scalar("1.3.6.1.2.1.1.2", Kind.OID, lambda _: object_id),
        scalar("1.3.6.1.2.1.1.3", Kind.TIMETICKS, lambda r: r.uptime_ticks),
        scalar("1.3.6.1.2.1.1.4", Kind.OCTETS, lambda _: b""),
        scalar("1.3.6.1.2.1.1.5", Kind.OCTETS, lambda r: text(r.facts.hostname)),
        scalar("1.3.6.1.2.1.1.6", Kind.OCTETS, lambda r: text(r.facts.location)),
        scalar("1.3.6.1.2.1.1.7", Kind.INTEGER, lambda _: services),
    )


def host() -> Iterator[Object]:
    yield scalar("1.3.6.1.2.1.25.1.1", Kind.TIMETICKS, lambda r: r.uptime_ticks)
    yield scalar("1.3.6.1.2.1.25.2.2", Kind.INTEGER, lambda _: _MEMORY_KB)
    yield from table(
        "1.3.6.1.2.1.25.2.3.1",
        (
            (1, Kind.INTEGER, lambda _, row: row),
            (2, Kind.OID, constant(_RAM_TYPE)),
            (3, Kind.OCTETS, constant(b"Physical memory")),
            (4, Kind.INTEGER, constant(_UNIT)),
            (5, Kind.INTEGER, constant(_MEMORY_KB)),
            (6, Kind.INTEGER, _used),
        ),
        [((1,), 1)],
    )
    yield from table(
        "1.3.6.1.2.1.25.3.3.1",
        ((1, Kind.OID, constant(_PROCESSOR_TYPE)), (2, Kind.INTEGER, lambda r, _: r.load())),
        [((1,), 1)],
    )


def entity(model: str) -> Iterator[Object]:
    yield from table(
        "1.3.6.1.2.1.47.1.1.1.1",
        (
            (11, Kind.OCTETS, lambda r, _: text(r.state.hardware.serial)),
            (13, Kind.OCTETS, constant(text(model))),
        ),
        [((1,), 1)],
    )


def _used(reading: Moment, _row: Row) -> Content:
    return _MEMORY_KB * (40 + reading.load() // 4) // 100
