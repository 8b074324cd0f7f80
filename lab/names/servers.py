"""The programs of a site, name server and resolver: started in their folder, found again, ended."""

import time
from pathlib import Path

from city.errors import Failed
from lab import daemon
from lab.daemon import Daemon, Process
from lab.names import knot, unbound
from lab.names.endpoint import Endpoint
from lab.names.question import answers
from lab.openstack.drivers.exchange import revision
from lab.openstack.folders import write_private

_PATIENCE_S = 10.0
_BETWEEN_S = 0.02
_ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}


class Server:
    """One program that stays in the foreground; `argv` is relative to its folder."""

    def __init__(self, name: str, folder: Path, endpoint: Endpoint) -> None:
        self.folder, self._name, self._endpoint = folder, name, endpoint

    @property
    def process(self) -> Process | None:
        return daemon.find(self._pid_file)

    @property
    def steady(self) -> bool:
        """Whether it runs where it belongs."""
        process = self.process
        return process is not None and self._endpoint.holds(process.pid)

    def start(self, *argv: str) -> None:
        self._make_folder()
        daemon.start(
            Daemon(
                name=self._name,
                argv=(*self._endpoint.within, *argv),
                pid_file=self._pid_file,
                log=self.folder / "log",
                cwd=self.folder,
                env=_ENVIRONMENT,
            )
        )

    def _make_folder(self) -> None:
        """Whoever may not read it finds the pid file in it all the same."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o711)

    def stop(self) -> None:
        daemon.stop([self._pid_file])

    @property
    def _pid_file(self) -> Path:
        return self.folder / "pid"


class NameServer(Server):
    """Knot, which takes up another configuration while it runs."""

    def __init__(self, folder: Path, endpoint: Endpoint) -> None:
        super().__init__("name server", folder, endpoint)
        self.control = knot.Control(folder)
        self._taken_up = ""

    def configure(self, text: str) -> None:
        """Run with this configuration. What an earlier agent's Knot was told last is not known, so it is told anew."""
        self._make_folder()
        for name in ("zones", "db"):
            (self.folder / name).mkdir(mode=0o700, exist_ok=True)
        if not self.steady:
            self.stop()
            write_private(self.folder / knot.FILE, text)
            (self.folder / "knot.pid").unlink(missing_ok=True)  # of one that was killed, whose number another may have
            self.start(knot.KNOTD, "-c", knot.FILE)
            self.control.await_answer()
        elif text != self._taken_up:
            write_private(self.folder / knot.FILE, text)
            self.control.reconfigure()
        self._taken_up = text


class Resolver(Server):
    """Unbound. Its command line names the configuration that it runs, and another one is another process."""

    def __init__(self, folder: Path, endpoint: Endpoint) -> None:
        super().__init__("resolver", folder, endpoint)

    def configure(self, text: str) -> None:
        file = f"{revision(text)}.conf"
        if (process := self.process) is not None:
            if self.steady and file.encode() in Path(f"/proc/{process.pid}/cmdline").read_bytes().split(b"\0"):
                return
            self.stop()
        self._make_folder()
        for other in self.folder.glob("*.conf"):
            other.unlink()
        write_private(self.folder / file, text)
        self.start(unbound.UNBOUND, "-d", "-p", "-c", file)
        self._await_answer()

    def _await_answer(self) -> None:
        deadline = time.monotonic() + _PATIENCE_S
        while not answers(self._endpoint):
            if self.process is None or time.monotonic() > deadline:
                raise Failed(f"resolver {self.folder}", "it does not answer", f"Read {self.folder / 'log'}.")
            time.sleep(_BETWEEN_S)
