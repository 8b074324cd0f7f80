"""A fault of a guest: how it begins, how it ends, and for how long it holds if nobody ends it."""

import re
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import Any

from city.errors import Failed, InvalidInput, Refused
from lab.hosts.life import Life, State

Told = Mapping[str, Any]
_PATIENCE_S = 30.0
_UNIT = re.compile(r"[A-Za-z0-9][A-Za-z0-9@:_.-]{0,120}")


class Lasts(Enum):
    """What ends a fault that nobody clears. All of them end with the guest, when it is deleted or rebuilt."""

    OFF = auto()
    """Until the guest runs again."""
    RUN = auto()
    """Until its process 1 is another: after a reboot, a power cut, a crash."""
    DISK = auto()
    """It lies on the guest's disk: nothing but a clear ends it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostFault:
    """`asks` names what it must be told besides the guest. Both actions get the guest's id, and may be repeated.

    `end` is also called where `begin` was cut off anywhere, and where the guest does not run.
    """

    lasts: Lasts
    begin: Callable[[Life, str, Told], None]
    end: Callable[[Life, str, Told], None]
    asks: str | None = None


def starter(life: Life, guest_id: str) -> int:
    """The process in whose mounts the guest lives. Raises Refused where the guest does not run."""
    found = life.groups.starter(life.home.of(guest_id).name)
    if found is None:
        raise _off(guest_id)
    return found


def first(life: Life, guest_id: str) -> int:
    """The guest's process 1. Raises Refused where the guest does not run, or is frozen and so answers nobody."""
    name = life.home.of(guest_id).name
    found = life.groups.first(name)
    if found is None:
        raise _off(guest_id)
    if life.state(guest_id) is not State.RUNNING or life.groups.hung(name):
        raise Refused(f"server {guest_id}", "it is frozen and does nothing", "Clear that first.")
    return found


def file(pid: int, path: str) -> Path:
    """A file as that process sees it (proc(5): /proc/PID/root)."""
    return Path(f"/proc/{pid}/root{path}")


def file_systems(life: Life, guest_id: str) -> Iterator[str]:
    """Where its disk, then each of its volumes is mounted, as the guest's starter sees it."""
    folder = life.home.of(guest_id)
    yield f"{folder.path}/tree/disk"
    guest = folder.kept()
    for volume in guest.volumes if guest is not None else ():
        yield f"{folder.path}/tree/root{volume.place}"


def inside(pid: int, *command: str) -> str:
    """What the command prints inside the guest whose process 1 this is. Raises Failed with its words."""
    argv = ["/usr/bin/nsenter", f"--target={pid}", "--mount", "--uts", "--ipc", "--net", "--pid", "--root", "--wd=/"]
    try:
        done = subprocess.run(  # noqa: S603 - a list; what varies was checked where it came in
            [*argv, "--", *command],
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
            timeout=_PATIENCE_S,
        )
    except subprocess.TimeoutExpired:
        raise Failed(command[0], f"no answer in {_PATIENCE_S:.0f} s", "Clear the faults of this server.") from None
    if done.returncode:
        raise Failed(" ".join(command), done.stderr.strip(), "Look into the server's console log.")
    return done.stdout.strip()


def unit(told: Told) -> str:
    """The unit of systemd that was named; without an ending it is a service. Raises InvalidInput."""
    found = told.get("unit")
    if not isinstance(found, str) or _UNIT.fullmatch(found) is None:
        raise InvalidInput(f"unit {found!r}", "no unit of systemd has such a name", "Say it as `systemctl` does.")
    return found if "." in found else f"{found}.service"


def _off(guest_id: str) -> Refused:
    return Refused(f"server {guest_id}", "it does not run, so this cannot befall it", "Start it first.")
