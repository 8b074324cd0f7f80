"""Freeze: the guest does nothing at all, and holds its addresses and connections. Nova still says that it runs.

Peers hear no goodbye; the kernel even acknowledges what they send.
"""

from lab.hosts.cgroup import INNER
from lab.hosts.fault import HostFault, Lasts, Told, starter
from lab.hosts.life import Life


def _begin(life: Life, guest_id: str, _told: Told) -> None:
    starter(life, guest_id)
    life.groups.freeze(life.home.of(guest_id).name, INNER)


def _end(life: Life, guest_id: str, _told: Told) -> None:
    life.groups.thaw(life.home.of(guest_id).name, INNER)


FAULT = HostFault(lasts=Lasts.RUN, begin=_begin, end=_end)
