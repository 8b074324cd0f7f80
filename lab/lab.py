"""The whole lab, as one thing that is started, looked at, broken and stopped."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from city.errors import InvalidInput
from city.inventory import Inventory
from city.model.city import City
from lab.daemon import find
from lab.faults import Fault, Kind
from lab.fleet import process as fleet
from lab.openstack import region, regions
from lab.openstack.environment import alone
from lab.openstack.plan import kept_plans
from lab.params import LabParams
from lab.part import Part
from lab.system import Report


class Lab:
    """The lab that `params` describe, standing in for the hardware of `city`.

    Every method may be called from a process of its own, at any time: what runs is found by its pid
    files, and changes to one lab wait for each other.
    """

    def __init__(self, params: LabParams, city: City) -> None:
        self.params, self.city = params, city

    def up(self, report: Report) -> None:
        """Returns when every part works. What runs stays; what was stopped or killed comes back as it was.

        Raises Failed or InvalidInput naming the part and its log; the parts that came up stay up.
        """
        with self._alone():
            self.params.claim()
            region.in_parallel(partial(part.up, self.params, self.city, report) for part in (regions, fleet))

    def down(self) -> None:
        """End every process of the lab; its state stays for the next `up`."""
        with self._alone():
            self._stop()

    def wipe(self) -> None:
        """End everything and remove what it left."""
        with self._alone():
            self._stop()
            if self.params.file.exists():
                shutil.rmtree(self.params.root)

    def status(self) -> list[Part]:
        """Each process of the lab, running or not."""
        return [*regions.status(self.params), self._fleet()]

    def inventory(self) -> Inventory:
        """How each device is reached, in the City's order. The lab must have been up once."""
        known = fleet.inventory(self.params, self.city)
        return {device.id: known[device.id] for device in self.city.devices if device.id in known}

    def fault(self, fault: Fault, report: Report) -> None:
        """Make it so, until it is cleared or the lab is started anew."""
        if not fault.regional:
            fleet.fault(self.params, self._devices(fault.targets), fault.changes())
            report(f"{fault.kind}: {', '.join(fault.targets)}")
            return
        with self._alone():
            plan = regions.named(self.params, fault.targets[0])
            if fault.kind is Kind.REGION_OFF:
                region.cut_off(plan)
            else:
                regions.service_down(plan, str(fault.service))
            report(f"{fault.kind}: {plan.name} {fault.service or ''}".rstrip())

    def clear(self, targets: tuple[str, ...], report: Report) -> None:
        """End every fault of these devices and regions; returns when they work again."""
        names = {name for plan in kept_plans(self.params) for name in (plan.name, plan.cloud)}
        devices = [target for target in targets if target not in names]
        if devices:
            fleet.mend(self.params, self._devices(tuple(devices)))
            report(f"well again: {', '.join(devices)}")
        with self._alone():
            for target in targets:
                if target in names:
                    regions.on(regions.named(self.params, target), report)

    def _stop(self) -> None:
        region.in_parallel(partial(part.down, self.params) for part in (regions, fleet))

    def _fleet(self) -> Part:
        process = find(self.params.pid_file("fleet"))
        seen = fleet.status(self.params)
        return Part(
            name="fleet",
            state="up" if process else "down",
            address=f"{self.params.address_of(0)} and on: {seen.answering} of {seen.devices} devices answer",
            pid=process.pid if process else None,
            memory_mb=seen.memory_mb,
        )

    def _devices(self, targets: tuple[str, ...]) -> tuple[str, ...]:
        known = {device.id for device in self.city.devices}
        for target in targets:
            if target not in known:
                raise InvalidInput(
                    f"device {target}", "the city has no such device", "Name one that `asty lab status` knows."
                )
        return targets

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with alone(self._lock):
            yield

    @property
    def _lock(self) -> Path:
        """Beside the lab's folder, so that it outlives a wipe."""
        return self.params.root.with_name(f".{self.params.root.name}.lock")
