"""A run of Pulumi that is killed (SIGKILL) at a moment that a test chose: the engine, or all that it started."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.infra.trial import Trial

_DEADLINE_S = 600.0
_PAUSE_S = 0.002
_IN_THE_CLOUD = "openstack:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """`number`: the how manieth operation of these kinds, from 0, has begun `delay_s` ago; `all_of_it`: plugins too."""

    kinds: frozenset[str]
    number: int
    delay_s: float
    all_of_it: bool


def run(trial: Trial, stack: str, verb: str, log: Path, moment: Moment | None = None) -> int | None:
    """Runs `pulumi VERB`; at the moment it is killed, and None returned; else its exit code.

    What it says is beside the log of its events, in a file that ends in `.out`.
    """
    with log.with_suffix(".out").open("w", encoding="utf-8") as said:
        process = subprocess.Popen(
            [trial.program, verb, "--yes", "--skip-preview", "--non-interactive", "--stack", stack, "--event-log", log],
            env={**trial.project.environment(os.environ), "PULUMI_DEBUG_COMMANDS": "true"},
            stdout=said,
            stderr=said,
            start_new_session=True,
        )
    deadline = time.monotonic() + _DEADLINE_S
    while process.poll() is None and (moment is None or len(begun(log, moment.kinds)) <= moment.number):
        assert time.monotonic() < deadline, f"pulumi {verb} of {stack} did not come to its moment"
        time.sleep(_PAUSE_S)
    if process.poll() is not None or moment is None:
        return process.wait()
    time.sleep(moment.delay_s)
    for pid in [process.pid, *(descendants(process.pid) if moment.all_of_it else ())]:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.wait()
    return None


def begun(log: Path, kinds: frozenset[str]) -> list[str]:
    """The URNs in the cloud of which an operation of these kinds began, as the engine told it; half lines wait."""
    if not log.exists():
        return []
    found = []
    for line in log.read_text(encoding="utf-8").splitlines():
        with suppress(ValueError):
            step = json.loads(line).get("resourcePreEvent", {}).get("metadata", {})
            if step.get("op") in kinds and step["type"].startswith(_IN_THE_CLOUD):
                found.append(step["urn"])
    return found


def descendants(pid: int) -> Iterator[int]:
    """Every process that this one started, and theirs; listed before the first of them dies."""
    parents = dict(_parents())
    family = {pid}
    while more := {child for child, parent in parents.items() if parent in family} - family:
        family |= more
    yield from family - {pid}


def _parents() -> Iterator[tuple[int, int]]:
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            yield int(stat.parent.name), int(stat.read_text(errors="replace").rpartition(")")[2].split()[1])
