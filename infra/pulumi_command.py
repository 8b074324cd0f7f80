"""The `pulumi` of a project, run in the project's own environment and in no other."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from threading import Thread, Timer
from typing import IO

from pulumi.automation import CommandResult, OnOutput, PulumiCommand
from pulumi.automation.errors import create_command_error
from semver import VersionInfo

from city.errors import Failed
from infra.project import Project

LOOKING_S = 900.0
"""For what only looks: a cloud that answers no request for so long will not answer it at all."""
CHANGING_S = 7200.0
"""For what changes the cloud: to be cut off in the middle costs more than to wait."""
_CHANGING = frozenset({"up", "destroy"})


class Pulumi(PulumiCommand):
    """Pulumi's own runner passes every variable of ours on: another cloud's OS_AUTH_URL would win over the stack's."""

    def __init__(self, project: Project) -> None:
        """Raises Failed where there is no pulumi on the project's PATH."""
        self._environment = {**project.environment(os.environ), "PULUMI_AUTOMATION_API": "true"}
        found = shutil.which("pulumi", path=self._environment["PATH"])
        if found is None:
            raise Failed("pulumi", "it is not on the project's PATH", "Run `asty doctor`: it says how to get it.")
        self.command = found
        answer = self._start(["version"], str(project.stack_files))
        out, _ = answer.communicate()
        self.version = VersionInfo.parse(out.strip().removeprefix("v"))

    def run(
        self,
        args: list[str],
        cwd: str,
        additional_env: Mapping[str, str],
        on_output: OnOutput | None = None,
        on_error: OnOutput | None = None,
    ) -> CommandResult:
        """As its parent's, but for the environment. Raises CommandError where pulumi ends with anything but 0."""
        process = self._start(["--non-interactive", *args], cwd, additional_env)
        told: tuple[list[str], list[str]] = ([], [])
        readers = [
            Thread(target=_read, args=(stream, lines, listener))
            for stream, lines, listener in zip(
                (process.stdout, process.stderr), told, (on_output, on_error), strict=True
            )
        ]
        limit = CHANGING_S if set(args) & _CHANGING else LOOKING_S
        overdue = Timer(limit, process.kill)
        with process:
            overdue.start()
            for reader in readers:
                reader.start()
            for reader in readers:
                reader.join()
            late = not overdue.is_alive()
            overdue.cancel()
        if late:
            words = " ".join(args[:2])
            raise Failed(f"pulumi {words}", f"it did not end within {limit:g} s", "Look at the cloud; then try again.")
        result = CommandResult(stdout="\n".join(told[0]), stderr="\n".join(told[1]), code=process.returncode)
        if result.code:
            raise create_command_error(result)
        return result

    def _start(self, args: list[str], cwd: str, more: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
        return subprocess.Popen(  # noqa: S603 - a list, and its first element is the project's own pulumi
            [self.command, *args],
            cwd=cwd,
            env={**self._environment, **(more or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )


def _read(stream: IO[str], lines: list[str], listener: OnOutput | None) -> None:
    for line in stream:
        lines.append(line.rstrip())
        if listener is not None:
            listener(lines[-1])
