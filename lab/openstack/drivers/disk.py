"""A disk is a sparse file with an ext4 file system in it: a server's own, or a volume. Standard library only.

What a guest wrote is in its disk when the guest loses its power, as its machine's page cache outlives it. Whether
this machine itself lost power in the middle is not promised: the lab mounts without barriers, for speed.
"""

import os
import subprocess
from pathlib import Path

GB = 2**30
_MAKE = (
    *("/usr/sbin/mkfs.ext4", "-q", "-F", "-m", "0", "-J", "size=8"),
    *("-E", "lazy_itable_init=1,lazy_journal_init=1,nodiscard"),
)


def make(file: Path, gigabytes: int) -> None:
    """Have a disk of that size; one that is there stays as it is. It appears whole, or not at all."""
    if file.exists():
        return
    partial = file.with_name(file.name + ".new")
    partial.unlink(missing_ok=True)
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with partial.open("wb") as out:
        os.truncate(out.fileno(), gigabytes * GB)
    _run([*_MAKE, str(partial)])
    partial.replace(file)


def grow(file: Path, gigabytes: int) -> None:
    """Give a disk that nobody has mounted more room; it never shrinks."""
    if file.stat().st_size >= gigabytes * GB:
        return
    os.truncate(file, gigabytes * GB)
    _run(["/usr/sbin/e2fsck", "-p", "-f", str(file)], fine=(0, 1))
    _run(["/usr/sbin/resize2fs", str(file)])


def copy(source: Path, target: Path) -> None:
    """Another disk with the same content; holes stay holes."""
    partial = target.with_name(target.name + ".new")
    _run(["/bin/cp", "--sparse=always", "--reflink=auto", "--", str(source), str(partial)])
    partial.replace(target)


def _run(command: list[str], fine: tuple[int, ...] = (0,)) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - a list; what varies is a path of the lab's
    if done.returncode not in fine:
        raise OSError(f"{command[0]} {command[-1]}: {done.stderr.strip()[-500:]}")
