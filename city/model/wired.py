"""The wired side: networks with their VLANs, and the switches that carry them."""

from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network

from city.geography import Point
from city.model.places import Status


class Purpose(StrEnum):
    """What a network is for; each is a tier that others reach only by declared flows."""

    PUBLIC = "public"
    APPLICATION = "application"
    DATA = "data"
    MANAGEMENT = "management"
    IOT = "iot"
    WIFI = "wifi"


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """One VLAN with one subnet at one site. No two networks of the city overlap."""

    id: str
    site: str
    purpose: Purpose
    vlan: int
    cidr: IPv4Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """`platform` names the family; ports count from 1."""

    id: str
    site: str
    position: Point
    platform: str
    address: IPv4Address
    ports: int
    status: Status
    tags: tuple[str, ...] = ()
