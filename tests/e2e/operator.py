"""An operator at the command line: every step of a journey is a command, as a person would type it."""

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).parents[2]
_PATIENCE_S = 900


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:  # noqa: ANN401 - JSON is any JSON
        return json.loads(self.out)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """Works in a workspace, on a city's folder."""

    workspace: str
    city: Path

    @property
    def environment(self) -> dict[str, str]:
        programs = Path(sys.executable).parent
        return os.environ | {
            "ASTY_WORKSPACE": self.workspace,
            "ASTY_CITY": str(self.city),
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        }

    def asty(self, *arguments: str, code: int | None = 0) -> Said:
        """`asty` with these arguments; the test fails where it does not end with `code` (None for any)."""
        return self._run([sys.executable, "-m", "asty", *arguments], code)

    def shell(self, line: str, code: int | None = 0) -> Said:
        """A line for bash, after `eval "$(asty env)"`; what that printed first holds for all that follow."""
        return self._run(["bash", "-c", f"set -euo pipefail\n{_shell_variables(self)}\n{line}"], code)

    def asks(self, *arguments: str, code: int | None = 0) -> Any:  # noqa: ANN401 - JSON is any JSON
        """What `asty … --json` answers. What comes behind `--` is another command's."""
        end = arguments.index("--") if "--" in arguments else len(arguments)
        return self.asty(*arguments[:end], "--json", *arguments[end:], code=code).json

    @contextmanager
    def start(self, *arguments: str) -> Iterator["subprocess.Popen[bytes]"]:
        """`asty` in a process of its own, for as long as the block runs; however that ends, it is over afterwards."""
        with subprocess.Popen(
            [sys.executable, "-m", "asty", *arguments],
            cwd=REPOSITORY,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as process:
            try:
                yield process
            finally:
                process.terminate()

    def _run(self, command: list[str], code: int | None) -> Said:
        done = subprocess.run(
            command,
            cwd=REPOSITORY,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_PATIENCE_S,
            check=False,
        )
        said = Said(code=done.returncode, out=done.stdout, err=done.stderr)
        if code is not None and done.returncode != code:
            raise AssertionError(f"{command} ended with {done.returncode}, not {code}\n{said.out}\n{said.err}")
        return said


def lose_server(operator: Operator, *, cloud: str, name: str) -> None:
    """Behind Pulumi's back: deleted through the cloud's own API."""
    script = (
        "import openstack, sys; c = openstack.connect(cloud=sys.argv[1]); "
        "s = c.compute.find_server(sys.argv[2], ignore_missing=False); "
        "c.compute.delete_server(s); c.compute.wait_for_delete(s, interval=0.3)"
    )
    operator.shell(shlex.join(["python", "-c", script, cloud, name]))


@cache
def _shell_variables(operator: Operator) -> str:
    return operator.asty("env").out
