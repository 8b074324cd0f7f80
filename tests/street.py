"""Devices that really listen: the fleet's emulated ones and a real FRR with a real snmpd."""

from dataclasses import dataclass

from city.inventory import Inventory
from city.model.city import City, Device
from lab.fleet import process as fleet
from lab.params import LabParams


@dataclass(frozen=True)
class Street:
    city: City
    inventory: Inventory
    params: LabParams

    def of_platform(self, name: str) -> Device:
        return next(device for device in self.city.devices if device.platform == name)

    def fault(self, device_id: str, **changes: object) -> None:
        fleet.fault(self.params, [device_id], changes)

    def mend(self, device_id: str) -> None:
        fleet.mend(self.params, [device_id])
