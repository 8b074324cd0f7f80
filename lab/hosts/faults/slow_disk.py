"""Slow disk: each request to the guest's disk and to its volumes takes so long, one after another.

What the guest reads and what it waits for (fsync(2)) is slow. What it writes without waiting goes into its memory, as
on any machine, and gets to the disk when this machine sees fit. The kernel holds the requests back
(blkio-controller.rst; io.max of cgroup-v2.rst).
"""

import os

from city.errors import InvalidInput
from lab.hosts import fault
from lab.hosts.fault import HostFault, Lasts, Told
from lab.hosts.life import Life


def _begin(life: Life, guest_id: str, told: Told) -> None:
    pid, latency_s = fault.starter(life, guest_id), float(told["latency_s"])
    if not 0 < latency_s <= 1:
        raise InvalidInput("slow disk", f"latency_s is {latency_s:g}", "Choose more than 0 and at most 1.")
    name = life.home.of(guest_id).name
    if not life.groups.can_slow(name):
        raise InvalidInput("slow disk", "this guest began before its disk could be slowed", "Reboot it first.")
    for device in _devices(life, guest_id, pid):
        life.groups.slow(name, device, max(1, round(1 / latency_s)))


def _end(life: Life, guest_id: str, _told: Told) -> None:
    folder = life.home.of(guest_id)
    if (pid := life.groups.starter(folder.name)) is not None:
        for device in _devices(life, guest_id, pid):
            life.groups.slow(folder.name, device, None)


def _devices(life: Life, guest_id: str, pid: int) -> set[str]:
    """The numbers of the block devices, MAJOR:MINOR, below its disk and its volumes."""
    numbers = (fault.file(pid, place).stat().st_dev for place in fault.file_systems(life, guest_id))
    return {f"{os.major(number)}:{os.minor(number)}" for number in numbers}


FAULT = HostFault(lasts=Lasts.RUN, begin=_begin, end=_end, asks="latency_s")
