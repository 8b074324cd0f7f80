"""`python -m lab.balancing FOLDER`: keep the load balancers of both regions of the lab in FOLDER; `... end`: end them.

As root. Level-triggered: a process that was killed is replaced, and a new agent finds what runs, mends what differs
and removes what nobody wants. The agent alone may end at any moment; the load balancers go on without it.
"""

import logging
import select
import sys
import time
from pathlib import Path

from lab import cells, daemon
from lab.balancing.places import places, prefix
from lab.balancing.process import AGENT
from lab.balancing.site import Site
from lab.net import names
from lab.params import LabParams

_LOG = logging.getLogger("balancing")
_LOOK_S = 0.25
"""Between two looks for news of Octavia."""
_ALIVE_S = 1.0
"""Between two looks at every process that should run."""
_WHOLE_S = 30.0
"""Between two rounds that trust nothing seen before."""


class Turn:
    """Says at most once in a while that it is time; the first time at once."""

    def __init__(self, seconds: float) -> None:
        self._seconds, self._at = seconds, 0.0

    def due(self) -> bool:
        now = time.monotonic()
        if now < self._at:
            return False
        self._at = now + self._seconds
        return True


def keep(params: LabParams) -> None:
    """Until somebody ends it."""
    sites = [Site(place) for place in places(params)]
    alive, whole = Turn(_ALIVE_S), Turn(_WHOLE_S)
    known: list[set[str] | None] = []
    while True:
        looks, wholly = alive.due(), whole.due()
        for site in sites:
            try:
                site.round(whole=wholly, alive=looks)
            except Exception:  # noqa: BLE001 - the next round tries again; what is not told stays pending, and shows it
                _LOG.exception("a round failed")
        devices = [site.devices for site in sites]
        if wholly or devices != known:
            _remove_leftovers(params, devices)
        known = devices
        select.select([site.nudges for site in sites], [], [], _LOOK_S)


def end(params: LabParams) -> None:
    """End the agent first, or it would start again what we end."""
    daemon.kill([params.pid_file(AGENT)])
    for place in places(params):
        for folder in place.exchange.glob("lb-*"):
            place.keeper(folder.name, folder.name).stop()
    for name in cells.beginning(prefix(params)):
        cells.remove(name)


def _remove_leftovers(params: LabParams, devices: list[set[str] | None]) -> None:
    """The namespaces of load balancers that no region declares; only once every region has said what it wants."""
    if all(each is not None for each in devices):
        wanted = {names.device(params, device) for each in devices for device in each or ()}
        for name in cells.beginning(prefix(params)):
            if name not in wanted:
                cells.remove(name)


def main(root: Path, *words: str) -> None:
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.INFO)
    params = LabParams.load(root)
    if words == ("end",):
        end(params)
    else:
        keep(params)


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
