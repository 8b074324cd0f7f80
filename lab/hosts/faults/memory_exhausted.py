"""Memory exhausted: the guest gets 8 MiB more than its programs hold now, so the kernel ends whoever asks for more.

Whom it ends is the kernel's choice. Process 1 can be the one, which takes the guest with it, as a panic does.
"""

from lab.hosts import fault
from lab.hosts.fault import HostFault, Lasts, Told
from lab.hosts.life import Life


def _begin(life: Life, guest_id: str, _told: Told) -> None:
    fault.starter(life, guest_id)
    life.groups.starve(life.home.of(guest_id).name)


def _end(life: Life, guest_id: str, _told: Told) -> None:
    folder = life.home.of(guest_id)
    if (guest := folder.kept()) is not None and life.groups.starter(folder.name) is not None:
        life.groups.make(folder.name, guest.memory_mb)


FAULT = HostFault(lasts=Lasts.RUN, begin=_begin, end=_end)
