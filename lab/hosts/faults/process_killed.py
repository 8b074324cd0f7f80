"""Process killed: every process of a unit ends without a word, and systemd does not start the unit again by itself.

Whoever starts the unit by hand, or with a reboot, has it back.
"""

import time

from city.errors import Failed, InvalidInput
from lab.hosts import fault
from lab.hosts.fault import HostFault, Lasts, Told
from lab.hosts.life import Life

_DROP_IN = "killed.conf"
_PATIENCE_S, _BETWEEN_S = 5.0, 0.05
_NEVER_AGAIN = "[Service]\nRestart=no\n"


def _begin(life: Life, guest_id: str, told: Told) -> None:
    unit, pid = fault.unit(told), fault.first(life, guest_id)
    if _state(pid, unit) != "active":
        raise InvalidInput(f"unit {unit}", "it does not run there", "Name one that `systemctl` shows as active.")
    folder = fault.file(pid, f"/run/systemd/system/{unit}.d")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _DROP_IN).write_text(_NEVER_AGAIN, encoding="ascii")
    fault.inside(pid, "systemctl", "daemon-reload")
    fault.inside(pid, "systemctl", "kill", "--signal=KILL", unit)
    _await_end(pid, unit)


def _end(life: Life, guest_id: str, told: Told) -> None:
    pid = life.groups.first(life.home.of(guest_id).name)
    if pid is None:
        return
    unit = fault.unit(told)
    fault.file(pid, f"/run/systemd/system/{unit}.d/{_DROP_IN}").unlink(missing_ok=True)
    fault.inside(pid, "systemctl", "daemon-reload")
    fault.inside(pid, "systemctl", "start", unit)


def _state(pid: int, unit: str) -> str:
    return fault.inside(pid, "systemctl", "show", "--property=ActiveState", "--value", unit)


def _await_end(pid: int, unit: str) -> None:
    """Until systemd knows it. Raises Failed."""
    deadline = time.monotonic() + _PATIENCE_S
    while _state(pid, unit) not in {"failed", "inactive"}:
        if time.monotonic() > deadline:
            raise Failed(f"unit {unit}", "it was started again at once", "Kill what starts it: its socket or timer.")
        time.sleep(_BETWEEN_S)


FAULT = HostFault(lasts=Lasts.RUN, begin=_begin, end=_end, asks="unit")
