"""routeros: an access point of MikroTik with RouterOS 7, its console and MIKROTIK-MIB (enterprise 14988).

Two radios: `wlan1` for 2.4 GHz and `wlan2` for 5 GHz; one cable, `ether1`, bridged with both. Each change runs and is
saved at once. There is no timed revert: a scheduler is one that runs lines which undo, or loads a backup, and then the
box starts anew; it outlives a reboot. Whatever a command says, its exit status is 0.
"""

from collections.abc import Iterator

from city.model.wireless import Band, frequency_ghz
from lab.fleet.dialects.routeros_console import MODEL, VERSION, RouterOs
from lab.fleet.dialects.routeros_menus import PORT, RADIOS
from lab.fleet.dialects.routeros_radio import BANDS
from lab.fleet.family import Family
from lab.fleet.views import system
from lab.fleet.views.interfaces import WIRELESS, Interface, Shows, interfaces, radio, uplink
from lab.fleet.views.moment import Moment, downstream, split, upstream
from lab.fleet.views.objects import Content, Object, Row, constant, scalar, table, text
from lab.fleet.views.shape import Shape
from snmp.pdu import Kind

_MIKROTIK = "1.3.6.1.4.1.14988"
_AP_TABLE = f"{_MIKROTIK}.1.1.1.3.1"
_CABLE, _FIRST_RADIO, _FIRST_VIRTUAL = 1, 2, 10
_BANDS = {Band.GHZ_2_4: "2ghz-b/g/n", Band.GHZ_5: "5ghz-a/n/ac"}
_SERVICES = 78
"""sysServices, as RouterOS has it."""
_NOISE_FLOOR_DBM, _CCQ_PERCENT = -108, 92


def _shows(of_shape: Shape) -> Iterator[Object]:
    yield from system.system(f"{_MIKROTIK}.1", lambda _: f"RouterOS {MODEL}", _SERVICES)
    yield from system.host()
    yield from interfaces(_interfaces(of_shape))
    yield scalar(f"{_MIKROTIK}.1.1.7.3", Kind.OCTETS, lambda r: text(r.state.hardware.serial))
    yield scalar(f"{_MIKROTIK}.1.1.7.4", Kind.OCTETS, lambda _: text(VERSION))
    yield from _access_points(of_shape)


def _places(of_shape: Shape) -> list[tuple[int, tuple[int, int]]]:
    """ifIndex, radio and number of each network: the first of a radio is its own interface, the others are virtual."""
    virtual = _FIRST_VIRTUAL
    found: list[tuple[int, tuple[int, int]]] = []
    for on, number in of_shape.networks:
        found.append((virtual if number else _FIRST_RADIO + on, (on, number)))
        virtual += number > 0
    return found


def _interfaces(of_shape: Shape) -> dict[int, Shows]:
    box = {_CABLE: uplink(PORT), **{_FIRST_RADIO + n: radio(name, n) for n, name in enumerate(RADIOS)}}
    return box | {index: _virtual(index, *place) for index, place in _places(of_shape) if index >= _FIRST_VIRTUAL}


def _virtual(index: int, on: int, number: int) -> Shows:
    def shows(reading: Moment) -> Interface:
        facts = reading.facts.radios[on]
        octets = split(reading.octets[on], max(1, len(facts.ssids)), number)
        return Interface(
            description=f"wlan{index}",
            kind=WIRELESS,
            enabled=facts.on_air,
            working=facts.on_air,
            octets_in=upstream(octets),
            octets_out=downstream(octets),
        )

    return shows


def _access_points(of_shape: Shape) -> Iterator[Object]:
    """mtxrWlApTable: a row for each interface that is an access point, by its ifIndex."""
    places = dict(_places(of_shape))

    def clients(reading: Moment, row: Row) -> Content:
        return reading.inside_of(*places[row])

    def ssid(reading: Moment, row: Row) -> Content:
        on, number = places[row]
        return text(reading.facts.radios[on].ssids[number])

    def frequency(reading: Moment, row: Row) -> Content:
        on = places[row][0]
        return round(frequency_ghz(BANDS[on], reading.facts.radios[on].channel) * 1000)

    yield from table(
        _AP_TABLE,
        (
            (2, Kind.GAUGE32, constant(6_000_000)),
            (3, Kind.GAUGE32, constant(6_000_000)),
            (4, Kind.OCTETS, ssid),
            (5, Kind.OCTETS, lambda r, i: r.state.hardware.mac[:5] + bytes([(r.state.hardware.mac[5] + i) % 256])),
            (6, Kind.COUNTER32, clients),
            (7, Kind.INTEGER, frequency),
            (8, Kind.OCTETS, lambda _, i: text(_BANDS[BANDS[places[i][0]]])),
            (9, Kind.INTEGER, constant(_NOISE_FLOOR_DBM)),
            (10, Kind.COUNTER32, constant(_CCQ_PERCENT)),
            (11, Kind.COUNTER32, clients),
        ),
        [((index,), index) for index in places],
    )


FAMILY = Family(name="routeros", dialect=RouterOs(), enterprise=14988, shows=_shows, bands=BANDS)
