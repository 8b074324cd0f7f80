"""What may be there only once."""

from collections.abc import Callable, Hashable, Iterable
from typing import TypeVar

from city.load.declared import Declared
from city.load.record import Found, Record
from city.located import Place
from city.model.city import Device

T = TypeVar("T")


def devices(declared: Declared) -> tuple[Found[Device], ...]:
    return (*declared.switches.items, *declared.access_points.items)


def check_identity(declared: Declared) -> None:
    once(devices(declared), "id", lambda device: device.id)
    once(devices(declared), "address", lambda device: device.address)
    once(declared.sensors.items, "id", lambda sensor: sensor.id)
    once(declared.ground.squares.items, "id", lambda square: square.id)
    once(declared.ground.networks.items, "vlan", lambda network: (network.vlan, network.site))
    once(declared.ssids.items, "name", lambda ssid: ssid.name)
    _dns_namesonce(declared)


def once(things: Iterable[Found[T]], key: str, value: Callable[[T], Hashable]) -> None:
    """Reports each thing whose value an earlier one has already, at its `key`."""
    first: dict[Hashable, Place] = {}
    for found in things:
        if found.record.is_good(key, "site"):
            _claim(first, value(found.value), key, found.record)


def _claim(first: dict[Hashable, Place], value: Hashable, key: str, record: Record) -> None:
    place = record.place_of(key)
    if value not in first:
        first[value] = place
        return
    shown = " at ".join(map(str, value[:2])) if isinstance(value, tuple) else value
    earlier = first[value]
    record.defect(key, f"{key} {shown} is taken already, {earlier.file.name}:{earlier.line}", "Choose another.")


def _dns_namesonce(declared: Declared) -> None:
    first: dict[Hashable, Place] = {}
    for found in declared.services.items:
        if found.value.workload is not None:
            record = found.record.child("workload")
            if record.is_good("dns_name"):
                _claim(first, found.value.workload.dns_name, "dns_name", record)
