"""A copy of a disk as of one moment, while a guest writes to it, as storage makes a snapshot. Standard library only.

A file that is copied while it is written holds no moment: its first blocks are older than its last. So the file system
is held while it is copied (FIFREEZE, as fsfreeze(8)): all that was written is on the disk, and who writes waits. It is
a program of its own, so that whoever asked for the copy may be killed, and the file system is let go all the same.

    python moment.py SOURCE TARGET
"""

import errno
import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

HOLD, LET_GO = 0xC0045877, 0xC0045878
"""FIFREEZE and FITHAW of linux/fs.h."""
LOOPS = "/sys/block"
_PATIENCE_S = 300.0


def copy(source: Path, target: Path) -> None:
    """By a process of its own. Raises OSError with its last words."""
    argv = [sys.executable, __file__, str(source), str(target)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, start_new_session=True)  # noqa: S603 - own words
    if done.returncode:
        raise OSError(f"{source} could not be copied: {done.stderr.strip()[-500:]}")


def devices(file: Path) -> set[str]:
    """The devices that show the file as a disk, as major:minor."""
    found = set[str]()
    for loop in Path(LOOPS).glob("loop*"):
        with suppress(OSError):
            if (loop / "loop" / "backing_file").read_text(encoding="utf-8").rstrip("\n") == str(file.resolve()):
                found.add((loop / "dev").read_text(encoding="ascii").strip())
    return found


def mounts(wanted: set[str]) -> Iterator[Path]:
    """Where some process has such a device mounted; of each device once."""
    seen, left = set[str](), set(wanted)
    for process in Path("/proc").glob("[0-9]*") if left else ():
        with suppress(OSError):
            space = str((process / "ns" / "mnt").readlink())
            if space in seen:
                continue
            seen.add(space)
            for line in (process / "mountinfo").read_text(encoding="utf-8").splitlines():
                _, _, device, _, place, *_ = line.split(" ")
                if device in left:
                    left.discard(device)
                    yield Path(f"{process}/root{place.encode().decode('unicode_escape')}")


@contextmanager
def held(place: Path) -> Iterator[None]:
    """Nobody writes to the file system at that place meanwhile. No signal but SIGKILL ends us meanwhile."""
    line = os.open(place, os.O_RDONLY | os.O_DIRECTORY)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT, signal.SIGHUP})
    try:
        _hold(line)
        try:
            yield
        finally:
            fcntl.ioctl(line, LET_GO, 0)
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM, signal.SIGINT, signal.SIGHUP})
        os.close(line)


def _hold(line: int) -> None:
    """Waits while another copy is made of it. Raises OSError where that does not end."""
    end = time.monotonic() + _PATIENCE_S
    while True:
        try:
            fcntl.ioctl(line, HOLD, 0)
        except OSError as error:
            if error.errno != errno.EBUSY or time.monotonic() > end:
                raise
            time.sleep(0.05)
        else:
            return


def main(source: Path, target: Path) -> None:
    """Appears whole under its name, or not at all."""
    part = target.with_name(f"{target.name}.new")
    argv = ["/bin/cp", "--sparse=always", "--reflink=auto", "--", str(source), str(part)]
    place = next(mounts(devices(source)), None)
    if place is None:
        subprocess.run(argv, check=True)  # noqa: S603 - a list; what varies is a path of the lab's
    else:
        with held(place):
            subprocess.run(argv, check=True)  # noqa: S603 - as above
    part.replace(target)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
