"""Addresses, subnets, and the ends of cables."""

from collections import defaultdict
from ipaddress import IPv4Network

from city.load.declared import Declared
from city.load.identity import devices
from city.load.record import Found
from city.model.wired import Network, Purpose, Switch
from city.model.wireless import AccessPoint

_FEWEST = 8


def check_addressing(declared: Declared) -> None:
    for found in declared.ground.networks.items:
        if found.record.is_good("cidr") and found.value.cidr.num_addresses < _FEWEST:
            found.record.defect("cidr", f"{found.value.cidr} is too small", "Give it a /29 or more.")
    networks = [found for found in declared.ground.networks.items if found.record.is_good("cidr")]
    _check_overlaps(networks)
    _check_addresses(declared, networks)
    _check_cables(declared)


def _check_overlaps(networks: list[Found[Network]]) -> None:
    """In order of address, a network can overlap only with one that began before it and has not ended."""
    ordered = sorted(networks, key=lambda found: (found.value.cidr.network_address, found.value.cidr.prefixlen))
    widest: Found[Network] | None = None
    for found in ordered:
        if widest is not None and found.value.cidr.overlaps(widest.value.cidr):
            later, earlier = sorted((found, widest), key=lambda f: f.record.place, reverse=True)
            problem = f"{later.value.cidr} overlaps {earlier.value.cidr} of {earlier.value.id}"
            later.record.defect("cidr", problem, "Move one of the two.")
        if widest is None or found.value.cidr.broadcast_address > widest.value.cidr.broadcast_address:
            widest = found


def _check_addresses(declared: Declared, networks: list[Found[Network]]) -> None:
    managed: dict[str, list[IPv4Network]] = defaultdict(list)
    for found in networks:
        if found.value.purpose is Purpose.MANAGEMENT:
            managed[found.value.site].append(found.value.cidr)
    for device in devices(declared):
        subnets = managed.get(device.value.site)
        if subnets and device.record.is_good("address", "site"):
            _check_address(device, subnets)


def _check_address(device: Found[Switch | AccessPoint], subnets: list[IPv4Network]) -> None:
    address, record = device.value.address, device.record
    subnet = next((subnet for subnet in subnets if address in subnet), None)
    if subnet is None:
        problem = f"address {address} is not in the management network of {device.value.site}"
        record.defect("address", problem, f"Choose one in {subnets[0]}.")
    elif address in (subnet[0], subnet[1], subnet[-1]):
        problem = f"address {address} is the network, gateway or broadcast address of {subnet}"
        record.defect("address", problem, f"Choose one from {subnet[2]} to {subnet[-2]}.")


def _check_cables(declared: Declared) -> None:
    switches = {found.value.id: found for found in declared.switches.items}
    taken: dict[tuple[str, int], str] = {}
    for found in declared.access_points.items:
        switch = switches.get(found.value.switch)
        if switch is not None and found.record.is_good("switch", "port"):
            _check_cable(found, switch, taken)


def _check_cable(found: Found[AccessPoint], switch: Found[Switch], taken: dict[tuple[str, int], str]) -> None:
    point, record, carrier = found.value, found.record, switch.value
    other = taken.setdefault((carrier.id, point.port), point.id)
    if other != point.id:
        record.defect("port", f"port {point.port} of {carrier.id} is that of {other} already", "Choose a free port.")
    elif switch.record.is_good("ports") and point.port > carrier.ports:
        problem = f"port {point.port} of {carrier.id} is not there"
        record.defect("port", problem, f"It has ports 1 to {carrier.ports}.")
    if point.site != carrier.site and record.is_good("site") and switch.record.is_good("site"):
        problem = f"it stands at {point.site} while its switch {carrier.id} stands at {carrier.site}"
        record.defect("switch", problem, f"Choose a switch of {point.site}.")
