"""Devices that really listen: the fleet's emulated ones and a real FRR with a real snmpd."""

import time
from dataclasses import dataclass

from city.inventory import Inventory
from city.model.city import City, Device
from lab.fleet import orders
from lab.params import LabParams
from network.transports.base import Deadline, Session, Unreachable
from network.transports.netmiko import NetmikoTransport
from platforms.registry import grammar


@dataclass(frozen=True)
class Street:
    city: City
    inventory: Inventory
    params: LabParams

    def of_platform(self, name: str) -> Device:
        return next(device for device in self.city.devices if device.platform == name)

    def fault(self, device_id: str, **changes: object) -> None:
        orders.fault(self.params, [device_id], changes)

    def mend(self, *device_ids: str) -> None:
        """End their faults; returns when they are back."""
        orders.mend(self.params, device_ids)

    def lines_taken(self, device_id: str) -> int:
        """How many configuration lines it took since the fleet began, as it counts itself."""
        taken = orders.look_at(self.params, device_id)["lines_taken"]
        assert isinstance(taken, int)
        return taken

    def end_timers(self, *device_ids: str) -> None:
        """End the timed changes that a push left on these devices, as a colleague would who knows whose they are."""
        for device_id in device_ids:
            with self.session(device_id) as session:
                session.tell(grammar(self.city.device(device_id).platform).revert(()))

    def session(self, device_id: str) -> Session:
        """A session with a device that may still be booting."""
        kind, deadline = grammar(self.city.device(device_id).platform), Deadline.after(300)
        while True:
            try:
                return NetmikoTransport().open(self.inventory[device_id], kind, deadline)
            except Unreachable:
                assert not deadline.over, f"{device_id} did not come up"
                time.sleep(0.05)
