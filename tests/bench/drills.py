"""What a drill costs by itself: its engine, the reading of a long journal, a whole city in waves, and the report.

`python -m tests.bench drills` writes the table into the page of benchmarks.
"""

import os
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from city.clock import SystemClock
from city.load import load
from drs.check import Answer
from drs.drill.conduct import Conductor, Pace
from drs.drill.entry import Approved, Entry, Opened
from drs.drill.journal import Journal
from drs.drill.moves import Wait, Waiting, moves
from drs.drill.of_city import plan_of
from drs.drill.plan import Plan, Task
from drs.report.facts import of_journal
from drs.report.page import page
from drs.report.pdf import pdf
from drs.step import Mode, Proof

ABOUT = """## A drill by itself

The machinery alone, with steps that are taken and seen by nobody: journal on the disk (fsync before and after each
step), rules, waiting. Two agree at once to whatever asks for it. The whole city is Thessaloniki's failover as its data
declare it. A report is the page and the same as PDF, in one language, from the journal of that failover. Wanted are:
less than 1 s for 200 steps, 5 % of the whole, 2 s to resume, 60 s for all services, 5 s for a report. The engine's
share is the time in which a service waits for its next step to begin, of the whole, as a mean of all services."""
STEPS, ENTRIES = 200, 10_000
LENGTH_S = 0.5
"""How long a step takes, where the engine's share of the whole is measured."""
_WIDE = 8
"""Services side by side, each with its steps one after the other."""
_CITY = Path(__file__).parents[2] / "cities" / "thessaloniki"
Seconds = tuple[float, float]
"""By the clock on the wall, and of the processor."""


class Instant:
    """Hands for which everything is done as soon as it is asked for."""

    def __init__(self, takes_s: float = 0.0) -> None:
        self.done: set[str] = set()
        self.took: dict[str, float] = {}
        """How long each task really took, in seconds."""
        self._takes_s = takes_s

    def do(self, task: Task) -> str:
        began = time.perf_counter()
        time.sleep(self._takes_s)
        self.took[task.id] = time.perf_counter() - began
        self.done.add(task.id)
        return "done"

    def look(self, task: Task) -> Proof:
        seen = ("the cloud", "vantage points")
        return Proof(answer=Answer.MET if task.id in self.done else Answer.UNMET, reason="looked", witnesses=seen)


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


def conducted(path: Path, wanted: Plan, hands: Instant | None = None) -> Seconds:
    """Of a drill of this plan, each step looked at, begun, ended and looked at again, all kept in `path`."""
    journal = Journal(path, wanted)

    def heard(happened: Entry | Wait) -> None:
        if isinstance(happened, Wait) and happened.why is Waiting.APPROVAL:
            now = datetime.now(UTC)
            for by in ("one", "another"):
                until = now + timedelta(hours=1)
                Journal(path, wanted).append(Approved(at=now, by=by, task=happened.task.id, until=until))

    pace = Pace(pause=timedelta(seconds=1))  # as a drill of the command line
    conductor = Conductor(
        journal=journal, hands=hands or Instant(), clock=SystemClock(), by="bench", report=heard, pace=pace
    )
    began, cpu = time.perf_counter(), time.process_time()
    conductor.open("bench")
    run = conductor.conduct()
    if run.left:
        raise RuntimeError(f"{len(run.left)} steps are left")
    return time.perf_counter() - began, time.process_time() - cpu


def reported(path: Path, wanted: Plan) -> Seconds:
    """Of the report in Greek, as a page and as PDF."""
    journal, city = Journal(path, wanted), load(_CITY)
    run = journal.refresh()
    began, cpu = time.perf_counter(), time.process_time()
    facts = of_journal("bench", city, run, journal.entries, journal.head)
    pdf(page(facts, "el"), facts.head)
    return time.perf_counter() - began, time.process_time() - cpu


def resumed(folder: Path) -> Seconds:
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
    yield f"| (the machine's load at the beginning: {os.getloadavg()[0]:.0f}, of {os.cpu_count()} cores) | | |"
    with tempfile.TemporaryDirectory(prefix="asty-bench-") as name:
        folder, city = Path(name), plan_of(load(_CITY), Mode.FAILOVER)
        whole = folder / "city.jsonl"
        services = len({task.service for task in city.tasks if task.service})
        yield _row(f"{STEPS} steps that take no time", conducted(folder / "steps.jsonl", plan()))
        hands = Instant(LENGTH_S)
        wall, cpu = conducted(folder / "long.jsonl", plan(), hands)
        share = 1 - sum(hands.took.values()) / _WIDE / wall
        told = f"{STEPS} steps of {LENGTH_S:g} s, {_WIDE} side by side; the engine's share is {share:.1%}"
        yield _row(told, (wall, cpu))
        yield _row(f"from a journal of {ENTRIES} entries to what may be done next", resumed(folder))
        yield _row(f"{len(city.tasks)} steps of {services} services, in waves", conducted(whole, city))
        yield _row("their report", reported(whole, city))


def _row(name: str, measured: Seconds) -> str:
    return f"| {name} | {measured[0]:.2f} | {measured[1]:.2f} |"
