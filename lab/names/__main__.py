"""`python -m lab.names FOLDER`: keep the names of both sites of the lab in FOLDER; `... end`: end them.

It takes root where the lab has a network of its own, to stand in it.

Level-triggered: a server that was killed is started again, a zone that the name server does not show as declared is
taken up anew. The agent alone may end at any moment; name servers and resolvers go on without it.
"""

import logging
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from lab import daemon
from lab.names.places import places
from lab.names.process import AGENT, SERVERS
from lab.names.site import Site
from lab.params import LabParams

_LOG = logging.getLogger("names")
_LOOK_S = 0.25
"""Between two looks for news of Designate, and at processes that should run."""
_WHOLE_S = 10.0
"""Between two rounds that ask the name servers themselves."""


def keep(params: LabParams) -> None:
    """Until somebody ends it."""
    sites: dict[Path, Site] = {}
    due = 0.0
    while True:
        whole = time.monotonic() >= due
        if whole:
            due = time.monotonic() + _WHOLE_S
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


def attempt(work: Callable[[], None]) -> None:
    try:
        work()
    except Exception:  # noqa: BLE001 - the next round tries again; what is not told stays pending, and shows it
        _LOG.exception("a round failed")


def end(params: LabParams) -> None:
    """End the agent first, or it would start again what we end; what recoveries moved stays in the journals."""
    daemon.kill([params.pid_file(AGENT)])
    daemon.stop(place.exchange / server / "pid" for place in places(params) for server in SERVERS)


def main(root: Path, *words: str) -> None:
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.INFO)
    params = LabParams.load(root)
    if words == ("end",):
        end(params)
    else:
        keep(params)


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
