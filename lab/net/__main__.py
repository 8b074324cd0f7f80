"""The agent of a lab's network, as root: `python -m lab.net LABFOLDER PYTHON`, and its end as lab.agent has it.

`PYTHON` is that of OpenStack's environment. The agent ends by any signal, and leaves everything as it is: the next
one goes on from there.
"""

import sys
from pathlib import Path

from city.errors import Failed, Refused
from lab import daemon
from lab.agent import run
from lab.net import holder
from lab.net.agent import Agent
from lab.net.carrier import relay
from lab.net.process import AGENT
from lab.net.remove import remove
from lab.net.tables import Tables
from lab.openstack.spec import kept_specs
from lab.params import LabParams


def keep(params: LabParams, python: str) -> None:
    """Two agents never work under one mark: the second says whose lab is in its way, and ends."""
    try:
        with holder.held(params):
            Agent(params, Tables(Path(python), {spec.index: spec.socket for spec in kept_specs(params)})).serve()
    except Refused as error:
        sys.exit(str(error))


def end(params: LabParams) -> None:
    """The relay, and everything that the two made."""
    daemon.kill([relay(params)])
    if problems := remove(params):
        raise Failed(AGENT.keeps, "; ".join(problems), "Remove that by hand, then try again.")


if __name__ == "__main__":
    run(AGENT, keep, end)
