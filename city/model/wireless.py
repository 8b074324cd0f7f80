"""The free Wi-Fi: SSIDs, access points and their radios."""

from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address

from city.geography import Point
from city.model.places import Status
from city.secrets import SecretRef


class Band(StrEnum):
    """By the lower edge of what the EU allows outdoors; see `EIRP_LIMIT_DBM`."""

    GHZ_2_4 = "2.4GHz"
    GHZ_5 = "5GHz"


EIRP_LIMIT_DBM = {Band.GHZ_2_4: 20.0, Band.GHZ_5: 30.0}
"""Outdoors in the EU: 2400-2483.5 MHz (ETSI EN 300 328); 5470-5725 MHz with TPC (ETSI EN 301 893)."""

CHANNELS = {
    Band.GHZ_2_4: tuple(range(1, 14)),
    Band.GHZ_5: tuple(range(100, 141, 4)),
}
"""20 MHz channels allowed outdoors in the EU."""


def frequency_ghz(band: Band, channel: int) -> float:
    """Centre frequency of a channel (IEEE 802.11-2020, annex E)."""
    return (2407 + 5 * channel) / 1000 if band is Band.GHZ_2_4 else (5000 + 5 * channel) / 1000


class Security(StrEnum):
    OPEN = "open"
    OWE = "owe"
    WPA3_ENTERPRISE = "wpa3-enterprise"


@dataclass(frozen=True, slots=True, kw_only=True)
class RadiusServer:
    """Where access points ask who may enter (RFC 2865).

    `secret` says where the shared secret is kept; None where it was set on each device when that was installed.
    """

    address: IPv4Address
    port: int
    secret: SecretRef | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ssid:
    """`radius`: the servers of a network of security wpa3-enterprise, the first to be asked first; none otherwise."""

    id: str
    name: str
    vlan: int
    security: Security
    isolated: bool = True
    radius: tuple[RadiusServer, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Radio:
    """`hardware` is what the vendor's box calls it (`radio0`); empty where the box has one for the band."""

    band: Band
    channel: int
    eirp_dbm: float
    hardware: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessPoint:
    """`platform` names the family; `switch` and `port` say where its cable ends."""

    id: str
    site: str
    position: Point
    height_m: float
    platform: str
    address: IPv4Address
    radios: tuple[Radio, ...]
    ssids: tuple[str, ...]
    switch: str
    port: int
    status: Status
    tags: tuple[str, ...] = ()
