"""How operators come to hosts: as whom, with which key, from where, and how long they wait for what."""

import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

from infra.hosts.host import Host

Dial = Callable[[Host], socket.socket]
"""Opens a connection to a host. Raises OSError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """`connect_s` for each step until the host lets us in, `run_s` for a command, `output` bytes of each stream."""

    connect_s: float = 10.0
    run_s: float = 60.0
    output: int = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """As whom operators come, with which private key, and from which address of this machine (empty: any).

    Without `identity`, the keys of the SSH agent and of the user are offered. `stop` ends every command at once.
    """

    user: str
    identity: Path | None = None
    source: str = ""
    bounds: Bounds = field(default_factory=Bounds)
    stop: Event = field(default_factory=Event)

    def dial(self, host: Host) -> socket.socket:
        source = (self.source, 0) if self.source else None
        return socket.create_connection((str(host.address), host.port), self.bounds.connect_s, source)
