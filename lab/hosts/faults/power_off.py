"""Power off: links go silent first, then nothing runs. Nova sees it, and may start the server again."""

from lab.hosts.fault import HostFault, Lasts, Told, starter
from lab.hosts.life import Life


def _begin(life: Life, guest_id: str, _told: Told) -> None:
    starter(life, guest_id)
    life.cut_power(guest_id)


def _end(life: Life, guest_id: str, told: Told) -> None:
    """Nothing of the guest's own: whoever clears it has Nova start the server, with the volumes that it has now."""


FAULT = HostFault(lasts=Lasts.OFF, begin=_begin, end=_end)
