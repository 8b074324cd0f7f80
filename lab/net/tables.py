"""Neutron's tables, as they change.

From its database, and not through its API: a question whether anything changed costs the database a few rows, where a
round over the API costs Neutron a tenth of a second of a core; and all tables are read at one moment, so that no
port is seen without its group. A child process in OpenStack's environment reads them over the region's own socket
(`lab.openstack.drivers.neutron_rows`), as the user who runs the lab. Nothing is written.
"""

import contextlib
import json
import logging
import os
import pwd
import select
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from lab.net.neutron import region

if TYPE_CHECKING:
    from lab.net.wanted import Region

LOG = logging.getLogger(__name__)
READER = Path(__file__).parents[1] / "openstack" / "drivers" / "neutron_rows.py"
_PATIENCE_S = 20.0


class Tables:
    """Both regions' Neutron, by the sockets of their databases and the index of each region."""

    def __init__(self, python: Path, sockets: Mapping[int, Path]) -> None:
        self._python, self._sockets = python, dict(sockets)
        self._child: subprocess.Popen[bytes] | None = None
        self._asked, self._unread = 0, b""
        self._answered: dict[int, int] = {}
        self._problems: dict[int, str] = {}
        self.regions: dict[int, Region] = {}
        """Each region as it was read last, though its database may be away now; none that was never read."""

    @property
    def whole(self) -> bool:
        """Whether every region was read once: before that nobody knows what is unwanted."""
        return self.regions.keys() == self._sockets.keys()

    def news(self) -> int:
        """The file number that becomes readable when something changed."""
        self.start()
        return self._pipe("stdout").fileno()

    def start(self) -> None:
        """Have a child that reads; one that ended is followed by another."""
        if self._child is not None:
            if self._child.poll() is None:
                return
            self.close()
        self._asked, self._answered, self._unread = 0, {}, b""
        owner = next(iter(self._sockets.values())).parent.stat().st_uid
        self._child = subprocess.Popen(  # noqa: S603 - the environment's Python, own paths
            [str(self._python), "-I", str(READER), pwd.getpwuid(owner).pw_name, *map(str, self._sockets.values())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            user=owner if os.geteuid() != owner else None,
        )

    def ask(self) -> None:
        """Read every region now; returns when each has answered, or is away."""
        self.start()
        self._asked += 1
        deadline = time.monotonic() + _PATIENCE_S
        with contextlib.suppress(BrokenPipeError):
            self._pipe("stdin").write(b"\n")
            while any(self._answered.get(number, 0) < self._asked for number in range(len(self._sockets))):
                if not self.hear(deadline - time.monotonic()):
                    return

    def hear(self, patience_s: float) -> bool:
        """Take in what the child says by then; false where it says nothing, or has ended."""
        self.start()
        pipe = self._pipe("stdout")
        ready, _, _ = select.select([pipe], [], [], max(patience_s, 0))
        heard = pipe.read(1 << 16) if ready else b""
        *lines, self._unread = (self._unread + (heard or b"")).split(b"\n")
        for line in lines:
            self._take(json.loads(line))
        return bool(heard)

    def _take(self, said: dict[str, Any]) -> None:
        index = list(self._sockets)[said["region"]]
        self._answered[said["region"]] = said["asked"]
        if "rows" in said:
            self.regions[index] = region(index, said["rows"])
            self._problems.pop(index, None)
        elif self._problems.get(index) != said["problem"]:
            self._problems[index] = said["problem"]
            LOG.warning("region %d: %s", index + 1, said["problem"])

    def close(self) -> None:
        """End the child."""
        if self._child is not None:
            self._pipe("stdin").close()
            self._child.wait(10)
            self._pipe("stdout").close()
            self._child = None

    def _pipe(self, name: str) -> IO[bytes]:
        pipe: IO[bytes] | None = getattr(self._child, name)
        if pipe is None:
            raise RuntimeError("the reader has no pipe")
        return pipe
