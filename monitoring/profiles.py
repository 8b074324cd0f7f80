"""What is read from each platform over SNMP, as data, and what its answers are called in the series.

Names, types and OIDs are those of the MIBs: SNMPv2-MIB (RFC 3418), IF-MIB (RFC 2863), HOST-RESOURCES-MIB
(RFC 2790), POWER-ETHERNET-MIB (RFC 3621), RUCKUS-RADIO-MIB and UBNT-UniFi-MIB.

A series has the key `name` where a device has one such value, and `name[label=index]` for a row of a table:
`sysUpTime`, `ifHCInOctets[ifIndex=2]`. Text goes by the same keys, and into no series.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from city.errors import InvalidInput
from snmp.pdu import VarBind

_KEY = re.compile(r"(?P<name>[A-Za-z][A-Za-z0-9]*)(?:\[(?P<label>[A-Za-z][A-Za-z0-9]*)=(?P<index>\d+(?:\.\d+)*)])?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scalar:
    """One value of a device: `oid` ends in the instance's `.0`, `unit` is the MIB's or empty for none."""

    metric: str
    oid: str
    unit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a table: `oid` without an index, which `label` gives a name."""

    metric: str
    oid: str
    label: str
    unit: str = ""

    def key(self, index: str) -> str:
        return f"{self.metric}[{self.label}={index}]"


@dataclass(frozen=True, slots=True, kw_only=True)
class RadioView:
    """Where a platform shows what its radios send: a row for each radio, or for each network on each radio.

    A row's band is that of its `channel`. It is up where `state` is 1, whose index is `ahead` further on. `ssid` names
    the network of the same row where it has the same label, and otherwise those that the device sends on any radio.
    `silent` has rows though nothing is sent: where it has, a band without a row is known to be shut.
    """

    channel: Column
    state: Column
    ahead: int = 0
    ssid: Column
    silent: Column | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    platform: str
    scalars: tuple[Scalar, ...]
    tables: tuple[Column, ...]
    radios: RadioView | None = None


_SYSTEM = (
    Scalar(metric="sysUpTime", oid="1.3.6.1.2.1.1.3.0", unit="1/100 s"),
    Scalar(metric="sysName", oid="1.3.6.1.2.1.1.5.0"),
)
_OPERATES = Column(metric="ifOperStatus", oid="1.3.6.1.2.1.2.2.1.8", label="ifIndex")
_INTERFACES = (
    _OPERATES,
    Column(metric="ifHCInOctets", oid="1.3.6.1.2.1.31.1.1.1.6", label="ifIndex", unit="octets"),
    Column(metric="ifHCOutOctets", oid="1.3.6.1.2.1.31.1.1.1.10", label="ifIndex", unit="octets"),
)
_HOST = (
    Column(metric="hrStorageSize", oid="1.3.6.1.2.1.25.2.3.1.5", label="hrStorageIndex", unit="allocation units"),
    Column(metric="hrStorageUsed", oid="1.3.6.1.2.1.25.2.3.1.6", label="hrStorageIndex", unit="allocation units"),
    Column(metric="hrProcessorLoad", oid="1.3.6.1.2.1.25.3.3.1.2", label="hrDeviceIndex", unit="percent"),
)
_POWER = (
    Column(
        metric="pethMainPseConsumptionPower",
        oid="1.3.6.1.2.1.105.1.3.1.1.4",
        label="pethMainPseGroupIndex",
        unit="W",
    ),
)

_RUCKUS = "1.3.6.1.4.1.25053.1.1"
_RUCKUS_SYSTEM = (Scalar(metric="ruckusSystemCPUUtil", oid=f"{_RUCKUS}.11.1.1.1.1.0", unit="percent"),)
_RUCKUS_CHANNEL = Column(metric="ruckusRadioChannel", oid=f"{_RUCKUS}.12.1.1.1.2.1.4", label="radio")
_RUCKUS_SSID = Column(metric="ruckusWLANSSID", oid=f"{_RUCKUS}.6.1.1.1.1.1.1", label="wlan")
_RUCKUS_RADIOS = (
    _RUCKUS_CHANNEL,
    Column(metric="ruckusRadioTxPower", oid=f"{_RUCKUS}.12.1.1.1.2.1.6", label="radio", unit="dB below full"),
    Column(metric="ruckusRadioStatsNumSta", oid=f"{_RUCKUS}.12.1.1.1.3.1.2", label="radio"),
    Column(metric="ruckusRadioStatsResourceUtil", oid=f"{_RUCKUS}.12.1.1.1.3.1.15", label="radio", unit="percent"),
    Column(metric="ruckusRadioStatsRxBytes", oid=f"{_RUCKUS}.12.1.1.1.3.1.16", label="radio", unit="octets"),
    Column(metric="ruckusRadioStatsTxBytes", oid=f"{_RUCKUS}.12.1.1.1.3.1.22", label="radio", unit="octets"),
    _RUCKUS_SSID,
)
_CABLE_FIRST = 1
"""Radios count from 1, and their interfaces from 2: the first is the cable."""

_UNIFI = "1.3.6.1.4.1.41112.1.6"
_UNIFI_RADIO = Column(metric="unifiRadioCuTotal", oid=f"{_UNIFI}.1.1.1.6", label="radio", unit="percent")
_UNIFI_CHANNEL = Column(metric="unifiVapChannel", oid=f"{_UNIFI}.1.2.1.4", label="vap")
_UNIFI_SSID = Column(metric="unifiVapEssId", oid=f"{_UNIFI}.1.2.1.6", label="vap")
_UNIFI_UP = Column(metric="unifiVapUp", oid=f"{_UNIFI}.1.2.1.22", label="vap")
_UNIFI_RADIOS = (
    _UNIFI_RADIO,
    _UNIFI_CHANNEL,
    _UNIFI_SSID,
    Column(metric="unifiVapNumStations", oid=f"{_UNIFI}.1.2.1.8", label="vap"),
    Column(metric="unifiVapRxBytes", oid=f"{_UNIFI}.1.2.1.10", label="vap", unit="octets"),
    Column(metric="unifiVapTxBytes", oid=f"{_UNIFI}.1.2.1.16", label="vap", unit="octets"),
    Column(metric="unifiVapTxPower", oid=f"{_UNIFI}.1.2.1.21", label="vap", unit="dBm"),
    _UNIFI_UP,
)

PROFILES: Mapping[str, Profile] = MappingProxyType(
    {
        made.platform: made
        for made in (
            Profile(
                platform="street-ap",
                scalars=(*_SYSTEM, *_RUCKUS_SYSTEM),
                tables=(*_INTERFACES, *_RUCKUS_RADIOS),
                radios=RadioView(channel=_RUCKUS_CHANNEL, state=_OPERATES, ahead=_CABLE_FIRST, ssid=_RUCKUS_SSID),
            ),
            Profile(
                platform="mesh-ap",
                scalars=_SYSTEM,
                tables=(*_INTERFACES, *_UNIFI_RADIOS),
                radios=RadioView(channel=_UNIFI_CHANNEL, state=_UNIFI_UP, ssid=_UNIFI_SSID, silent=_UNIFI_RADIO),
            ),
            Profile(platform="edge-switch", scalars=_SYSTEM, tables=(*_INTERFACES, *_HOST, *_POWER)),
            Profile(platform="frr", scalars=_SYSTEM, tables=(*_INTERFACES, *_HOST)),
        )
    }
)


def profile(platform: str) -> Profile:
    """What is read from devices of `platform`. Raises InvalidInput where nobody has said."""
    try:
        return PROFILES[platform]
    except KeyError:
        raise InvalidInput(
            f"platform {platform}",
            "nothing is known of what it shows over SNMP",
            f"Known are {', '.join(PROFILES)}: declare one of these, or add a profile.",
        ) from None


def readings(profile: Profile, varbinds: Iterable[VarBind]) -> dict[str, float]:
    """The numbers among a device's answers, by the key of their series.

    What the profile does not ask for, what the device does not have and what is text is left out.
    A Counter64 above 2^53 is rounded to the nearest float.
    """
    places = _places(profile)
    found = {}
    for oid, value in varbinds:
        if isinstance(value.content, int) and (key := _key(places, oid)) is not None:
            found[key] = float(value.content)
    return found


def words(profile: Profile, varbinds: Iterable[VarBind]) -> dict[str, str]:
    """The text among a device's answers, by the key that it would have as a series; what is no UTF-8 is replaced."""
    places = _places(profile)
    found = {}
    for oid, value in varbinds:
        if isinstance(value.content, bytes) and (key := _key(places, oid)) is not None:
            found[key] = value.content.decode(errors="replace")
    return found


def parse_key(key: str) -> tuple[str, dict[str, str]]:
    """The name and the labels that a series' key is made of. Raises ValueError where it is none."""
    parts = _KEY.fullmatch(key)
    if parts is None:
        raise ValueError(f"{key!r} is not the key of a series, such as ifHCInOctets[ifIndex=2]")
    return parts["name"], {parts["label"]: parts["index"]} if parts["label"] else {}


_Places = tuple[Mapping[str, str], Mapping[str, Column]]


@lru_cache
def _places(profile: Profile) -> _Places:
    return {s.oid: s.metric for s in profile.scalars}, {c.oid: c for c in profile.tables}


def _key(places: _Places, oid: str) -> str | None:
    """An index may have several parts, so the column is the first that the OID begins with, seen from its end."""
    scalars, columns = places
    if (scalar := scalars.get(oid)) is not None:
        return scalar
    place = oid.rfind(".")
    while place > 0:
        if (column := columns.get(oid[:place])) is not None:
            return column.key(oid[place + 1 :])
        place = oid.rfind(".", 0, place)
    return None
