"""street-ap: an access point with sections, as IOS-like ones have them. Over SNMP it is a Ruckus.

Two radios: `dot11radio 0` for 2.4 GHz and `dot11radio 1` for 5 GHz; SNMP calls them wifi0 and wifi1. In the tables of
RUCKUS-RADIO-MIB radios count from 1; a WLAN has one row for each radio that sends it. Transmit power is what the radio
stays below its full power, in dB; full is what the EU allows in its band.
"""

from collections.abc import Iterator
from functools import cache

from city.model.wireless import Band
from lab.fleet.box import Hardware
from lab.fleet.config import Config, ConfigLine, lines_of, of, value, values
from lab.fleet.dialects.grammar import (
    SectionKind,
    Setting,
    address,
    level,
    named,
    numbered,
    text,
    unquoted,
    within,
    word,
)
from lab.fleet.dialects.lines import TOP, VLAN, vlans
from lab.fleet.dialects.sectioned import Sectioned
from lab.fleet.dialects.sections import Grammar
from lab.fleet.facts import AskedServer, Facts, PortFacts, RadioFacts
from lab.fleet.family import Family
from lab.fleet.radio import CHANNELS, MOST_DBM
from lab.fleet.state import DeviceState
from lab.fleet.views import objects, system
from lab.fleet.views.interfaces import TUNNEL, idle, interfaces, loopback, radio, uplink
from lab.fleet.views.moment import Moment, downstream, split, upstream
from lab.fleet.views.objects import Content, Object, Row, scalar, table
from lab.fleet.views.shape import Shape
from snmp.pdu import Kind

NAME, _FIRMWARE = "street-ap", "6.2.1"
BANDS = (Band.GHZ_2_4, Band.GHZ_5)
RADIO, PORT = "interface dot11radio", "interface gigabitethernet"
_ENTERPRISE = "wpa3-enterprise"
SECURITY = ("open", "owe", _ENTERPRISE)
_RADIUS_PORT = 1812
"""RFC 2865, 3."""
_MOST_SSID_OCTETS = 32
"""IEEE 802.11, 9.4.2.2."""
_WLAN = SectionKind(
    keyword="wlan",
    name=named(word),
    prompt="config-wlan",
    settings=(
        Setting(key="ssid", accepts=lambda ssid: text(ssid) and len(unquoted(ssid).encode()) <= _MOST_SSID_OCTETS),
        Setting(key="security", accepts=lambda name: name in SECURITY),
        Setting(key="vlan", accepts=within(1, 4094)),
        Setting(key="client-isolation"),
        Setting(key="radius-server", accepts=address, many=True),
    ),
)
_RADIUS = SectionKind(
    keyword="radius-server",
    name=named(address),
    prompt="config-radius",
    settings=(Setting(key="port", accepts=within(1, 65535)), Setting(key="key", accepts=word)),
)
_PORT = SectionKind(
    keyword=PORT,
    name=numbered("0"),
    prompt="config-if",
    switched=True,
    settings=(Setting(key="description", accepts=text), Setting(key="management vlan", accepts=within(1, 4094))),
)


def _radio(index: int, band: Band) -> SectionKind:
    allowed = {str(channel) for channel in CHANNELS[band]}
    return SectionKind(
        keyword=RADIO,
        name=numbered(str(index)),
        prompt="config-if",
        switched=True,
        settings=(
            Setting(key="channel", accepts=lambda value: value in allowed),
            Setting(key="eirp", accepts=level(MOST_DBM[band])),
            Setting(key="wlan", accepts=word, many=True),
        ),
    )


@cache
def _factory() -> Config:
    """Out of the box: it can be reached, and sends nothing."""
    radios = [
        (f"{RADIO} {index}", line)
        for index, band in enumerate(BANDS)
        for line in (f"channel {CHANNELS[band][0]}", "eirp 10", "shutdown")
    ]
    return of(("", f"hostname {NAME}"), *radios, (f"{PORT} 0", "no shutdown"))


@cache
def _grammar() -> Grammar:
    radios = tuple(_radio(index, band) for index, band in enumerate(BANDS))
    headers = [f"{RADIO} {index}" for index in range(len(BANDS))]
    return Grammar(
        top=TOP,
        kinds=(VLAN, _RADIUS, _WLAN, *radios, _PORT),
        fixed=frozenset([*headers, f"{PORT} 0"]),
        defaults=_factory(),
    )


class StreetAp:
    firmware = _FIRMWARE

    def grammar(self, hardware: Hardware) -> Grammar:
        del hardware
        return _grammar()

    def factory(self, hardware: Hardware) -> Config:
        del hardware
        return _factory()

    def facts(self, config: Config, hardware: Hardware) -> Facts:
        del hardware
        return Facts(
            hostname=value(config, "", "hostname") or "",
            location=value(config, "", "snmp-server location") or "",
            radios=tuple(_radio_facts(config, index) for index in range(len(BANDS))),
            ports=(
                PortFacts(
                    number=0,
                    description=value(config, f"{PORT} 0", "description") or "",
                    enabled=ConfigLine(f"{PORT} 0", "shutdown") not in config,
                ),
            ),
            vlans=vlans(config),
        )

    def shows(self, state: DeviceState, what: str, now: float) -> str | None:
        del state, what, now
        return None


def _radio_facts(config: Config, index: int) -> RadioFacts:
    header = f"{RADIO} {index}"
    sent = [name for name in values(config, header, "wlan") if value(config, f"wlan {name}", "ssid")]
    return RadioFacts(
        index=index,
        channel=int(value(config, header, "channel") or 0),
        eirp_dbm=float(value(config, header, "eirp") or 0),
        enabled="shutdown" not in lines_of(config, header),
        ssids=tuple(unquoted(value(config, f"wlan {name}", "ssid") or "") for name in sent),
        radius=tuple(_servers(config, f"wlan {name}") for name in sent),
    )


def _servers(config: Config, wlan: str) -> tuple[AskedServer, ...] | None:
    """Of a network that lets in whom RADIUS lets in: those that it names, each as its own section has it."""
    if value(config, wlan, "security") != _ENTERPRISE:
        return None
    return tuple(
        AskedServer(
            address=server,
            port=int(value(config, f"radius-server {server}", "port") or _RADIUS_PORT),
            secret=value(config, f"radius-server {server}", "key") or "",
        )
        for server in values(config, wlan, "radius-server")
    )


_RUCKUS = "1.3.6.1.4.1.25053"
_BASE = f"{_RUCKUS}.1.1"
_INTERFACES = {
    1: loopback,
    2: idle("tunl0", TUNNEL),
    4: uplink("eth0"),
    5: idle("eth1"),
    6: radio("wifi1", 1),
    7: radio("wifi0", 0),
}
"""In the order of a public recording of an R850: the radio for 5 GHz comes first."""


def _shows(of_shape: Shape) -> Iterator[Object]:
    yield from system.system(f"{_RUCKUS}.3.1.11", lambda r: f"{NAME} {r.state.hardware.serial} (lab)", system.SERVES)
    yield from system.host()
    yield from system.entity(NAME)
    yield from interfaces(_INTERFACES)
    yield from _hardware()
    yield from _radios()
    yield from _wlans(of_shape)


def _hardware() -> Iterator[Object]:
    """RUCKUS-HWINFO-MIB and RUCKUS-SYSTEM-MIB."""
    yield scalar(f"{_BASE}.2.1.1.1.1", Kind.OCTETS, lambda _: objects.text(NAME))
    yield scalar(f"{_BASE}.2.1.1.1.2", Kind.OCTETS, lambda r: objects.text(r.state.hardware.serial))
    yield scalar(f"{_BASE}.11.1.1.1.1", Kind.INTEGER, lambda r: r.load())


def _radios() -> Iterator[Object]:
    """RUCKUS-RADIO-MIB."""
    rows = [((index + 1,), index) for index in range(len(BANDS))]
    yield from table(
        f"{_BASE}.12.1.1.1.2.1",
        (
            (4, Kind.INTEGER, lambda r, i: r.facts.radios[i].channel),
            (6, Kind.INTEGER, lambda r, i: round(MOST_DBM[BANDS[i]] - r.facts.radios[i].eirp_dbm)),
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


def _wlans(of_shape: Shape) -> Iterator[Object]:
    """RUCKUS-WLAN-MIB."""
    places = of_shape.networks
    rows = [((row + 1,), row) for row in range(len(places))]

    def share(reading: Moment, row: Row, total: int) -> int:
        on, number = places[row]
        return split(total, max(1, len(reading.facts.radios[on].ssids)), number)

    def ssid(reading: Moment, row: Row) -> Content:
        on, number = places[row]
        return objects.text(reading.facts.radios[on].ssids[number])

    yield from table(f"{_BASE}.6.1.1.1.1.1", ((1, Kind.OCTETS, ssid),), rows)
    yield from table(
        f"{_BASE}.6.1.1.1.4.1",
        (
            (3, Kind.GAUGE32, lambda r, i: r.inside_of(*places[i])),
            (24, Kind.COUNTER64, lambda r, i: share(r, i, upstream(r.octets[places[i][0]]))),
            (39, Kind.COUNTER64, lambda r, i: share(r, i, downstream(r.octets[places[i][0]]))),
        ),
        rows,
    )


FAMILY = Family(name=NAME, dialect=Sectioned(StreetAp()), enterprise=25053, shows=_shows, bands=BANDS)
