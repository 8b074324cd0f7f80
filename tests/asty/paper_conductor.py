"""A process that conducts a drill whose steps always work: `python FILE ... --drill NAME --by WHO`.

The first time that its second step is tried it does not come to an end: somebody kills the process meanwhile. The
variable JOURNAL names the file of the drill's journal. What was done is kept beside it, one file for each step.
"""

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
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def do(self, task: Task) -> str:
        tried = self.folder / f"{task.id}.tried"
        if task.id == "two" and not tried.exists():
            tried.touch()
            time.sleep(600)
        (self.folder / task.id).touch()
        return "did it"

    def look(self, task: Task) -> Proof:
        done = (self.folder / task.id).exists()
        return Proof(answer=Answer.MET if done else Answer.UNMET, reason="looked")


if __name__ == "__main__":
    path = Path(os.environ["JOURNAL"])
    conductor = Conductor(
        journal=Journal(path, PLAN),
        hands=Hands(path.parent),
        clock=SystemClock(),
        by=sys.argv[-1],
        report=lambda _: None,
    )
    conductor.open("d1")
    conductor.conduct()
