"""What a drill costs by itself: 200 steps that take no time, and the reading of a journal of 10,000 entries.

`python -m tests.bench.drills` prints the table.
"""

import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from city.clock import SystemClock
from drs.check import Answer
from drs.drill.conduct import Conductor, Pace
from drs.drill.entry import Approved, Opened
from drs.drill.journal import Journal
from drs.drill.moves import moves
from drs.drill.plan import Plan, Task
from drs.step import Proof

STEPS, ENTRIES = 200, 10_000
_WIDE = 10
"""Services side by side, each with its steps one after the other."""


class Instant:
    """Hands for which everything is done as soon as it is asked for."""

    def __init__(self) -> None:
        self.done: set[str] = set()

    def do(self, task: Task) -> str:
        self.done.add(task.id)
        return "done"

    def look(self, task: Task) -> Proof:
        return Proof(answer=Answer.MET if task.id in self.done else Answer.UNMET, reason="looked")


def plan() -> Plan:
    tasks = (
        Task(
            id=str(number),
            step="step",
            service=str(number % _WIDE),
            needs=(str(number - _WIDE),) if number >= _WIDE else (),
            time_limit_s=60,
        )
        for number in range(STEPS)
    )
    return Plan(mode="failover", tasks=tuple(tasks))


def conducted(folder: Path) -> tuple[float, float]:
    """Seconds and CPU seconds of a drill of 200 steps, each looked at, begun, ended and looked at again, all kept."""
    journal = Journal(folder / "conducted.jsonl", plan())
    conductor = Conductor(
        journal=journal,
        hands=Instant(),
        clock=SystemClock(),
        by="bench",
        report=lambda _: None,
        pace=Pace(pause=timedelta(milliseconds=1)),
    )
    began, cpu = time.perf_counter(), time.process_time()
    conductor.open("bench")
    run = conductor.conduct()
    if run.left:
        raise RuntimeError(f"{len(run.left)} steps are left")
    return time.perf_counter() - began, time.process_time() - cpu


def resumed(folder: Path) -> tuple[float, float]:
    """Seconds and CPU seconds from an unread journal of 10,000 entries to what may be done next."""
    path, now = folder / "resumed.jsonl", datetime.now(UTC)
    writer = Journal(path, plan())
    writer.append(
        Opened(at=now, by="bench", drill="bench", mode="failover", plan=writer.run.plan.digest, machine="bench")
    )
    for number in range(ENTRIES - 1):
        until = now + timedelta(seconds=number)
        writer.append(Approved(at=now, by="bench", task=str(number % STEPS), until=until))
    reader = Journal(path, plan())
    began, cpu = time.perf_counter(), time.process_time()
    found = moves(reader.refresh(), now)
    if len(found) != STEPS or len(reader.entries) != ENTRIES:
        raise RuntimeError(f"{len(found)} moves after {len(reader.entries)} entries")
    return time.perf_counter() - began, time.process_time() - cpu


def table() -> Iterator[str]:
    yield "| a drill by itself | seconds | CPU seconds |"
    yield "|---|---|---|"
    with tempfile.TemporaryDirectory(prefix="asty-bench-") as folder:
        for name, measured in (
            (f"{STEPS} steps that take no time, each looked at twice and kept", conducted(Path(folder))),
            (f"from a journal of {ENTRIES} entries to what may be done next", resumed(Path(folder))),
        ):
            yield f"| {name} | {measured[0]:.2f} | {measured[1]:.2f} |"


if __name__ == "__main__":
    for line in table():
        print(line)  # noqa: T201 - its output
