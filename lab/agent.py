"""The life of an agent of the lab: a process, mostly root's, that keeps something as declared until it is ended.

Every agent starts, is seen and ends in one way, and its program is one module: `python -m MODULE LABFOLDER [WORD ...]`
keeps; `python -m MODULE LABFOLDER end SETTINGS` ends the agent and then what it kept, also where the folder of the lab
is gone. The room of an agent says what is declared, what runs beneath the agent, and what its end takes with it.
"""

import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from city.errors import AstyError, Failed
from lab import daemon
from lab.daemon import Daemon
from lab.params import LabParams
from lab.part import Part
from lab.real.packages import OURS, REPOSITORY
from lab.system import as_root, last_line

_LOG = logging.getLogger(__name__)
_END = "end"
_PATIENCE_S = 60.0
_BARE = ("/usr/bin/env", "-i", f"PATH={os.defpath}:/usr/sbin:/sbin", "LC_ALL=C.UTF-8", "PYTHONUNBUFFERED=1")
"""sudo hands on its own variables, whatever ours are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """`name` is that of its part, its pid file and its log; `keeps` is what it keeps, as a person calls it."""

    name: str
    keeps: str
    module: str

    def pid_file(self, params: LabParams) -> Path:
        return params.pid_file(self.name)

    def log(self, params: LabParams) -> Path:
        return params.logs / f"{self.name}.log"

    def runs(self, params: LabParams) -> bool:
        return daemon.find(self.pid_file(params)) is not None

    def start(self, params: LabParams, *words: str) -> None:
        """As root where this user can become root. Raises Failed where the agent cannot be run."""
        daemon.start(
            Daemon(
                name=f"the agent that keeps {self.keeps}",
                argv=(*_BARE, *OURS, self.module, str(params.root), *words),
                pid_file=self.pid_file(params),
                log=self.log(params),
                cwd=REPOSITORY,
                env={},
                by=tuple(as_root() or ()),
            )
        )

    def wait(self, params: LabParams, ready: Callable[[], bool]) -> None:
        """Until `ready`. Raises Failed, which names the log, where the agent ends before or takes too long."""
        deadline = time.monotonic() + _PATIENCE_S
        while self.runs(params):
            if ready():
                return
            if time.monotonic() > deadline:
                raise Failed(self.keeps, "its agent does not answer", f"Read {self.log(params)}.")
            time.sleep(daemon.POLL_S)
        raise Failed(self.keeps, "its agent ended", f"Read {self.log(params)}.")

    def end(self, params: LabParams) -> None:
        """End the agent and what it kept. Raises Failed with what stays."""
        command = [*(as_root() or ()), *_BARE, *OURS, self.module, str(params.root), _END, params.settings()]
        done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)  # noqa: S603 - own words
        if done.returncode:
            raise Failed(self.keeps, last_line(done.stderr), "As root, or where sudo works, run the same again.")

    def parts(self, params: LabParams, address: str = "") -> tuple[Part, ...]:
        """The agent as a part of a lab that has one, or should have one."""
        part = Part.of(self.name, self.pid_file(params), address)
        return (part,) if params.hosts or part.pid else ()


def run(agent: Agent, keep: Callable[..., None], end: Callable[[LabParams], None]) -> None:
    """The whole of an agent's program. `keep` gets the lab and the words, and works until a signal ends it.

    The agent ends before `end` begins, or it would start again what `end` ends.
    """
    logging.basicConfig(format="%(asctime)s %(name)s %(levelname)s %(message)s", level=logging.INFO)
    folder, *words = sys.argv[1:]
    if words[:1] != [_END]:
        keep(LabParams.load(Path(folder)), *words)
        return
    try:
        params = LabParams.told(Path(folder), words[1])
        daemon.stop([agent.pid_file(params)], _PATIENCE_S)
        end(params)
    except AstyError as error:
        sys.exit(str(error))


class Turn:
    """Says at most once in a while that it is time; the first time at once."""

    def __init__(self, seconds: float) -> None:
        self._seconds, self._at = seconds, 0.0

    def due(self) -> bool:
        now = time.monotonic()
        if now < self._at:
            return False
        self._at = now + self._seconds
        return True


def attempt(work: Callable[[], None]) -> None:
    """A round of an agent: one that fails is logged, and the next one tries again; what is not told stays pending."""
    try:
        work()
    except Exception:  # noqa: BLE001 - whatever it is, the agent goes on
        _LOG.exception("a round failed")
