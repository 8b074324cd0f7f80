"""A process that conducts a drill whose steps always work: `python FILE ... --drill NAME --by WHO`.

The first time that its second step is tried it does not come to an end: somebody kills the process meanwhile. The
variable JOURNAL names the file of the drill's journal. What was done is kept beside it, one file for each step.
"""

import json
import os
import sys
import time
from pathlib import Path

from city.clock import SystemClock
from drs.check import Answer
from drs.drill.conduct import Conductor
from drs.drill.journal import Journal
from drs.drill.plan import Plan, Task
from drs.step import Proof
from tests.drs.drill.plans import task

PLAN = Plan(mode="switchover", tasks=(task("one"), task("two", "one", approvers=2), task("three", "two")))


class Hands:
    def __init__(self, journal: Path) -> None:
        self.journal, self.folder = journal, journal.parent

    def do(self, task: Task) -> str:
        if task.id == "two" and self._begun(task) == 1:
            time.sleep(600)
        (self.folder / task.id).touch()
        return "did it"

    def _begun(self, task: Task) -> int:
        """How often, by the journal: whoever is killed may be killed before he does anything."""
        entries = [json.loads(line) for line in self.journal.read_text(encoding="utf-8").splitlines()]
        return sum(one["what"] == "begun" and one["task"] == task.id for one in entries)

    def look(self, task: Task) -> Proof:
        done = (self.folder / task.id).exists()
        return Proof(answer=Answer.MET if done else Answer.UNMET, reason="looked")


if __name__ == "__main__":
    path = Path(os.environ["JOURNAL"])
    conductor = Conductor(
        journal=Journal(path, PLAN),
        hands=Hands(path),
        clock=SystemClock(),
        by=sys.argv[-1],
        report=lambda _: None,
    )
    conductor.open("d1")
    conductor.conduct()
