"""mesh-ap: an access point with OpenWrt's command line. Over SNMP it is a UniFi (UBNT-UniFi-MIB).

Two radios: `radio0` for 2.4 GHz and `radio1` for 5 GHz. In the MIB radios count from 1; a virtual access point (VAP)
is one SSID on one radio, and they count through.
"""

from collections.abc import Iterator

from city.model.wireless import Band
from lab.fleet.dialects.uci import Uci
from lab.fleet.family import Family
from lab.fleet.radio import CHANNELS
from lab.fleet.views import system
from lab.fleet.views.interfaces import BRIDGE, Interface, Shows, idle, interfaces, loopback, radio, uplink
from lab.fleet.views.moment import Moment, downstream, packets, split, upstream
from lab.fleet.views.objects import WRAP_32, Content, Object, Row, constant, scalar, table, text
from lab.fleet.views.shape import Shape
from snmp.pdu import Kind

NAME, _FIRMWARE = "mesh-ap", "23.05.5"
BANDS = (Band.GHZ_2_4, Band.GHZ_5)
_RELEASE = f"DISTRIB_ID='{NAME}'\nDISTRIB_RELEASE='{_FIRMWARE}'\nDISTRIB_SERIAL='{{serial}}'"
_BOX = (
    ("system.host", "=system"),
    ("system.host", f"hostname={NAME}"),
    ("network.management", "=interface"),
    ("network.uplink", "=port"),
    *(
        (f"wireless.radio{index}", line)
        for index, band in enumerate(BANDS)
        for line in ("=wifi-device", f"channel={CHANNELS[band][0]}", "eirp=10", "disabled=1")
    ),
)
"""Out of the box: it can be reached, and sends nothing."""

_UNIFI = "1.3.6.1.4.1.41112.1.6"
_TRUE, _FALSE = 1, 2
"""TruthValue (RFC 2579)."""
_RADIO_NAMES = {Band.GHZ_2_4: "ng", Band.GHZ_5: "na"}
"""unifiRadioRadio and unifiVapRadio: 802.11ng and 802.11na; a radio at 6 GHz would be `6e`."""
_CCQ = 900
_FIRST_VAP = 10
"""ifIndex of the first VAP's interface."""


def _shows(of_shape: Shape) -> Iterator[Object]:
    yield from system.system(_UNIFI, lambda r: f"{NAME} {r.state.hardware.serial} (lab)", system.SERVES)
    yield from system.host()
    yield from system.entity(NAME)
    yield from interfaces(_interfaces(of_shape))
    yield from _system()
    yield from _radios()
    yield from _vaps(of_shape)


def _interfaces(of_shape: Shape) -> dict[int, Shows]:
    box = {1: loopback, 2: uplink("eth0"), 3: idle("eth1"), 4: _bridge, 5: radio("wifi0", 0), 6: radio("wifi1", 1)}
    return box | {_FIRST_VAP + row: _vap(row, *place) for row, place in enumerate(of_shape.networks)}


def _bridge(_reading: Moment) -> Interface:
    return Interface(description="br0", kind=BRIDGE)


def _vap(row: int, on: int, number: int) -> Shows:
    def shows(reading: Moment) -> Interface:
        facts = reading.facts.radios[on]
        octets = split(reading.octets[on], max(1, len(facts.ssids)), number)
        return Interface(
            description=f"ath{row}",
            kind=radio(f"ath{row}", on)(reading).kind,
            working=facts.on_air,
            enabled=facts.enabled,
            octets_in=upstream(octets),
            octets_out=downstream(octets),
        )

    return shows


def _system() -> Iterator[Object]:
    yield scalar(f"{_UNIFI}.3.2", Kind.INTEGER, lambda _: _FALSE)
    yield scalar(f"{_UNIFI}.3.3", Kind.OCTETS, lambda _: text(NAME))
    yield scalar(f"{_UNIFI}.3.5", Kind.COUNTER32, lambda r: int(r.state.uptime_s(r.now)) % WRAP_32)
    yield scalar(f"{_UNIFI}.3.6", Kind.OCTETS, lambda _: text(_FIRMWARE))


def _radios() -> Iterator[Object]:
    yield from table(
        f"{_UNIFI}.1.1.1",
        (
            (1, Kind.INTEGER, lambda _, i: i + 1),
            (2, Kind.OCTETS, lambda _, i: text(f"wifi{i}")),
            (3, Kind.OCTETS, lambda _, i: text(_RADIO_NAMES[BANDS[i]])),
            (4, Kind.COUNTER32, lambda r, i: packets(upstream(r.octets[i])) % WRAP_32),
            (5, Kind.COUNTER32, lambda r, i: packets(downstream(r.octets[i])) % WRAP_32),
            (6, Kind.INTEGER, lambda r, i: r.utilisation(i)),
            (7, Kind.INTEGER, lambda r, i: r.utilisation(i) // 5),
            (8, Kind.INTEGER, lambda r, i: r.utilisation(i) // 2),
            (9, Kind.INTEGER, lambda r, i: r.utilisation(i) // 4),
        ),
        [((index + 1,), index) for index in range(len(BANDS))],
    )


def _vaps(of_shape: Shape) -> Iterator[Object]:
    places = of_shape.networks

    def share(reading: Moment, row: Row, total: int) -> int:
        on, number = places[row]
        return split(total, max(1, len(reading.facts.radios[on].ssids)), number)

    def octets(reading: Moment, row: Row) -> int:
        return reading.octets[places[row][0]]

    def ssid(reading: Moment, row: Row) -> Content:
        on, number = places[row]
        return text(reading.facts.radios[on].ssids[number])

    yield from table(
        f"{_UNIFI}.1.2.1",
        (
            (1, Kind.INTEGER, lambda _, i: i + 1),
            (2, Kind.OCTETS, _bssid),
            (3, Kind.INTEGER, constant(_CCQ)),
            (4, Kind.INTEGER, lambda r, i: r.facts.radios[places[i][0]].channel),
            (6, Kind.OCTETS, ssid),
            (7, Kind.OCTETS, lambda _, i: text(f"ath{i}")),
            (8, Kind.INTEGER, lambda r, i: r.inside_of(*places[i])),
            (9, Kind.OCTETS, lambda _, i: text(_RADIO_NAMES[BANDS[places[i][0]]])),
            (10, Kind.COUNTER32, lambda r, i: share(r, i, upstream(octets(r, i))) % WRAP_32),
            (13, Kind.COUNTER32, constant(0)),
            (16, Kind.COUNTER32, lambda r, i: share(r, i, downstream(octets(r, i))) % WRAP_32),
            (20, Kind.COUNTER32, lambda r, i: packets(octets(r, i)) // 20 % WRAP_32),
            (21, Kind.INTEGER, lambda r, i: round(r.facts.radios[places[i][0]].eirp_dbm)),
            (22, Kind.INTEGER, lambda r, i: _TRUE if r.facts.radios[places[i][0]].on_air else _FALSE),
        ),
        [((row + 1,), row) for row in range(len(places))],
    )


def _bssid(reading: Moment, row: Row) -> Content:
    mac = reading.state.hardware.mac
    return mac[:4] + bytes([mac[4] ^ 0x80, (mac[5] + row) % 256])


FAMILY = Family(name=NAME, dialect=Uci(release=_RELEASE, box=_BOX), enterprise=41112, shows=_shows, bands=BANDS)
