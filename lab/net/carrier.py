"""The process that carries the link between the sites, while one is needed; it outlives the agent."""

import contextlib
import time
from pathlib import Path

from lab import daemon
from lab.daemon import Daemon
from lab.net import kernel, names
from lab.net.backbone import WAN, edge
from lab.net.machine import LinkKind
from lab.params import LabParams
from lab.real.packages import OURS, REPOSITORY

_PATIENCE_S = 20.0


def relay(params: LabParams) -> Path:
    """Where that process leaves its pid."""
    return params.pid_file("net-relay")


class Carrier:
    """Found again by its pid file, as every process of the lab is."""

    def __init__(self, params: LabParams) -> None:
        self.params = params
        self.pid_file = relay(params)
        self._relayed = False

    @property
    def well(self) -> bool:
        """Whether it runs, if it should."""
        return not self._relayed or daemon.find(self.pid_file) is not None

    def follow(self, *, relayed: bool) -> bool:
        """Run exactly while `relayed`; returns whether anything changed. The kernel's cable must be gone by then."""
        self._relayed = relayed
        runs = daemon.find(self.pid_file) is not None
        if runs == relayed:
            return False
        if relayed:
            self._start()
        else:
            daemon.kill([self.pid_file])
        return True

    def _start(self) -> None:
        edges = [names.place(self.params, edge(index)) for index in (0, 1)]
        daemon.start(
            Daemon(
                name="the link between the sites",
                argv=(*OURS, "lab.net.relay", str(self.params.root), *edges),
                pid_file=self.pid_file,
                log=self.params.logs / "net-relay.log",
                cwd=REPOSITORY,
                env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
            )
        )
        deadline = time.monotonic() + _PATIENCE_S
        while not all(_carried(name) for name in edges) and self.well and time.monotonic() < deadline:
            time.sleep(daemon.POLL_S)


def _carried(namespace: str) -> bool:
    with contextlib.suppress(OSError):
        link = kernel.read(namespace).links.get(WAN)
        return link is not None and link.kind == LinkKind.TUN
    return False
