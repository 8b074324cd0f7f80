"""Network namespaces in which the lab's daemons stand: made, entered, told apart, removed. Takes root.

A namespace dies with its last process and name, and takes its interfaces with it.
"""

import os
import signal
import subprocess
from pathlib import Path

from city.errors import Failed
from lab.system import last_line

IP = "/usr/sbin/ip"
_NAMED = Path("/run/netns")
_NONLOCAL = "echo 1 >/proc/sys/net/ipv4/ip_nonlocal_bind; echo 1 >/proc/sys/net/ipv6/ip_nonlocal_bind; true"
"""A constant script: who stands there may listen on an address before the network has plugged it in (ip-sysctl)."""


def stands(name: str) -> bool:
    """Whether a namespace has that name. A kill, or the end of the machine, can leave a name that names nothing."""
    try:
        return (_NAMED / name).stat().st_dev != _NAMED.stat().st_dev
    except FileNotFoundError:
        return False


def add(name: str) -> None:
    """Have the namespace, with nothing but its loopback up. Raises Failed."""
    if not stands(name):
        (_NAMED / name).unlink(missing_ok=True)
        _run(IP, "netns", "add", name)
    _run(IP, "-n", name, "link", "set", "lo", "up")


def ensure(name: str) -> None:
    """Have it so that daemons can begin in it. Raises Failed."""
    add(name)
    _run(*within(name), "/bin/sh", "-c", _NONLOCAL)


def within(name: str) -> tuple[str, ...]:
    """What to put before a command to run it there."""
    return (IP, "netns", "exec", name)


def holds(name: str, pid: int) -> bool:
    """Whether a process stands in the namespace of that name; another may have taken the name since it started."""
    try:
        named, its = (_NAMED / name).stat(), Path(f"/proc/{pid}/ns/net").stat()
    except OSError:
        return False
    return (named.st_dev, named.st_ino) == (its.st_dev, its.st_ino)


def remove(name: str) -> None:
    """End whatever runs in it, and remove it. Raises Failed."""
    if not stands(name):
        (_NAMED / name).unlink(missing_ok=True)
        return
    for pid in _run(IP, "netns", "pids", name).split():
        try:
            os.kill(int(pid), signal.SIGKILL)
        except ProcessLookupError:
            continue
    _run(IP, "netns", "delete", name)


def beginning(prefix: str) -> list[str]:
    """Those that stand here and whose names begin so."""
    return sorted(found.name for found in _NAMED.glob(f"{prefix}*")) if _NAMED.exists() else []


def _run(*command: str) -> str:
    done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 - names of our own
    if done.returncode:
        raise Failed(" ".join(command[:5]), last_line(done.stderr), "Look at `ip netns` on this machine.")
    return done.stdout
