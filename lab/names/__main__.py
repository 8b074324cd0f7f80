"""`python -m lab.names FOLDER`: keep the names of both sites of the lab in FOLDER; `... end`: end them.

It takes root where the lab has a network of its own, to stand in it.

Level-triggered: a server that was killed is started again, a zone that the name server does not show as declared is
taken up anew. The agent alone may end at any moment; name servers and resolvers go on without it.
"""

import time
from functools import partial
from pathlib import Path

from lab import daemon
from lab.agent import Turn, attempt, run
from lab.names.places import places
from lab.names.process import AGENT, SERVERS
from lab.names.site import Site
from lab.params import LabParams

_LOOK_S = 0.25
"""Between two looks for news of Designate, and at processes that should run."""
_WHOLE_S = 10.0
"""Between two rounds that ask the name servers themselves."""


def keep(params: LabParams) -> None:
    """Until somebody ends it."""
    sites: dict[Path, Site] = {}
    turn = Turn(_WHOLE_S)
    while True:
        whole = turn.due()
        if whole:
            attempt(partial(settle, sites, params))
        for site in sites.values():
            attempt(partial(site.round, whole=whole))
        time.sleep(_LOOK_S)


def settle(sites: dict[Path, Site], params: LabParams) -> None:
    """Each site where the machine has a place for it now: the network may have come or gone since."""
    for place in places(params):
        standing = sites.get(place.exchange)
        if standing is None or standing.place != place:
            if standing is not None:
                standing.stop()
            sites[place.exchange] = Site(place)


def end(params: LabParams) -> None:
    """What recoveries moved stays in the journals."""
    daemon.stop(place.exchange / server / "pid" for place in places(params) for server in SERVERS)


if __name__ == "__main__":
    run(AGENT, keep, end)
