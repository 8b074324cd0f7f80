"""Processes that outlive the command that started them, and are found again without mistake.

A process writes its own line of /proc/PID/stat and the machine's boot id before it becomes the
program, so there is no moment in which it runs unrecorded, and a recycled pid is told apart by its
start time.
"""

import os
import signal
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from city.errors import Failed
from city.processes import start_in, start_time

_RECORD = (
    "umask 022; { read -r stat </proc/self/stat; read -r boot </proc/sys/kernel/random/boot_id; "
    'printf "%s\\n%s\\n" "$stat" "$boot" >"$0.new" && mv "$0.new" "$0" && umask 077 && exec "$@"; } &'
)
"""A constant script for sh: `$0` is the pid file, `$@` the program and its arguments.

In the background of a shell that ends at once, so that the program is nobody's child but init's. The
pid file is no secret: who started a program as root must find it again.
"""
_LOG_LIMIT = 4 * 1024 * 1024
POLL_S = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Daemon:
    """A program to be run on its own; what it prints goes to `log`, whose last run is kept beside it.

    `by` is put before it to make it another user's, as sudo is; such a program sets its variables itself.
    """

    name: str
    argv: tuple[str, ...]
    pid_file: Path
    log: Path
    cwd: Path
    env: Mapping[str, str] = field(repr=False)
    by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Process:
    """One run of a program: the pid with the start time that makes it unique until the next boot."""

    pid: int
    started: int

    @property
    def alive(self) -> bool:
        return start_time(self.pid) == self.started

    @property
    def memory_mb(self) -> float:
        """Proportional set size: what the machine would gain if it ended; 0 once it has.

        Of another user's process only what it shares with nobody can be seen, which is a little less.
        """
        try:
            for line in Path(f"/proc/{self.pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
                if line.startswith("Pss:"):
                    return int(line.split()[1]) / 1024
        except OSError:
            return _unshared_mb(self.pid)
        return 0.0

    def family(self) -> Iterator["Process"]:
        """This process and all that it started and that still runs as its child, or as its children's."""
        yield self
        try:
            children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text(encoding="ascii").split()
        except OSError:
            return
        for child in children:
            if (started := start_time(int(child))) is not None:
                yield from Process(int(child), started).family()

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
    # In a session of its own from the start; sudo stays in ours, whose terminal it knows, until it has become root.
    by = [*daemon.by, "/usr/bin/setsid"] if daemon.by else []
    with daemon.log.open("ab") as log:
        done = subprocess.run(  # noqa: S603 - a constant script; what varies is passed as arguments
            [*by, "/bin/sh", "-c", _RECORD, str(daemon.pid_file), *daemon.argv],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=daemon.cwd,
            env=dict(daemon.env),
            start_new_session=not by,
            check=False,
        )
    if done.returncode:
        raise Failed(daemon.name, "it did not start", f"Read {daemon.log}.")
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
        process = Process(int(stat.split()[0]), start_in(stat))
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


def _unshared_mb(pid: int) -> float:
    """From statm (proc(5)), which everybody may read: resident pages without the shared ones."""
    try:
        _, resident, shared, *_ = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()
    except (OSError, ValueError):
        return 0.0
    return (int(resident) - int(shared)) * os.sysconf("SC_PAGESIZE") / 2**20


def _boot_id() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
