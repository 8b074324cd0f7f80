"""How long the report of a drill of all twenty services takes, from its journal to the page and to the tagged PDF.

`python -m tests.bench.reports` prints the table.
"""

import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from asty.city_data import load
from drs.check import Answer
from drs.drill.entry import Approved, Begun, Closed, Ended, Entry, Measured, Opened, Seen
from drs.drill.journal import Journal
from drs.drill.of_city import plan_of
from drs.drill.plan import Plan, Task
from drs.mode import Mode
from drs.report.facts import of_journal
from drs.report.page import page
from drs.report.pdf import pdf
from tests.bench.fleet import REPOSITORY

LOOKS = 20
"""Looks at each step before it is done."""


def entries(plan: Plan, at: datetime) -> Iterator[Entry]:
    """Each step is looked at in vain, begun, ended, and proven; each service is measured at the end."""
    yield Opened(at=at, by="bench", drill="bench", mode=plan.mode, plan=plan.digest, machine="bench")
    for task in plan.tasks:
        yield from _of(task, at := at + timedelta(seconds=1))
    for service in dict.fromkeys(task.service for task in plan.tasks if task.service):
        yield Measured(
            at=at, by="bench", service=service, downtime_s=4.2, acknowledged=900, lost=0, lost_s=None, how="a bench"
        )
    yield Closed(at=at, by="bench", left=())


def _of(task: Task, at: datetime) -> Iterator[Entry]:
    for _ in range(LOOKS):
        yield Seen(at=at, by="bench", task=task.id, answer=Answer.UNMET, reason="not done yet")
    until = at + timedelta(minutes=30)
    for number in range(task.approvers):
        yield Approved(at=at, by=f"approver {number}", task=task.id, until=until)
    yield Begun(at=at, by="bench", task=task.id, attempt=1)
    yield Ended(at=at, by="bench", task=task.id, attempt=1, told="done", failed=False)
    both = ("cloud", "street") if task.fences else ()
    yield Seen(at=at, by="bench", task=task.id, answer=Answer.MET, reason="done", witnesses=both)


def timed(work: Callable[[], object]) -> tuple[float, float]:
    began, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - began, time.process_time() - cpu


def table() -> Iterator[str]:
    city = load(REPOSITORY / "cities" / "thessaloniki")
    plan = plan_of(city, Mode.SWITCHOVER)
    yield "| the report of a drill of every service | seconds | CPU seconds |"
    yield "|---|---|---|"
    with tempfile.TemporaryDirectory(prefix="asty-bench-") as folder:
        journal = Journal(Path(folder) / "journal.jsonl", plan)
        for entry in entries(plan, datetime(2030, 3, 31, tzinfo=UTC)):
            journal.append(entry)

        def made() -> str:
            read = Journal(journal.path, plan)
            read.refresh()
            return page(of_journal("bench", city, read.run, read.entries, read.head), "el")

        about = f"{len(plan.tasks)} steps, {len(journal.entries)} entries"
        for name, measured in (
            (f"{about}: journal read and proven, page in Greek", timed(made)),
            ("the same as a tagged PDF", timed(lambda: pdf(made(), journal.head))),
        ):
            yield f"| {name} | {measured[0]:.2f} | {measured[1]:.2f} |"


if __name__ == "__main__":
    for line in table():
        print(line)  # noqa: T201 - its output
