"""What the machine's kernel allows all guests together.

The programs of a guest are root's to the kernel, and each guest's systemd holds several instances of inotify: Debian's
128 for a user (inotify(7)) end with about the twentieth guest, which then dies at its start.
"""

import contextlib
from pathlib import Path

INSTANCES = Path("/proc/sys/fs/inotify/max_user_instances")
WANTED = 8192


def allowed(file: Path = INSTANCES) -> int:
    """How many instances of inotify root may have now."""
    return int(file.read_text(encoding="ascii"))


def widen(file: Path = INSTANCES) -> None:
    """Have enough for every guest, where this machine lets root say so; until the machine is started anew."""
    if allowed(file) < WANTED:
        with contextlib.suppress(OSError):
            file.write_text(f"{WANTED}\n", encoding="ascii")


def told(before: int, after: int) -> str:
    """A sentence for whoever starts the lab; empty where nothing changed and all is well."""
    if after > before:
        return f"hosts: the kernel now allows root {after} instances of inotify ({before} before), until the next start"
    if after < WANTED:
        return (
            f"hosts: the kernel allows root {after} instances of inotify, too few for many guests. "
            f"As root of the machine: sysctl fs.inotify.max_user_instances={WANTED}"
        )
    return ""
