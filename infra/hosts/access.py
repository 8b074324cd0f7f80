"""How operators come to hosts: as whom, with which key, from where, and how long they wait for what."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Lock

from infra.hosts.host import Host

Dial = Callable[[Host], socket.socket]
"""Opens a connection to a host. Raises OSError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """`connect_s` for each step until the host lets us in, `taken_s` until it takes a command, `run_s` for a command,
    `output` bytes of each stream."""

    connect_s: float = 10.0
    taken_s: float = 10.0
    run_s: float = 60.0
    output: int = 1024 * 1024


class Stop(Event):
    """Whoever sets it ends every connection that is held, whatever it waits for just now."""

    def __init__(self) -> None:
        super().__init__()
        self._held: set[socket.socket] = set()
        self._lock = Lock()

    def set(self) -> None:
        with self._lock:
            super().set()
            for line in self._held:
                _end(line)

    @contextmanager
    def held(self, line: socket.socket) -> Iterator[None]:
        """Meanwhile the line ends when we are stopped; at once, where we were."""
        with self._lock:
            self._held.add(line)
            if self.is_set():
                _end(line)
        try:
            yield
        finally:
            with self._lock:
                self._held.discard(line)


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """As whom operators come, with which private key, and from which address of this machine (empty: any).

    Without `identity`, the keys of the SSH agent and of the user are offered. `stop` ends every session at once.
    """

    user: str
    identity: Path | None = None
    source: str = ""
    bounds: Bounds = field(default_factory=Bounds)
    stop: Stop = field(default_factory=Stop)

    def dial(self, host: Host) -> socket.socket:
        line = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            line.settimeout(self.bounds.connect_s)
            if self.source:
                line.bind((self.source, 0))
            with self.stop.held(line):
                line.connect((str(host.address), host.port))
        except BaseException:
            line.close()
            raise
        return line


def _end(line: socket.socket) -> None:
    """Even of one that is just being connected: Linux gives that up."""
    with suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)
