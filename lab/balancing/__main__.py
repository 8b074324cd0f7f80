"""`python -m lab.balancing FOLDER`: keep the load balancers of both regions of the lab in FOLDER; `... end`: end them.

As root. Level-triggered: a process that was killed is replaced, and a new agent finds what runs, mends what differs
and removes what nobody wants. The agent alone may end at any moment; the load balancers go on without it.
"""

import select
from functools import partial

from lab import cells
from lab.agent import Turn, attempt, run
from lab.balancing.places import places, standing
from lab.balancing.process import AGENT
from lab.balancing.site import Site
from lab.net import names
from lab.params import LabParams

_LOOK_S = 0.25
"""Between two looks for news of Octavia."""
_ALIVE_S = 1.0
"""Between two looks at every process that should run."""
_WHOLE_S = 30.0
"""Between two rounds that trust nothing seen before."""


def keep(params: LabParams) -> None:
    """Until somebody ends it."""
    sites = [Site(place) for place in places(params)]
    alive, whole = Turn(_ALIVE_S), Turn(_WHOLE_S)
    known: list[set[str] | None] = []
    while True:
        looks, wholly = alive.due(), whole.due()
        for site in sites:
            attempt(partial(site.round, whole=wholly, alive=looks))
        devices = [site.devices for site in sites]
        if wholly or devices != known:
            _remove_leftovers(params, devices)
        known = devices
        select.select([site.nudges for site in sites], [], [], _LOOK_S)


def end(params: LabParams) -> None:
    for place in places(params):
        for folder in place.exchange.glob("lb-*"):
            place.keeper(folder.name, folder.name).stop()
    for name in standing(params):
        cells.remove(name)


def _remove_leftovers(params: LabParams, devices: list[set[str] | None]) -> None:
    """The namespaces of load balancers that no region declares; only once every region has said what it wants."""
    if all(each is not None for each in devices):
        wanted = {names.device(params, device) for each in devices for device in each or ()}
        for name in standing(params):
            if name not in wanted:
                cells.remove(name)


if __name__ == "__main__":
    run(AGENT, keep, end)
