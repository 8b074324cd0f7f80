"""The hosts of a lab, as the rest of the lab starts, sees and stops them."""

import os
import socket
import subprocess
import time
from pathlib import Path

from city.errors import Failed
from lab import daemon
from lab.daemon import Daemon
from lab.hosts import leftovers, needs
from lab.hosts.folder import HostsFolder
from lab.hosts.life import Life, State
from lab.left_out import LeftOut
from lab.params import LabParams
from lab.part import Part
from lab.real import namespaces
from lab.real.packages import OURS, REPOSITORY, install
from lab.system import Report, as_root, last_line

PART = "hosts behind the clouds' servers"
_NAME = "hosts"
_PATIENCE_S = 60.0
_BETWEEN_S = 0.05
_UNOWNED = "unowned"


def lacking() -> LeftOut | None:
    """Why no host can run here; None where they can."""
    found = namespaces.lacking()
    return None if found is None else LeftOut(part=PART, reason=found.reason, remedy=found.remedy)


def up(params: LabParams, report: Report) -> None:
    """Have the process that answers for the guests; Nova starts them. Raises Failed where it does not come up."""
    if daemon.find(_pid_file(params)) is not None:
        return
    by = _rights()
    install(by, report, needs.NEEDS, needs.__name__)
    begun = time.monotonic()
    daemon.start(
        Daemon(
            name=_NAME,
            argv=(
                *("/usr/bin/env", "-i", f"PATH={os.defpath}:/usr/sbin:/sbin", "LC_ALL=C.UTF-8", "PYTHONUNBUFFERED=1"),
                *(*OURS, "lab.hosts", str(params.root)),
            ),
            pid_file=_pid_file(params),
            log=_log(params),
            cwd=REPOSITORY,
            env={},
            by=tuple(by),
        )
    )
    _await(params)
    report(f"hosts: ready for the clouds' servers ({time.monotonic() - begun:.1f} s)")


def down(params: LabParams) -> None:
    """Every guest shuts down, and nothing of it stays but its disk. Nova is not told, so that it comes back.

    Raises Failed where something else stays.
    """
    if not HostsFolder(params).root.exists():
        return
    if process := daemon.find(_pid_file(params)):
        _as_root("/bin/kill", "-TERM", str(process.pid))
        _await_end(process)
    _as_root(*OURS, "lab.hosts.off", str(params.root))


def status(params: LabParams) -> list[Part]:
    """The process that answers for the guests, where they were ever switched on, and whatever has no owner."""
    home = HostsFolder(params)
    if not home.root.exists():
        return []
    process, life = daemon.find(_pid_file(params)), Life(home)
    states = [life.state(folder.id) for folder in home.all()]
    found = Part(
        name=_NAME,
        state="up" if process is not None else "down" if params.hosts else "off",
        address=f"{home.socket}, {states.count(State.RUNNING)} of {len(states)} guests run",
        pid=process.pid if process is not None else None,
        memory_mb=process.memory_mb if process is not None else 0.0,
    )
    unowned = [
        Part(name=str(leftover), state=_UNOWNED, address="", pid=None, memory_mb=0.0)
        for leftover in leftovers.find(life)
    ]
    return [found, *unowned]


def _await(params: LabParams) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while daemon.find(_pid_file(params)) is not None and time.monotonic() < deadline:
        with socket.socket(socket.AF_UNIX) as line:
            if line.connect_ex(str(params.hosts_socket)) == 0:
                return
        time.sleep(_BETWEEN_S)
    raise Failed("hosts", "nobody answers for them", f"Read {_log(params)}.")


def _await_end(process: daemon.Process) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while process.alive:
        if time.monotonic() > deadline:
            raise Failed(f"process {process.pid}", "it does not end", "Look whether it hangs in the kernel (state D).")
        time.sleep(_BETWEEN_S)


def _rights() -> list[str]:
    by = as_root()
    if by is None:
        raise Failed("hosts", "only root may touch them", "Do this as root, or where sudo works.")
    return by


def _as_root(*argv: str) -> None:
    done = subprocess.run([*_rights(), *argv], capture_output=True, text=True, check=False)  # noqa: S603 - own paths and pids
    if done.returncode:
        raise Failed("hosts", last_line(done.stderr), "Mend that, then run `asty lab down` again.")


def _log(params: LabParams) -> Path:
    return params.logs / f"{_NAME}.log"


def _pid_file(params: LabParams) -> Path:
    return params.pid_file(_NAME)
