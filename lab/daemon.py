"""Processes that outlive the command that started them, and are found again without mistake.

A process writes its own line of /proc/PID/stat and the machine's boot id before it becomes the
program, so there is no moment in which it runs unrecorded, and a recycled pid is told apart by its
start time.
"""

import os
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from city.errors import Failed

_RECORD = (
    "umask 077; { read -r stat </proc/self/stat; read -r boot </proc/sys/kernel/random/boot_id; "
    'printf "%s\\n%s\\n" "$stat" "$boot" >"$0.new" && mv "$0.new" "$0" && exec "$@"; } &'
)
"""A constant script for sh: `$0` is the pid file, `$@` the program and its arguments.

In the background of a shell that ends at once, so that the program is nobody's child but init's.
"""
_START_TIME = 19
"""Index of starttime (proc(5), field 22) among the fields after the command's name."""
_LOG_LIMIT = 4 * 1024 * 1024
POLL_S = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Daemon:
    """A program to be run on its own; what it prints goes to `log`, whose last run is kept beside it."""

    name: str
    argv: tuple[str, ...]
    pid_file: Path
    log: Path
    cwd: Path
    env: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Process:
    """One run of a program: the pid with the start time that makes it unique until the next boot."""

    pid: int
    started: int

    @property
    def alive(self) -> bool:
        return _start_time(self.pid) == self.started

    @property
    def memory_mb(self) -> float:
        """Proportional set size: what the machine would gain if it ended; 0 once it has."""
        try:
            for line in Path(f"/proc/{self.pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
                if line.startswith("Pss:"):
                    return int(line.split()[1]) / 1024
        except OSError:
            pass
        return 0.0

    def signal(self, number: signal.Signals) -> None:
        """Send a signal; nothing happens where the process is gone already."""
        if self.alive:
            try:
                os.kill(self.pid, number)
            except ProcessLookupError:
                return


def start(daemon: Daemon) -> Process:
    """Run it detached from this process, its terminal and its session. Raises Failed where it cannot be run."""
    for folder in (daemon.pid_file.parent, daemon.log.parent):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    daemon.pid_file.unlink(missing_ok=True)
    rotate(daemon.log)
    with daemon.log.open("ab") as log:
        subprocess.run(  # noqa: S603 - a constant script; what varies is passed as arguments
            ["/bin/sh", "-c", _RECORD, str(daemon.pid_file), *daemon.argv],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=daemon.cwd,
            env=dict(daemon.env),
            start_new_session=True,
            check=True,
        )
    return _recorded(daemon)


def _recorded(daemon: Daemon) -> Process:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and not daemon.pid_file.exists():
        time.sleep(0.002)
    process = find(daemon.pid_file)
    if process is None:
        raise Failed(daemon.name, "it did not start", f"Read {daemon.log}.")
    return process


def find(pid_file: Path) -> Process | None:
    """The process that wrote `pid_file`, if it is still the one that runs under that pid."""
    try:
        stat, boot = pid_file.read_text(encoding="utf-8").splitlines()
        process = Process(int(stat.split()[0]), int(_fields(stat)[_START_TIME]))
    except (OSError, ValueError, IndexError):
        return None
    return process if boot == _boot_id() and process.alive else None


def stop(pid_files: Iterable[Path], patience_s: float = 10.0) -> None:
    """End these processes: SIGTERM to all, then SIGKILL to those left after `patience_s`; returns when all are gone."""
    files = list(pid_files)
    _end(files, signal.SIGTERM, patience_s)
    kill(files)


def kill(pid_files: Iterable[Path]) -> None:
    """End these processes as a power cut would."""
    files = list(pid_files)
    left = _end(files, signal.SIGKILL, 30.0)
    if left:
        raise Failed(f"process {left[0].pid}", "it does not end", "Look whether it hangs in the kernel (state D).")
    for file in files:
        file.unlink(missing_ok=True)


def _end(files: Sequence[Path], number: signal.Signals, patience_s: float) -> list[Process]:
    left = [process for file in files if (process := find(file)) is not None]
    for process in left:
        process.signal(number)
    deadline = time.monotonic() + patience_s
    while (left := [process for process in left if process.alive]) and time.monotonic() < deadline:
        time.sleep(POLL_S)
    return left


def rotate(log: Path) -> None:
    """Keep a log that outgrew its limit as one older file, so that two files bound its size."""
    if log.exists() and log.stat().st_size > _LOG_LIMIT:
        log.replace(log.with_suffix(log.suffix + ".1"))


def _start_time(pid: int) -> int | None:
    """The start time of a running process in clock ticks since boot; None for one that is gone or only a zombie."""
    try:
        fields = _fields(Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return None
    return None if fields[0] in "ZX" else int(fields[_START_TIME])


def _fields(stat: str) -> list[str]:
    return stat.rpartition(")")[2].split()


def _boot_id() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
