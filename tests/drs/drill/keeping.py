"""A host that keeps drills, as a process of this machine: what asty sends over SSH goes through a pipe."""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from city.errors import Failed
from drs.drill.custodian import PROGRAM, Custodian


@dataclass
class PipeLine:
    """To the program that keeps drills below `root`; where it is `cut`, nobody is reached, and who holds, holds on.

    `deaf` is how many answers are lost on their way from now on.
    """

    root: Path
    cut: bool = False
    deaf: int = 0
    host: str = "monitoring-1 (recovery)"
    asked: list[str] = field(default_factory=list)
    _program: "subprocess.Popen[bytes] | None" = None

    def ask(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        if self.cut:
            raise Failed(self.host, "nobody answers there", "Look at it.")
        self.asked.append(asked["do"])
        for _ in range(2):
            program = self._running()
            assert program.stdin
            assert program.stdout
            program.stdin.write(json.dumps(asked).encode() + b"\n")
            program.stdin.flush()
            told = program.stdout.readline()
            if not self.deaf:
                return dict(json.loads(told))
            self.deaf -= 1
        raise AssertionError

    def _running(self) -> "subprocess.Popen[bytes]":
        if self._program is None:
            command = [sys.executable, "-I", "-c", PROGRAM, str(self.root)]
            self._program = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        return self._program

    def end(self) -> None:
        """As when the machine at our end was switched off, and its host saw the connection end."""
        if self._program is not None:
            assert self._program.stdin
            assert self._program.stdout
            self._program.stdin.close()
            self._program.wait(120)
            self._program.stdout.close()
            self._program = None


def custodian(line: PipeLine) -> Custodian:
    return Custodian(line=line)
