"""The city's devices as boxes in their places.

From the city come place, address, family and cabling: where a box stands, and what is plugged into what. What the
box is made of, its family says; what the city's data declare of radios and ports is never read here.
"""

import hashlib
from collections.abc import Mapping

from city.model.city import City, Device
from city.model.wireless import AccessPoint
from lab.fleet.box import Hardware
from lab.fleet.registry import families

Cables = Mapping[str, list[tuple[int, str]]]
"""What hangs on the ports of each switch."""


def fleet_hardware(city: City) -> tuple[Hardware, ...]:
    """Every device of the city that the fleet serves, in the order of City.devices; others are real programs."""
    cables: dict[str, list[tuple[int, str]]] = {switch.id: [] for switch in city.switches}
    for ap in city.access_points:
        cables[ap.switch].append((ap.port, ap.id))
    return tuple(
        _installed(index, device, cables) for index, device in enumerate(city.devices) if device.platform in families()
    )


def _installed(index: int, device: Device, cables: Cables) -> Hardware:
    family, plugged = families()[device.platform], tuple(sorted(cables.get(device.id, ())))
    digest = hashlib.sha256(device.id.encode()).digest()
    uplink = (device.switch, device.port) if isinstance(device, AccessPoint) else ("", 0)
    return Hardware(
        id=device.id,
        platform=family.name,
        index=index,
        serial=digest[:5].hex().upper(),
        mac=b"\x02" + digest[5:10],
        bands=family.bands,
        ports=family.ports(max((port for port, _ in plugged), default=0)),
        neighbours=plugged,
        upstream=uplink[0],
        upstream_port=uplink[1],
        tags=device.tags,
    )
