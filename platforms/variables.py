"""The values that a device's configuration is made of, taken from the City and typed.

Nothing is ever left empty: what the City does not say is an error that names the device and the
field. What would break out of its line on a device (a line break, a quote) is one too.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Interface
from typing import TypeVar

from city.errors import InvalidInput
from city.model.city import City, Device
from city.model.wired import Network, Purpose, Switch
from city.model.wireless import AccessPoint, Radio, RadiusServer, Security, Ssid
from platforms.record import Hardware

T = TypeVar("T")
IOS_OWN_VLANS = frozenset({1, *range(1002, 1006)})
"""VLAN 1, whose name nobody changes, and those that IOS keeps for token rings and FDDI."""
_LONGEST_VLAN_NAME = 32
_FORBIDDEN = frozenset("'\"`\\?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """What every device is told. `location` is longitude and latitude in degrees."""

    hostname: str
    location: str
    ntp_servers: tuple[str, ...]
    syslog_server: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wlan:
    id: str
    ssid: str
    security: Security
    vlan: int
    isolated: bool
    radius: tuple[RadiusServer, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessPointVariables:
    base: Base
    management_vlan: int
    uplink: str
    radios: Mapping[str, Radio | None]
    """Every radio of the hardware by its name there; None for one that the City does not declare: it is off."""
    wlans: tuple[Wlan, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trunk:
    """A switch port that carries an access point, with the VLANs of its SSIDs."""

    port: int
    device: str
    vlans: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchVariables:
    base: Base
    management: Network
    address: IPv4Interface
    vlans: tuple[tuple[int, str], ...]
    trunks: tuple[Trunk, ...]
    ports: int
    """How many there are; those without a trunk have no user."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RouterVariables:
    networks: tuple[Network, ...]


def of_access_point(city: City, device: Device, hardware: Hardware) -> AccessPointVariables:
    if not isinstance(device, AccessPoint):
        raise _another_kind(device)
    return AccessPointVariables(
        base=_base(city, device),
        management_vlan=_management(city, device).vlan,
        uplink=f"{_text(device, 'switch', device.switch)} port {device.port}",
        radios=_radios(device, hardware),
        wlans=_wlans(city, device),
    )


def of_switch(city: City, device: Device) -> SwitchVariables:
    if not isinstance(device, Switch):
        raise _another_kind(device)
    management = _management(city, device)
    carried = [point for point in city.access_points if point.switch == device.id]
    names = {wlan.vlan: wlan.id for point in carried for wlan in _wlans(city, point)}
    names[management.vlan] = _text(device, "management network", management.id)
    return SwitchVariables(
        base=_base(city, device),
        management=management,
        address=IPv4Interface((device.address, management.cidr.prefixlen)),
        vlans=tuple(sorted(names.items())),
        trunks=tuple(_trunk(city, point) for point in carried),
        ports=device.ports,
    )


def of_router(city: City, device: Device) -> RouterVariables:
    """`networks` are those of its own site: it knows no other."""
    if not isinstance(device, Switch):
        raise _another_kind(device)
    networks = _some(device, "networks of its site", tuple(city.networks_at(device.site)))
    return RouterVariables(networks=networks)


def base_lines(base: Base) -> list[str]:
    """What every device is told, as IOS-like command lines write it."""
    return [
        f"hostname {base.hostname}",
        f"snmp-server location {base.location}",
        *(f"ntp server {server}" for server in base.ntp_servers),
        f"logging host {base.syslog_server}",
    ]


def vlan_name(name: str, vlan: int) -> str:
    """The name as IOS takes it: 32 characters at most, and another for each VLAN."""
    if len(name) <= _LONGEST_VLAN_NAME:
        return name
    return f"{name[: _LONGEST_VLAN_NAME - len(f'-{vlan}')]}-{vlan}"


def _base(city: City, device: Device) -> Base:
    return Base(
        hostname=_text(device, "id", device.id),
        location=f"{device.position.lon:.5f},{device.position.lat:.5f}",
        ntp_servers=tuple(_text(device, "ntp_servers", server) for server in _some(device, "ntp", city.ntp_servers)),
        syslog_server=_text(device, "syslog_server", city.syslog_server),
    )


def _management(city: City, device: Device) -> Network:
    for network in city.networks:
        if network.purpose is Purpose.MANAGEMENT and device.address in network.cidr:
            return network
    raise _missing(device, "management network", f"no network of purpose management holds {device.address}")


def _radios(device: AccessPoint, hardware: Hardware) -> Mapping[str, Radio | None]:
    used: dict[str, Radio | None] = dict.fromkeys(found.name for found in hardware.radios)
    for radio in _some(device, "radios", device.radios):
        name = hardware.radio_of(radio)
        if name is None:
            raise _missing(device, f"radio_{radio.band}", f"{device.platform} has no such radio for {radio.band}")
        used[name] = radio
    return used


def _wlans(city: City, device: AccessPoint) -> tuple[Wlan, ...]:
    known = {ssid.id: ssid for ssid in city.ssids}
    for wanted in _some(device, "ssids", device.ssids):
        if wanted not in known:
            raise _missing(device, "ssids", f"the city declares no SSID {wanted!r}")
    return tuple(
        Wlan(
            id=_word(device, "ssid id", ssid.id),
            ssid=_text(device, "ssid name", ssid.name),
            security=ssid.security,
            vlan=ssid.vlan,
            isolated=ssid.isolated,
            radius=_radius(device, ssid),
        )
        for ssid in (known[wanted] for wanted in device.ssids)
    )


def _radius(device: AccessPoint, ssid: Ssid) -> tuple[RadiusServer, ...]:
    if ssid.security is not Security.WPA3_ENTERPRISE:
        return ()
    return _some(device, f"radius of SSID {ssid.id}", ssid.radius)


def _trunk(city: City, point: AccessPoint) -> Trunk:
    vlans = {wlan.vlan for wlan in _wlans(city, point)}
    return Trunk(port=point.port, device=_text(point, "id", point.id), vlans=tuple(sorted(vlans)))


def _some(device: Device, field: str, values: tuple[T, ...]) -> tuple[T, ...]:
    if not values:
        raise _missing(device, field, "there is none")
    return values


def _word(device: Device, field: str, value: str) -> str:
    if " " in value:
        raise _missing(device, field, f"{value!r} is not one word")
    return _text(device, field, value)


def _text(device: Device, field: str, value: str) -> str:
    if not value.strip():
        raise _missing(device, field, "it is empty")
    if not value.isprintable() or _FORBIDDEN & set(value):
        raise _missing(device, field, f"{value!r} holds a character that a command line would take for its own")
    return value


def _another_kind(device: Device) -> InvalidInput:
    return _missing(device, "platform", f"{device.platform} is not for a device of this kind")


def _missing(device: Device, field: str, problem: str) -> InvalidInput:
    return InvalidInput(f"device {device.id}, {field}", problem, "Mend the city's data; nothing was pushed anywhere.")
