"""Who is at the other end of each cable (IEEE 802.1AB, LLDP-MIB)."""

from collections.abc import Iterator

from lab.fleet.views.objects import Object, scalar, table, text
from snmp.pdu import Kind


def neighbours(linked: tuple[int, ...]) -> Iterator[Object]:
    """`linked`: the local ports that somebody answers on."""
    yield scalar("1.0.8802.1.1.2.1.3.3", Kind.OCTETS, lambda r: text(r.facts.hostname))
    yield from table(
        "1.0.8802.1.1.2.1.4.1.1",
        (
            (7, Kind.OCTETS, lambda _r, _i: text("eth0")),
            (9, Kind.OCTETS, lambda r, port: text(dict(r.state.hardware.neighbours)[port])),
        ),
        [((0, port, 1), port) for port in linked],
    )
