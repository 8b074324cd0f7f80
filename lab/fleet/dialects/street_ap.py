"""street-ap: an access point with sections, as IOS-like ones have them."""

from collections.abc import Sequence
from functools import lru_cache

from city.model.wireless import CHANNELS, EIRP_LIMIT_DBM, Band
from lab.fleet.config import Config, Line, lines_of, of, sections, value, values
from lab.fleet.dialects.grammar import Kind, Setting, address, level, matching, named, numbered, text, within, word
from lab.fleet.dialects.sections import Grammar
from lab.fleet.facts import Facts, PortFacts, RadioFacts
from lab.fleet.hardware import Hardware
from lab.fleet.state import DeviceState

RADIO, PORT = "interface dot11radio", "interface gigabitethernet"
SECURITY = ("open", "owe", "wpa3-enterprise")
_LOCATION = matching(r"-?\d{1,3}(\.\d+)?,-?\d{1,2}(\.\d+)?")
TOP = (
    Setting(key="hostname", accepts=matching(r"[A-Za-z][A-Za-z0-9-]{0,62}")),
    Setting(key="snmp-server location", accepts=_LOCATION),
    Setting(key="ntp server", accepts=address, many=True),
    Setting(key="logging host", accepts=address, many=True),
)
VLAN = Kind(
    keyword="vlan", name=named(within(1, 4094)), prompt="config-vlan", settings=(Setting(key="name", accepts=word),)
)
_WLAN = Kind(
    keyword="wlan",
    name=named(word),
    prompt="config-wlan",
    settings=(
        Setting(key="ssid", accepts=lambda ssid: text(ssid) and len(ssid.encode()) <= 32),  # noqa: PLR2004 - IEEE 802.11, 9.4.2.2
        Setting(key="security", accepts=lambda name: name in SECURITY),
        Setting(key="vlan", accepts=within(1, 4094)),
        Setting(key="client-isolation"),
    ),
)


def _channel(band: Band) -> Setting:
    allowed = {str(channel) for channel in CHANNELS[band]}
    return Setting(key="channel", accepts=lambda value: value in allowed)


def _radio(index: int, band: Band) -> Kind:
    return Kind(
        keyword=RADIO,
        name=numbered(str(index)),
        prompt="config-if",
        switched=True,
        settings=(
            _channel(band),
            Setting(key="eirp", accepts=level(EIRP_LIMIT_DBM[band])),
            Setting(key="wlan", accepts=word, many=True),
        ),
    )


_PORT = Kind(
    keyword=PORT,
    name=numbered("0"),
    prompt="config-if",
    switched=True,
    settings=(Setting(key="description", accepts=text), Setting(key="management vlan", accepts=within(1, 4094))),
)


@lru_cache
def _grammar(bands: tuple[Band, ...]) -> Grammar:
    radios = tuple(_radio(index, band) for index, band in enumerate(bands))
    headers = [f"{RADIO} {index}" for index in range(len(bands))]
    return Grammar(
        top=TOP, kinds=(VLAN, _WLAN, *radios, _PORT), fixed=frozenset([*headers, f"{PORT} 0"]), defaults=_factory(bands)
    )


def _factory(bands: Sequence[Band]) -> Config:
    """Out of the box: it can be reached, and sends nothing."""
    radios = [
        (f"{RADIO} {index}", line)
        for index, band in enumerate(bands)
        for line in (f"channel {CHANNELS[band][0]}", "eirp 10", "shutdown")
    ]
    return of(("", "hostname street-ap"), *radios, (f"{PORT} 0", "no shutdown"))


class StreetAp:
    firmware = "6.2.1"

    def grammar(self, hardware: Hardware) -> Grammar:
        return _grammar(hardware.bands)

    def factory(self, hardware: Hardware) -> Config:
        return _factory(hardware.bands)

    def facts(self, config: Config, hardware: Hardware) -> Facts:
        return Facts(
            hostname=value(config, "", "hostname") or "",
            location=value(config, "", "snmp-server location") or "",
            radios=tuple(_radio_facts(config, index) for index in range(len(hardware.bands))),
            ports=(
                PortFacts(
                    number=0,
                    description=value(config, f"{PORT} 0", "description") or "",
                    enabled=Line(f"{PORT} 0", "shutdown") not in config,
                ),
            ),
            vlans=vlans(config),
        )

    def shows(self, state: DeviceState, what: str, now: float) -> str | None:
        del state, what, now
        return None


def _radio_facts(config: Config, index: int) -> RadioFacts:
    header = f"{RADIO} {index}"
    ssids = (value(config, f"wlan {name}", "ssid") for name in values(config, header, "wlan"))
    return RadioFacts(
        index=index,
        channel=int(value(config, header, "channel") or 0),
        eirp_dbm=float(value(config, header, "eirp") or 0),
        enabled="shutdown" not in lines_of(config, header),
        ssids=tuple(ssid for ssid in ssids if ssid),
    )


def vlans(config: Config) -> tuple[tuple[int, str], ...]:
    """Number and name of each VLAN section, in order."""
    numbers = sorted(int(header[5:]) for header in sections(config) if header.startswith("vlan "))
    return tuple((number, value(config, f"vlan {number}", "name") or "") for number in numbers)
