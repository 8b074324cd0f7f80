"""One HAProxy, master and worker, in its folder and its network namespace: checked, started, reloaded, asked, ended.

What runs is asked of the process itself: the description in its configuration names it. So no file can say otherwise.
"""

import csv
import io
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from city.errors import Failed
from lab import daemon
from lab.balancing.config import STATE, STATS
from lab.balancing.statuses import Seen
from lab.daemon import Daemon, Process
from lab.openstack.folders import write_private

HAPROXY = "/usr/sbin/haproxy"
FILE = "haproxy.cfg"
_PATIENCE_S = 10.0
_BETWEEN_S = 0.02
_ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}


class Haproxy:
    """`folder` is its own; `within` goes before its command line, to put it into a namespace."""

    def __init__(self, folder: Path, within: tuple[str, ...] = ()) -> None:
        self.folder, self._within = folder, within

    @property
    def process(self) -> Process | None:
        return daemon.find(self._pid_file)

    @property
    def _pid_file(self) -> Path:
        return self.folder / "pid"

    @property
    def _log(self) -> Path:
        return self.folder / "log"

    def check(self, text: str) -> str | None:
        """What HAProxy itself says against a configuration; None where it takes it. Changes nothing that runs."""
        candidate = "candidate.cfg"
        write_private(self.folder / candidate, text)
        done = subprocess.run(  # noqa: S603 - constant words
            [HAPROXY, "-c", "-q", "-f", candidate],
            cwd=self.folder,
            env=_ENVIRONMENT,
            capture_output=True,
            text=True,
            check=False,
        )
        (self.folder / candidate).unlink()
        alerts = [line.partition(" : ")[2] for line in done.stderr.splitlines() if line.startswith("[ALERT]")]
        return None if done.returncode == 0 else "; ".join(alerts[:3]) or "HAProxy does not say why"

    def run(self, text: str, description: str) -> None:
        """Run this configuration, whose description is given; returns when it alone serves who comes. Raises Failed.

        Connections that are open stay with the former worker until they end, or for DRAIN_S; new ones never see a
        closed port, as the listening sockets are handed over.
        """
        write_private(self.folder / FILE, text)
        process = self.process
        if process is None:
            (self.folder / STATE).unlink(missing_ok=True)
            self._start()
            self._await(description)
            return
        self._keep_health()
        with self.session() as former:
            process.signal(signal.SIGUSR2)
            self._await(description)
            self._await_end(former)

    def description(self) -> str | None:
        """Names the configuration that serves now; None where nothing does."""
        lines = (self.ask("show info") or "").splitlines()
        return next((line.partition(": ")[2] for line in lines if line.startswith("description: ")), None)

    def seen(self) -> dict[str, Seen]:
        """Each member by its id; of one that stands in several pools' backends, the worst."""
        found: dict[str, Seen] = {}
        for row in csv.DictReader(io.StringIO((self.ask("show stat -1 4 -1") or "").removeprefix("# "))):
            one = Seen(status=row["status"], check=(row["check_status"] or "").strip("* "))
            if row["svname"] not in found or one.well is False:
                found[row["svname"]] = one
        return found

    def ask(self, command: str) -> str | None:
        """The answer of the worker; None where none answers."""
        with short(self.folder) as folder, socket.socket(socket.AF_UNIX) as client:
            client.settimeout(_PATIENCE_S)
            try:
                client.connect(f"{folder}/{STATS}")
                client.sendall(f"{command}\n".encode())
                return b"".join(iter(lambda: client.recv(65536), b"")).decode()
            except OSError:
                return None

    @contextmanager
    def session(self) -> Iterator["Session | None"]:
        """With the worker that serves now, also when another one has come; None where none answers."""
        with short(self.folder) as folder, socket.socket(socket.AF_UNIX) as client:
            client.settimeout(_PATIENCE_S)
            try:
                client.connect(f"{folder}/{STATS}")
            except OSError:
                yield None
                return
            yield Session(client)

    def stop(self) -> None:
        """End it with every connection."""
        daemon.kill([self._pid_file])

    def _start(self) -> None:
        (self.folder / STATS).unlink(missing_ok=True)
        daemon.start(
            Daemon(
                name=f"load balancer {self.folder.name}",
                argv=(*self._within, HAPROXY, "-W", "-db", "-f", FILE),
                pid_file=self._pid_file,
                log=self._log,
                cwd=self.folder,
                env=_ENVIRONMENT,
            )
        )

    def _keep_health(self) -> None:
        """A worker that starts believes every member well; this tells it what the former one knew."""
        if state := self.ask("show servers state"):
            write_private(self.folder / STATE, state)

    def _await(self, description: str) -> None:
        self._until(lambda: self.description() == description)

    def _await_end(self, former: "Session | None") -> None:
        """Both workers listen until the former one has heard that another serves; whom it lets in then, it serves as
        before."""
        self._until(lambda: former is None or former.stopping())

    def _until(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + _PATIENCE_S
        while not condition():
            if self.process is None or time.monotonic() > deadline:
                raise Failed(f"load balancer {self.folder.name}", "HAProxy did not take it", f"Read {self._log}.")
            time.sleep(_BETWEEN_S)


class Session:
    """One worker's own, for as long as it is open (HAProxy management guide, 9.3: `prompt`)."""

    _PROMPT = b"\n> "

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._told("prompt")

    def stopping(self) -> bool:
        """Whether the worker lets nobody in any more; a worker that has ended does not, either."""
        told = self._told("show info")
        return told is None or "Stopping: 1" in told.splitlines()

    def _told(self, command: str) -> str | None:
        """None where the worker has ended."""
        heard = b""
        try:
            self._line.sendall(f"{command}\n".encode())
            while not heard.endswith(self._PROMPT):
                part = self._line.recv(65536)
                if not part:
                    return None
                heard += part
        except OSError:
            return None
        return heard.decode()


@contextmanager
def short(folder: Path) -> Iterator[str]:
    """A name of the folder that is short enough for any Unix socket in it."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{descriptor}"
    finally:
        os.close(descriptor)
