"""What a Ruckus access point shows beside the standard: hardware, radios, WLANs (RUCKUS-*-MIB, enterprise 25053).

Radios count from 1; a WLAN has one row for each radio that sends it. Transmit power is what the radio stays
below its full power, in dB; full is what the EU allows in its band.
"""

from collections.abc import Iterator

from city.model.wireless import EIRP_LIMIT_DBM
from lab.fleet.views.objects import Content, Object, Row, scalar, table, text
from lab.fleet.views.reading import Reading, downstream, split, upstream
from snmp.pdu import Kind

_BASE = "1.3.6.1.4.1.25053.1.1"
_MODEL = "street-ap"


def hardware() -> Iterator[Object]:
    yield scalar(f"{_BASE}.2.1.1.1.1", Kind.OCTETS, lambda _: text(_MODEL))
    yield scalar(f"{_BASE}.2.1.1.1.2", Kind.OCTETS, lambda r: text(r.state.hardware.serial))
    yield scalar(f"{_BASE}.11.1.1.1.1", Kind.INTEGER, lambda r: r.load())


def radios(count: int) -> Iterator[Object]:
    rows = [((radio + 1,), radio) for radio in range(count)]
    yield from table(
        f"{_BASE}.12.1.1.1.2.1",
        (
            (4, Kind.INTEGER, lambda r, i: r.facts.radios[i].channel),
            (6, Kind.INTEGER, lambda r, i: round(EIRP_LIMIT_DBM[r.band(i)] - r.facts.radios[i].eirp_dbm)),
        ),
        rows,
    )
    yield from table(
        f"{_BASE}.12.1.1.1.3.1",
        (
            (2, Kind.GAUGE32, lambda r, i: r.clients(i)),
            (3, Kind.GAUGE32, lambda r, i: r.clients(i)),
            (15, Kind.INTEGER, lambda r, i: r.utilisation(i)),
            (16, Kind.COUNTER64, lambda r, i: upstream(r.octets[i])),
            (22, Kind.COUNTER64, lambda r, i: downstream(r.octets[i])),
            (50, Kind.GAUGE32, lambda r, i: r.utilisation(i)),
            (51, Kind.GAUGE32, lambda r, i: r.utilisation(i)),
        ),
        rows,
    )


def wlans(ssids: tuple[int, ...]) -> Iterator[Object]:
    """`ssids`: how many each radio sends."""
    places = [(radio, number) for radio, count in enumerate(ssids) for number in range(count)]
    rows = [((index + 1,), index) for index in range(len(places))]

    def radio_of(row: Row) -> int:
        return places[row][0]

    def share(reading: Reading, row: Row, total: int) -> int:
        radio, number = places[row]
        return split(total, max(1, len(reading.facts.radios[radio].ssids)), number)

    def ssid(reading: Reading, row: Row) -> Content:
        radio, number = places[row]
        return text(reading.facts.radios[radio].ssids[number])

    yield from table(f"{_BASE}.6.1.1.1.1.1", ((1, Kind.OCTETS, ssid),), rows)
    yield from table(
        f"{_BASE}.6.1.1.1.4.1",
        (
            (3, Kind.GAUGE32, lambda r, i: share(r, i, r.clients(radio_of(i)))),
            (24, Kind.COUNTER64, lambda r, i: share(r, i, upstream(r.octets[radio_of(i)]))),
            (39, Kind.COUNTER64, lambda r, i: share(r, i, downstream(r.octets[radio_of(i)]))),
        ),
        rows,
    )
