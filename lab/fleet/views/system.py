"""SNMPv2-MIB system (RFC 3418), HOST-RESOURCES-MIB (RFC 2790) and the serial number of ENTITY-MIB (RFC 6933)."""

from collections.abc import Iterator

from lab.fleet.views.objects import Content, Object, Row, constant, scalar, table, text
from lab.fleet.views.reading import Reading
from snmp.pdu import Kind

OBJECT_IDS = {
    "street-ap": "1.3.6.1.4.1.25053.3.1.11",
    "mesh-ap": "1.3.6.1.4.1.41112.1.6",
    "edge-switch": "1.3.6.1.4.1.9.1.1208",
}
_SERVICES = {"street-ap": 6, "mesh-ap": 6, "edge-switch": 2}
_MEMORY_KB = 131_072
_UNIT = 1024
_RAM_TYPE = "1.3.6.1.2.1.25.2.1.2"
_PROCESSOR_TYPE = "1.3.6.1.2.1.25.3.1.3"


def system(platform: str) -> Iterator[Object]:
    yield from (
        scalar("1.3.6.1.2.1.1.1", Kind.OCTETS, lambda r: text(f"{platform} {r.state.hardware.serial} (lab)")),
        scalar("1.3.6.1.2.1.1.2", Kind.OID, lambda _: OBJECT_IDS[platform]),
        scalar("1.3.6.1.2.1.1.3", Kind.TIMETICKS, lambda r: r.uptime_ticks),
        scalar("1.3.6.1.2.1.1.4", Kind.OCTETS, lambda _: b""),
        scalar("1.3.6.1.2.1.1.5", Kind.OCTETS, lambda r: text(r.facts.hostname)),
        scalar("1.3.6.1.2.1.1.6", Kind.OCTETS, lambda r: text(r.facts.location)),
        scalar("1.3.6.1.2.1.1.7", Kind.INTEGER, lambda _: 1 << (_SERVICES[platform] - 1)),
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


def _used(reading: Reading, _row: Row) -> Content:
    return _MEMORY_KB * (40 + reading.load() // 4) // 100
