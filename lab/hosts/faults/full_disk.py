"""Full disk: not a byte is free on the guest's disk nor on any of its volumes.

One file on each takes all that was free. On the disk the file lies where the guest does not see it; on a volume it lies
in lost+found, which is root's. The file takes hardly a byte of this machine: its blocks are reserved and never written.
"""

import errno
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

from city.errors import Failed
from lab.hosts import fault
from lab.hosts.fault import HostFault, Lasts, Told
from lab.hosts.life import Life

_ON_DISK, _ON_VOLUME = "full", "lost+found/full"
_BLOCK = 4096
_REMOVE = 'mount -o loop,nobarrier "$1" "$2" && rm -f "$2/$3" && umount "$2"'
"""A constant script for sh, in mounts of its own: the disk, where it is mounted, the file."""


def _begin(life: Life, guest_id: str, _told: Told) -> None:
    pid = fault.starter(life, guest_id)
    for place in _places(life, guest_id):
        _fill(fault.file(pid, place))


def _end(life: Life, guest_id: str, _told: Told) -> None:
    pid = life.groups.starter(life.home.of(guest_id).name)
    if pid is None:
        _empty_unmounted(life, guest_id)
        return
    for place in _places(life, guest_id):
        fault.file(pid, place).unlink(missing_ok=True)


def _places(life: Life, guest_id: str) -> Iterator[str]:
    """The file on each of its file systems, as the guest's starter sees it."""
    disk, *volumes = fault.file_systems(life, guest_id)
    yield f"{disk}/{_ON_DISK}"
    yield from (f"{volume}/{_ON_VOLUME}" for volume in volumes)


def _fill(file: Path) -> None:
    """Take what is free, in pieces that get smaller: the last one is a block."""
    file.parent.mkdir(mode=0o700, exist_ok=True)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        free = os.fstatvfs(descriptor)
        piece = max(_BLOCK, free.f_bfree * free.f_frsize // _BLOCK * _BLOCK)
        while piece >= _BLOCK:
            try:
                os.posix_fallocate(descriptor, os.fstat(descriptor).st_size, piece)
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
                piece = piece // 2 // _BLOCK * _BLOCK
    finally:
        os.close(descriptor)


def _empty_unmounted(life: Life, guest_id: str) -> None:
    """Of a guest that is off. Raises Failed."""
    folder = life.home.of(guest_id)
    guest = folder.kept()
    if guest is None:
        return
    volumes = [(life.home.volume(guest.region, volume.id), _ON_VOLUME) for volume in guest.volumes]
    for disk, file in [(folder.disk, _ON_DISK), *volumes]:
        argv = ["/usr/bin/unshare", "--mount", "--propagation", "slave", "/bin/sh", "-c", _REMOVE, "sh"]
        done = subprocess.run(  # noqa: S603 - a constant script; its words are the lab's own paths
            [*argv, str(disk), f"{folder.path}/tree", file], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise Failed(f"disk {disk}", done.stderr.strip(), "Look which program of this machine uses it.")


FAULT = HostFault(lasts=Lasts.DISK, begin=_begin, end=_end)
