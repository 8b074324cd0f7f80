"""Certificate expired: the host's own has been over for half an hour, and its roles show it to whoever connects.

The lab's authority signed it as it signs a good one. A start of the server brings a good one, and so does a clear.
"""

from datetime import timedelta

from lab.hosts import authority, fault, roles
from lab.hosts.fault import HostFault, Lasts, Told
from lab.hosts.life import Life

_OVER = timedelta(minutes=-30)


def _begin(life: Life, guest_id: str, _told: Told) -> None:
    pid = fault.first(life, guest_id)
    _show(life, guest_id, pid, roles.units(pid), _OVER)


def _end(life: Life, guest_id: str, _told: Told) -> None:
    if (pid := life.groups.first(life.home.of(guest_id).name)) is not None:
        _show(life, guest_id, pid, roles.units(pid), authority.LASTS)


def _show(life: Life, guest_id: str, pid: int, units: list[str], lasts: timedelta) -> None:
    """Files keep their owners and modes: they are written into, and not replaced."""
    guest = life.home.of(guest_id).kept()
    if guest is None:
        return
    made = authority.issue(life.home.params, authority.Identity.of(guest), lasts)
    for name, content in (("chain.pem", made.chain), ("key.pem", made.key)):
        fault.file(pid, f"{authority.FOLDER}/{name}").write_text(content, encoding="ascii")
    roles.reload(pid, units)


FAULT = HostFault(lasts=Lasts.RUN, begin=_begin, end=_end)
