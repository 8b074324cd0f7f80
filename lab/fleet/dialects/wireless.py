"""What netifd and hostapd make of the package `wireless`: uci takes any value, a radio sends only with good ones."""

from city.model.wireless import Band
from lab.fleet.config import Config
from lab.fleet.dialects.options import of_type, option
from lab.fleet.facts import RadioFacts
from lab.fleet.radio import CHANNELS, MOST_DBM, can_send

_MOST_SSID_OCTETS = 32


def radio_facts(config: Config, index: int, band: Band) -> RadioFacts:
    """A radio that no section names, or that is told what it cannot do, is shut."""
    name = f"radio{index}"
    section = f"wireless.{name}"
    channel = _number(option(config, section, "channel"), CHANNELS[band][0])
    power = _number(option(config, section, "txpower") or option(config, section, "eirp"), MOST_DBM[band])
    there = option(config, section, "") == "wifi-device" and option(config, section, "disabled") != "1"
    return RadioFacts(
        index=index,
        channel=int(channel),
        eirp_dbm=power,
        enabled=there and can_send(band, int(channel), power),
        ssids=tuple(_ssids(config, name)),
    )


def _ssids(config: Config, radio: str) -> list[str]:
    ours = [
        section
        for section in of_type(config, "wireless", "wifi-iface")
        if option(config, section, "device") == radio
        and option(config, section, "disabled") != "1"
        and option(config, section, "mode") in (None, "ap")
    ]
    names = (option(config, section, "ssid") or "" for section in ours)
    return [name for name in names if 0 < len(name.encode()) <= _MOST_SSID_OCTETS]


def _number(given: str | None, otherwise: float) -> float:
    """`auto` and nothing at all leave the choice to the box; what is no number is none that it can take."""
    if given in (None, "auto"):
        return otherwise
    try:
        return float(str(given))
    except ValueError:
        return -1
