"""An agent that keeps a file as long as it runs: `python -m tests.lab.tiny_agent FOLDER [WORD]`."""

import signal
import sys
import time

from city.errors import Failed
from lab.agent import Agent, run
from lab.params import LabParams

AGENT = Agent(name="tiny", keeps="the tiny things", module="tests.lab.tiny_agent")


def keep(params: LabParams, word: str) -> None:
    if word == "dies":
        sys.exit("it cannot")
    if word == "deaf":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while True:
        (params.root / "kept").write_text(word, encoding="utf-8")
        time.sleep(0.01)


def end(params: LabParams) -> None:
    if (params.root / "stuck").exists():
        raise Failed("a tiny thing", "it is stuck", "Pull.")
    (params.root / "kept").unlink(missing_ok=True)


if __name__ == "__main__":
    run(AGENT, keep, end)
