"""Power over Ethernet, as a switch shows it (POWER-ETHERNET-MIB, RFC 3621)."""

from collections.abc import Iterator

from lab.fleet.daily_curve import draw
from lab.fleet.views.moment import Moment
from lab.fleet.views.objects import Content, Object, Row, table
from snmp.pdu import Kind

_DELIVERING, _SEARCHING, _DISABLED = 3, 2, 1
"""pethPsePortDetectionStatus."""
_ON = 1
_BUDGET_W = 370


def watts(reading: Moment, port: Row) -> int:
    """What the device on a port draws; nothing where none is linked."""
    facts, powered = reading.facts.ports[port - 1], port in reading.state.linked
    return 9 + int(8 * draw(0, reading.state.hardware.id, port)) if powered and facts.enabled else 0


def power(ports: int) -> Iterator[Object]:
    yield from table(
        "1.3.6.1.2.1.105.1.1.1",
        ((3, Kind.INTEGER, _admin), (6, Kind.INTEGER, _detection)),
        [((1, port), port) for port in range(1, ports + 1)],
    )
    yield from table(
        "1.3.6.1.2.1.105.1.3.1.1",
        (
            (2, Kind.GAUGE32, lambda _r, _i: _BUDGET_W),
            (3, Kind.INTEGER, lambda _r, _i: _ON),
            (4, Kind.GAUGE32, lambda r, _: sum(watts(r, port) for port in range(1, ports + 1))),
        ),
        [((1,), 1)],
    )
    yield from table(
        "1.3.6.1.4.1.9.9.402.1.2.1",
        ((9, Kind.GAUGE32, lambda r, port: watts(r, port) * 1000),),
        [((1, port), port) for port in range(1, ports + 1)],
    )


def _admin(_reading: Moment, _port: Row) -> Content:
    return 1


def _detection(reading: Moment, port: Row) -> Content:
    if not reading.facts.ports[port - 1].enabled:
        return _DISABLED
    return _DELIVERING if port in reading.state.linked else _SEARCHING
