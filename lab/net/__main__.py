"""The agent of a lab's network, as root: `python -m lab.net LABFOLDER PYTHON`.

`PYTHON` is that of OpenStack's environment. The agent ends by any signal, and leaves everything as it is: the next
one goes on from there.
"""

import fcntl
import logging
import sys
from pathlib import Path

from lab.net import names
from lab.net.agent import Agent
from lab.net.tables import Tables
from lab.openstack.spec import kept_specs
from lab.params import LabParams

LOCKS = Path("/run/lock")


def main(folder: str, python: str) -> None:
    """Two agents never work under one mark: the second says whose lab is in its way, and ends."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stdout)
    params = LabParams.load(Path(folder))
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


if __name__ == "__main__":
    main(*sys.argv[1:])
