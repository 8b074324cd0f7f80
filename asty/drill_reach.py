"""How a drill reaches both sites: it looks at them afresh, and lays hands on them."""

from datetime import UTC, datetime
from math import inf
from threading import Lock
from time import monotonic

from asty import databases, gathering, lab_access, vaults
from asty.call import Call
from asty.drill_ground import Asker, CityGround
from asty.telling import Teller
from city.model.city import City
from drs.compared import Sites
from drs.drill.custodian import Custodian
from drs.drill.of_city import LOOK_AGAIN
from infra.hosts.access import Bounds

_HOST_ANSWERS_S = 3.0
"""Who recovers a service waits no longer until a host lets him in: one that is gone is asked several times."""


def ground(
    call: Call, city: City, drill: str = "", custodian: Custodian | None = None, asker: Asker | None = None
) -> CityGround:
    """The hands on both sites, in that drill, kept by the custodian, with whoever asks services what their probes ask;
    nothing is reached before a step asks for it."""
    workspace = call.prepared()
    there = lab_access.params(workspace)
    access = lab_access.hosts(workspace, "root", None, Bounds(connect_s=_HOST_ANSWERS_S))
    outside = lab_access.street(workspace)
    return CityGround(
        city=city,
        clouds=there.clouds_yaml,
        access=access,
        outside=outside,
        drill=drill,
        custodian=custodian,
        asker=asker,
        teller=Teller.of(workspace, city, _HOST_ANSWERS_S) if there.hosts else None,
    )


class Fresh:
    """Both sites as they were a few seconds ago at most: tasks that are looked at side by side share one look. A look
    that took long is good for twice as long: clouds that are slow have to serve others than us as well.

    Until something was done, databases are asked as well, as readiness wants it; then steps ask them themselves.
    """

    def __init__(self, call: Call, city: City) -> None:
        workspace = call.prepared()
        self._city, self._lock = city, Lock()
        self._stacks = gathering.evidence(city, lab_access.project(workspace, call.screen.line))
        self._views = gathering.views(city, lab_access.params(workspace).clouds_yaml)
        self._hosts = databases.of_lab(workspace, city)
        self._vaults = vaults.of_lab(workspace, city)
        self._untouched = True
        self._changed = -inf
        self._latest: tuple[float, Sites] | None = None
        self._good_s = 0.0
        self._seen: Sites | None = None

    def __call__(self) -> Sites:
        """Who waits while others look takes what they see, unless something was done between their beginning and his
        question: of what others do meanwhile he does not ask, and a whole city always does something."""
        asked = monotonic()
        with self._lock:
            oldest = max(asked - self._good_s, min(self._changed, asked))
            if self._latest is None or self._latest[0] < oldest:
                return self._look()
            return self._latest[1]

    def recall(self) -> Sites:
        """The latest look, however old it is; the first where nobody has looked. Who waits for that takes it."""
        if self._seen is None:
            with self._lock:
                return self._look() if self._seen is None else self._seen
        return self._seen

    def _look(self) -> Sites:
        begun, now, hosts = monotonic(), datetime.now(UTC), self._hosts if self._untouched else None
        vaulted = self._vaults if self._untouched else None
        sites = gathering.observe(self._city, self._stacks, self._views, now, hosts, vaulted)
        self._latest, self._seen = (begun, sites), sites
        self._good_s = max(LOOK_AGAIN.total_seconds() / 2, 2 * (monotonic() - begun))
        return sites

    def forget(self) -> None:
        """Whoever looks just now is not waited for."""
        self._changed, self._untouched = monotonic(), False
