"""What netifd and hostapd make of the package `wireless`: uci takes any value, a radio sends only with good ones."""

from city.model.wireless import Band
from lab.fleet.config import Config
from lab.fleet.dialects.grammar import address, within
from lab.fleet.dialects.options import of_type, option
from lab.fleet.facts import AskedServer, RadioFacts
from lab.fleet.radio import CHANNELS, MOST_DBM, can_send

_MOST_SSID_OCTETS, _RADIUS_PORT = 32, "1812"
_GAIN_DBI = {Band.GHZ_2_4: 3.0, Band.GHZ_5: 4.0}
"""Of the antennas of a small outdoor box: `txpower` is what the radio puts into them."""


def radio_facts(config: Config, index: int, band: Band) -> RadioFacts:
    """A radio that no section names, or that is told what it cannot do, is shut."""
    name = f"radio{index}"
    section = f"wireless.{name}"
    channel = _channel(option(config, section, "channel"), CHANNELS[band][0])
    power = _power_dbm(config, section, band)
    sent = _sent(config, name)
    there = option(config, section, "") == "wifi-device" and option(config, section, "disabled") != "1"
    return RadioFacts(
        index=index,
        channel=channel,
        eirp_dbm=power,
        enabled=there and can_send(band, channel, power),
        ssids=tuple(option(config, section, "ssid") or "" for section in sent),
        radius=tuple(_servers(config, section) for section in sent),
    )


def _channel(given: str | None, otherwise: int) -> int:
    if given in (None, "auto"):
        return otherwise
    return int(given) if given is not None and given.isascii() and given.isdigit() else 0


def _power_dbm(config: Config, section: str, band: Band) -> float:
    """EIRP; as much as it may where nothing is said."""
    conducted = option(config, section, "txpower")
    if conducted is None:
        return _number(option(config, section, "eirp"), MOST_DBM[band])
    return _number(conducted, MOST_DBM[band] - _GAIN_DBI[band]) + _GAIN_DBI[band]


def _sent(config: Config, radio: str) -> list[str]:
    """The sections of the networks that it sends."""
    ours = [
        section
        for section in of_type(config, "wireless", "wifi-iface")
        if option(config, section, "device") == radio
        and option(config, section, "disabled") != "1"
        and option(config, section, "mode") in (None, "ap")
    ]
    return [name for name in ours if 0 < len((option(config, name, "ssid") or "").encode()) <= _MOST_SSID_OCTETS]


def _servers(config: Config, section: str) -> tuple[AskedServer, ...] | None:
    """What netifd tells hostapd of a network with EAP (`encryption=wpa2`, `wpa3`, `wpa3-mixed`): one server."""
    if not (option(config, section, "encryption") or "").startswith("wpa"):
        return None
    server, port = option(config, section, "auth_server") or "", option(config, section, "auth_port") or _RADIUS_PORT
    secret = option(config, section, "auth_secret") or ""
    good = address(server) and within(1, 65535)(port)
    return (AskedServer(address=server, port=int(port), secret=secret),) if good else ()


def _number(given: str | None, otherwise: float) -> float:
    """`auto` and nothing at all leave the choice to the box; what is no number is none that it can take."""
    if given in (None, "auto"):
        return otherwise
    try:
        return float(str(given))
    except ValueError:
        return float("-inf")
