"""The named options of mesh-ap, as OpenWrt's uci has them: what may be set, and to what.

A section is named `wireless.radio0`; its lines are its type (`=wifi-device`) and its options
(`channel=6`, unquoted here, quoted where they are shown).
"""

import re
import shlex
from collections.abc import Mapping
from functools import lru_cache

from city.model.wireless import CHANNELS, EIRP_LIMIT_DBM, Band
from lab.fleet.config import Config, Line, lines_of, of, sections, without
from lab.fleet.dialects.grammar import Test, address, level, matching, text, within
from lab.fleet.dialects.sections import natural
from lab.fleet.hardware import Hardware

INVALID, MISSING = "uci: Invalid argument", "uci: Entry not found"
ENCRYPTION = ("none", "owe", "wpa3")
SECTION = re.compile(r"(system|network|wireless)\.[A-Za-z0-9_]+")
_BIT = matching("[01]")


def _each(test: Test) -> Test:
    return lambda value: all(map(test, value.split()))


_OPTIONS: Mapping[str, Mapping[str, Test]] = {
    "system.system": {
        "hostname": matching(r"[A-Za-z0-9][A-Za-z0-9-]{0,62}"),
        "location": matching(r"-?\d{1,3}(\.\d+)?,-?\d{1,2}(\.\d+)?"),
    },
    "system.timeserver": {"server": _each(address)},
    "system.log": {"host": _each(address)},
    "network.interface": {"vlan": within(1, 4094)},
    "network.port": {"description": text},
    "wireless.wifi-iface": {
        "device": matching(r"radio\d"),
        "ssid": lambda ssid: text(ssid) and len(ssid.encode()) <= 32,  # noqa: PLR2004 - IEEE 802.11, 9.4.2.2
        "encryption": lambda name: name in ENCRYPTION,
        "vlan": within(1, 4094),
        "isolate": _BIT,
    },
}
"""What may be set, by package and type of the section. Those of a radio depend on its band."""


def _radio_options(band: Band) -> Mapping[str, Test]:
    allowed = {str(channel) for channel in CHANNELS[band]}
    return {
        "channel": lambda value: value in allowed,
        "eirp": level(EIRP_LIMIT_DBM[band]),
        "disabled": _BIT,
    }


@lru_cache
def factory(bands: tuple[Band, ...]) -> Config:
    """Out of the box: it can be reached, and sends nothing."""
    radios = [
        (f"wireless.radio{index}", line)
        for index, band in enumerate(bands)
        for line in ("=wifi-device", f"channel={CHANNELS[band][0]}", "eirp=10", "disabled=1")
    ]
    return of(
        ("system.host", "=system"),
        ("system.host", "hostname=mesh-ap"),
        ("network.management", "=interface"),
        ("network.uplink", "=port"),
        *radios,
    )


def _fixed(hardware: Hardware) -> set[str]:
    return {line.section for line in factory(hardware.bands)}


def option(config: Config, section: str, name: str) -> str | None:
    return next((line[len(name) + 1 :] for line in lines_of(config, section) if line.startswith(f"{name}=")), None)


def _tests(config: Config, section: str, hardware: Hardware) -> Mapping[str, Test]:
    """What the options of this section must be; empty where it is of no known type."""
    kind = option(config, section, "")
    radio = re.fullmatch(r"wireless\.radio(\d)", section)
    if kind == "wifi-device" and radio and int(radio[1]) < len(hardware.bands):
        return _radio_options(hardware.bands[int(radio[1])])
    return _OPTIONS.get(f"{section.partition('.')[0]}.{kind}", {})


def assign(config: Config, name: str, given: str, hardware: Hardware) -> Config | None:
    """The configuration after `uci set NAME=GIVEN`; None where it is refused."""
    if SECTION.fullmatch(name):
        return _typed(config, name, given, hardware)
    section, _, key = name.rpartition(".")
    test = _tests(config, section, hardware).get(key)
    if test is None or not test(given):
        return None
    return without(config, lambda line: line.section == section and line.text.startswith(f"{key}=")) | {
        Line(section, f"{key}={given}")
    }


def _typed(config: Config, section: str, kind: str, hardware: Hardware) -> Config | None:
    if option(config, section, "") == kind:
        return config
    if section in _fixed(hardware) or f"{section.partition('.')[0]}.{kind}" not in _OPTIONS:
        return None
    rest = without(config, lambda line: line.section == section)
    return rest | {Line(section, ""), Line(section, f"={kind}")}


def delete(config: Config, name: str, hardware: Hardware) -> Config | str:
    """The configuration after `uci delete NAME`, or what it answers instead."""
    if SECTION.fullmatch(name) and name in sections(config):
        return INVALID if name in _fixed(hardware) else without(config, lambda line: line.section == name)
    section, _, key = name.rpartition(".")
    if not key or option(config, section, key) is None:
        return MISSING
    left = without(config, lambda line: line.section == section and line.text.startswith(f"{key}="))
    return left | {
        line for line in factory(hardware.bands) if line.section == section and line.text.startswith(f"{key}=")
    }


def shown(line: Line) -> str:
    """As `uci show` has it."""
    key, _, given = line.text.partition("=")
    return f"{line.section}.{key}={_quoted(given)}" if key else f"{line.section}={given}"


def _quoted(given: str) -> str:
    return "'" + given.replace("'", "'\\''") + "'"


def printed(config: Config) -> list[str]:
    """Sorted by section, each section's type before its options."""
    said = [line for line in config if line.text]
    return [shown(line) for line in sorted(said, key=lambda line: (natural(line.section), line.text))]


def parse(shown: str, hardware: Hardware) -> Config:
    """What `printed` printed. Raises ValueError at a line that this device would refuse."""
    config: Config = frozenset(line for line in factory(hardware.bands) if not line.text or line.text.startswith("="))
    for line in shown.splitlines():
        name, _, given = "".join(shlex.split(line)).partition("=")
        changed = assign(config, name, given, hardware)
        if changed is None:
            raise ValueError(f"{line}: {INVALID}")
        config = changed
    return config
