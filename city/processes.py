"""When a process began, as Linux tells it (proc(5)): what tells it from a later one under the same number."""

import os
from pathlib import Path

_START_TIME = 19
"""Index of starttime (field 22) among the fields after the command's name."""


def start_in(stat: str) -> int:
    """The start time that a line of /proc/PID/stat names, in clock ticks since boot. Raises for any other line."""
    return int(_fields(stat)[_START_TIME])


def start_time(pid: int) -> int | None:
    """That of a running process; None for one that is gone, only a zombie, or hidden from us."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    return None if _fields(stat)[0] in "ZX" else start_in(stat)


def epoch(start: int) -> float:
    """A start time as seconds since 1970, by today's clock: within a second, where nobody has set it since boot."""
    lines = Path("/proc/stat").read_text(encoding="ascii").splitlines()
    booted = next(int(line.split()[1]) for line in lines if line.startswith("btime "))
    return booted + start / os.sysconf("SC_CLK_TCK")


def _fields(stat: str) -> list[str]:
    return stat.rpartition(")")[2].split()
