"""The agent of a lab's network, as root: `python -m lab.net LABFOLDER PYTHON`; `python -m lab.net LABFOLDER end`.

`PYTHON` is that of OpenStack's environment. The agent ends by any signal, and leaves everything as it is: the next
one goes on from there.
"""

import fcntl
import sys
from pathlib import Path

from city.errors import Failed
from lab import daemon
from lab.agent import run
from lab.net import names
from lab.net.agent import Agent
from lab.net.carrier import relay
from lab.net.process import AGENT
from lab.net.remove import remove
from lab.net.tables import Tables
from lab.openstack.spec import kept_specs
from lab.params import LabParams

LOCKS = Path("/run/lock")


def keep(params: LabParams, python: str) -> None:
    """Two agents never work under one mark: the second says whose lab is in its way, and ends."""
    with (LOCKS / f"asty-net-{names.mark(params)}").open("a+", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            sys.exit(f"lab {lock.read().strip()} has the mark {names.mark(params)}: choose another base address")
        lock.truncate(0)
        lock.write(f"{params.root}\n")
        lock.flush()
        Agent(params, Tables(Path(python), {spec.index: spec.socket for spec in kept_specs(params)})).serve()


def end(params: LabParams) -> None:
    """The relay, and everything that the two made."""
    daemon.kill([relay(params)])
    if problems := remove(params):
        raise Failed(AGENT.keeps, "; ".join(problems), "Remove that by hand, then try again.")


if __name__ == "__main__":
    run(AGENT, keep, end)
