"""The workers of a workspace that outlive the command: the poller and the dashboard."""

import sys
import time
import urllib.request
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPException
from pathlib import Path
from typing import TypedDict

from asty.workspace import Workspace
from city.errors import Failed
from lab import daemon
from lab.daemon import Daemon, Process

_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "XDG_STATE_HOME", "XDG_CACHE_HOME")
_BETWEEN_S = 0.05
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Never through a proxy: it is our own address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """`arguments` are those of `asty`, after the global options."""

    name: str
    arguments: tuple[str, ...]


POLLER = Worker(name="poller", arguments=("poll",))
DASHBOARD = Worker(name="dashboard", arguments=("serve",))
WORKERS = (POLLER, DASHBOARD)


def pid_file(workspace: Workspace, worker: Worker) -> Path:
    return workspace.processes / f"{worker.name}.pid"


def log(workspace: Workspace, worker: Worker) -> Path:
    return workspace.logs / f"{worker.name}.log"


def running(workspace: Workspace, worker: Worker) -> Process | None:
    return daemon.find(pid_file(workspace, worker))


class SeenJson(TypedDict):
    name: str
    state: str
    """`running` or `not running`."""
    pid: int | None


def seen(workspace: Workspace, worker: Worker) -> SeenJson:
    process = running(workspace, worker)
    return {
        "name": worker.name,
        "state": "not running" if process is None else "running",
        "pid": None if process is None else process.pid,
    }


def at_work(workspace: Workspace, worker: Worker) -> Path:
    """A file that is there once a worker came to work since it was started: the poller keeps, the dashboard listens."""
    return workspace.processes / f"{worker.name}.at-work"


def start(workspace: Workspace, worker: Worker, environ: Mapping[str, str]) -> Process:
    """The worker's process, started unless it runs already. Raises Failed where it cannot be started."""
    found = running(workspace, worker)
    if found is not None:
        return found
    at_work(workspace, worker).unlink(missing_ok=True)
    return daemon.start(
        Daemon(
            name=worker.name,
            argv=(sys.executable, "-m", "asty", *options(workspace), *worker.arguments),
            pid_file=pid_file(workspace, worker),
            log=log(workspace, worker),
            cwd=workspace.project,
            env={name: environ[name] for name in _PASSED_ON if name in environ},
        )
    )


def stop(workspace: Workspace, workers: Iterable[Worker] = WORKERS) -> None:
    daemon.stop([pid_file(workspace, worker) for worker in workers])


def await_answer(url: str, process: Process, log_file: Path, patience_s: float = 60) -> None:
    """Return once `url` answers 200. Raises Failed, naming the log, where the process ends or the time is over."""
    deadline = time.monotonic() + patience_s
    while not _answers(url):
        if not process.alive or time.monotonic() > deadline:
            raise Failed(url, "it does not answer", f"Read {log_file}.")
        time.sleep(_BETWEEN_S)


def await_work(workspace: Workspace, worker: Worker, process: Process, patience_s: float = 60) -> None:
    """Return once the worker is at work. Raises Failed, naming the log, where it ends first, or takes too long."""
    deadline = time.monotonic() + patience_s
    while process.alive and not at_work(workspace, worker).exists() and time.monotonic() < deadline:
        time.sleep(_BETWEEN_S)
    if not process.alive:
        raise Failed(worker.name, "it ended as soon as it was started", f"Read {log(workspace, worker)}.")
    if not at_work(workspace, worker).exists():
        raise Failed(worker.name, f"it is not at work after {patience_s:.0f} s", f"Read {log(workspace, worker)}.")


def _answers(url: str) -> bool:
    try:
        with _DIRECT.open(url, timeout=5) as answer:
            return bool(answer.status == HTTPStatus.OK)
    except (OSError, HTTPException):
        return False


def options(workspace: Workspace) -> tuple[str, ...]:
    """The global options by which another process of `asty` works on this workspace."""
    return (
        f"--workspace={workspace.name}",
        f"--city={workspace.city_folder}",
        f"--base-port={workspace.base_port}",
        f"--base-address={workspace.base_address}",
    )
