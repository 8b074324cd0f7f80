"""What of the lab's guests is on this machine without a guest that has it: found by its names alone, and removed."""

import os
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from city.errors import Failed
from lab import cells
from lab.hosts.folder import HostsFolder
from lab.hosts.life import Life
from lab.net import names

_NAMED = Path("/run/netns")
_LOOPS = Path("/sys/block")
_MOUNTS = Path("/proc/self/mountinfo")
_BALANCER = "lb"
"""A load balancer's device begins so (lab.net.names), and a server's with a digit of base 16."""
_AGAIN_S = 0.3
"""A guest that starts or ends has one thing before or after the other, for this long at most."""


class LeftoverKind(StrEnum):
    GROUP = "control group"
    NAMESPACE = "network namespace"
    LOOP = "loop device"
    MOUNT = "mount"


@dataclass(frozen=True, slots=True, order=True)
class Leftover:
    """`name` is that of the group, the namespace, the device, or the folder of the mount."""

    kind: LeftoverKind
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


def find(life: Life) -> list[Leftover]:
    """What was there without an owner twice in a row. Changes nothing, and needs no root."""
    first = set(_look(life))
    if not first:
        return []
    time.sleep(_AGAIN_S)
    return sorted(first & set(_look(life)))


def remove(life: Life) -> list[Leftover]:
    """Remove what `find` finds, as root, and say what it was. Raises Failed where something stays."""
    found = find(life)
    for leftover in found:
        _remove(life, leftover)
    if left := find(life):
        raise Failed(str(left[0]), "it cannot be removed", "Look which process of this machine uses it.")
    return found


def _look(life: Life) -> Iterator[Leftover]:
    running = {folder.name: folder.path for folder in life.home.all() if life.groups.processes(folder.name)}
    for name in life.groups.marked(life.home.params) - running.keys():
        if not _anothers(life, name):
            yield Leftover(LeftoverKind.GROUP, name)
    mark = f"{names.mark(life.home.params)}{names.DEVICE}"
    for file in _NAMED.glob(f"{mark}*"):
        if file.name in running or file.name.removeprefix(mark).startswith(_BALANCER):
            continue
        if not _anothers(life, file.name):
            yield Leftover(LeftoverKind.NAMESPACE, file.name)
    used = {str(file) for file in _used(life.home, set(running.values()))}
    for device, backing in _loops(life.home):
        if backing not in used:
            yield Leftover(LeftoverKind.LOOP, device)
    for place in _mounts(life.home):
        yield Leftover(LeftoverKind.MOUNT, place)


def _anothers(life: Life, name: str) -> bool:
    """Whether a guest of another lab with the same mark runs there, as the command of its shell says."""
    starter = life.groups.starter(name)
    if starter is None:
        return False
    try:
        command = Path(f"/proc/{starter}/cmdline").read_bytes()
    except OSError:
        return False
    return f"{life.home.guests}/".encode() not in command


def _used(home: HostsFolder, running: set[Path]) -> Iterator[Path]:
    for folder in home.all():
        if folder.path in running and (guest := folder.kept()) is not None:
            yield folder.disk
            yield home.images / guest.image.digest
            yield from (home.volume(guest.region, volume.id) for volume in guest.volumes)


def _loops(home: HostsFolder) -> Iterator[tuple[str, str]]:
    """Each loop device that shows a file of this lab's hosts, with that file."""
    for entry in _LOOPS.glob("loop*"):
        try:
            backing = (entry / "loop" / "backing_file").read_text(encoding="utf-8").strip()
        except OSError:
            continue
        lies = Path(backing.removesuffix(" (deleted)"))
        if lies.is_relative_to(home.root) or (lies.is_relative_to(home.params.root) and lies.parent.name == "volumes"):
            yield f"/dev/{entry.name}", backing


def _mounts(home: HostsFolder) -> Iterator[str]:
    """Below our folder in the machine's own mount namespace, where guests make none."""
    for line in _MOUNTS.read_text(encoding="utf-8").splitlines():
        place = line.split()[4].encode("ascii").decode("unicode_escape")
        if Path(place).is_relative_to(home.root):
            yield place


def _remove(life: Life, leftover: Leftover) -> None:
    match leftover.kind:
        case LeftoverKind.GROUP:
            life.clear(leftover.name)
        case LeftoverKind.NAMESPACE:
            cells.remove(leftover.name)
        case LeftoverKind.LOOP:
            _run("/usr/sbin/losetup", "--detach", leftover.name)
        case LeftoverKind.MOUNT:
            _run("/usr/bin/umount", "--lazy", leftover.name)


def _run(*command: str) -> None:
    subprocess.run(command, capture_output=True, check=False, env={"PATH": os.defpath})  # noqa: S603 - a list of our own names
