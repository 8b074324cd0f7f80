"""What a UniFi access point shows beside the standard (UBNT-UniFi-MIB, enterprise 41112).

Radios count from 1; a virtual access point (VAP) is one SSID on one radio, and they count through.
"""

from collections.abc import Iterator

from city.model.wireless import Band
from lab.fleet.views.objects import WRAP_32, Content, Object, Row, constant, scalar, table, text
from lab.fleet.views.reading import Reading, downstream, packets, split, upstream
from snmp.pdu import Kind

_BASE = "1.3.6.1.4.1.41112.1.6"
_MODEL, _VERSION = "mesh-ap", "23.05.5"
_TRUE, _FALSE = 1, 2
"""TruthValue (RFC 2579)."""
_RADIO_NAMES = {Band.GHZ_2_4: "ng", Band.GHZ_5: "na"}
_CCQ = 900


def system() -> Iterator[Object]:
    yield scalar(f"{_BASE}.3.2", Kind.INTEGER, lambda _: _FALSE)
    yield scalar(f"{_BASE}.3.3", Kind.OCTETS, lambda _: text(_MODEL))
    yield scalar(f"{_BASE}.3.5", Kind.COUNTER32, lambda r: int(r.state.uptime_s(r.now)) % WRAP_32)
    yield scalar(f"{_BASE}.3.6", Kind.OCTETS, lambda _: text(_VERSION))


def radios(count: int) -> Iterator[Object]:
    yield from table(
        f"{_BASE}.1.1.1",
        (
            (1, Kind.INTEGER, lambda _, i: i + 1),
            (2, Kind.OCTETS, lambda _, i: text(f"wifi{i}")),
            (3, Kind.OCTETS, lambda r, i: text(_RADIO_NAMES[r.band(i)])),
            (4, Kind.COUNTER32, lambda r, i: packets(upstream(r.octets[i])) % WRAP_32),
            (5, Kind.COUNTER32, lambda r, i: packets(downstream(r.octets[i])) % WRAP_32),
            (6, Kind.INTEGER, lambda r, i: r.utilisation(i)),
            (7, Kind.INTEGER, lambda r, i: r.utilisation(i) // 5),
            (8, Kind.INTEGER, lambda r, i: r.utilisation(i) // 2),
            (9, Kind.INTEGER, lambda r, i: r.utilisation(i) // 4),
        ),
        [((radio + 1,), radio) for radio in range(count)],
    )


def vaps(ssids: tuple[int, ...]) -> Iterator[Object]:
    """`ssids`: how many each radio sends."""
    places = [(radio, number) for radio, count in enumerate(ssids) for number in range(count)]

    def share(reading: Reading, row: Row, total: int) -> int:
        radio, number = places[row]
        return split(total, max(1, len(reading.facts.radios[radio].ssids)), number)

    def octets(reading: Reading, row: Row) -> int:
        return reading.octets[places[row][0]]

    def ssid(reading: Reading, row: Row) -> Content:
        radio, number = places[row]
        return text(reading.facts.radios[radio].ssids[number])

    yield from table(
        f"{_BASE}.1.2.1",
        (
            (1, Kind.INTEGER, lambda _, i: i + 1),
            (2, Kind.OCTETS, _bssid),
            (3, Kind.INTEGER, constant(_CCQ)),
            (4, Kind.INTEGER, lambda r, i: r.facts.radios[places[i][0]].channel),
            (6, Kind.OCTETS, ssid),
            (7, Kind.OCTETS, lambda _, i: text(f"ath{i}")),
            (8, Kind.INTEGER, lambda r, i: share(r, i, r.clients(places[i][0]))),
            (9, Kind.OCTETS, lambda r, i: text(_RADIO_NAMES[r.band(places[i][0])])),
            (10, Kind.COUNTER32, lambda r, i: share(r, i, upstream(octets(r, i))) % WRAP_32),
            (13, Kind.COUNTER32, constant(0)),
            (16, Kind.COUNTER32, lambda r, i: share(r, i, downstream(octets(r, i))) % WRAP_32),
            (20, Kind.COUNTER32, lambda r, i: packets(octets(r, i)) // 20 % WRAP_32),
            (21, Kind.INTEGER, lambda r, i: round(r.facts.radios[places[i][0]].eirp_dbm)),
            (22, Kind.INTEGER, lambda r, i: _TRUE if r.facts.radios[places[i][0]].on_air else _FALSE),
        ),
        [((index + 1,), index) for index in range(len(places))],
    )


def _bssid(reading: Reading, row: Row) -> Content:
    mac = reading.state.hardware.mac
    return mac[:4] + bytes([mac[4] ^ 0x80, (mac[5] + row) % 256])
