"""What a device is made of: what no command line changes, derived from the City once."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from city.model.city import City, Device
from city.model.wireless import AccessPoint, Band

PLATFORMS = ("street-ap", "mesh-ap", "edge-switch")
"""Those that the fleet serves; others are real programs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hardware:
    """`bands` has one entry per radio; `neighbours` names what hangs on each switch port; `tags` are the City's."""

    id: str
    platform: str
    index: int
    """In City.devices: it decides the device's address."""
    serial: str
    mac: bytes
    bands: tuple[Band, ...] = ()
    ports: int = 0
    neighbours: tuple[tuple[int, str], ...] = ()
    upstream: str = ""
    upstream_port: int = 0
    tags: tuple[str, ...] = ()

    @property
    def meters(self) -> int:
        """How many things count bytes: the radios of an access point, the ports of a switch."""
        return len(self.bands) or self.ports


def fleet_hardware(city: City) -> tuple[Hardware, ...]:
    """Every device of the city that the fleet serves, in the order of City.devices."""
    behind: dict[str, list[tuple[int, str]]] = {switch.id: [] for switch in city.switches}
    for ap in city.access_points:
        behind[ap.switch].append((ap.port, ap.id))
    return tuple(
        _hardware(index, device, behind) for index, device in enumerate(city.devices) if device.platform in PLATFORMS
    )


def _hardware(index: int, device: Device, behind: Mapping[str, list[tuple[int, str]]]) -> Hardware:
    digest = hashlib.sha256(device.id.encode()).digest()
    serial, mac = digest[:5].hex().upper(), b"\x02" + digest[5:10]
    if isinstance(device, AccessPoint):
        return Hardware(
            id=device.id,
            platform=device.platform,
            index=index,
            serial=serial,
            mac=mac,
            bands=tuple(radio.band for radio in device.radios),
            upstream=device.switch,
            upstream_port=device.port,
            tags=device.tags,
        )
    return Hardware(
        id=device.id,
        platform=device.platform,
        index=index,
        serial=serial,
        mac=mac,
        ports=device.ports,
        neighbours=tuple(sorted(behind[device.id])),
        tags=device.tags,
    )
