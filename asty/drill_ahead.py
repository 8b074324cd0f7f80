"""What a drill can have before a step asks for it: both sites as they are, and a session with each host.

Residents would wait for these in the step: to open four sessions takes a second and more of each service's move, and
all at once half a minute of a city's.
"""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Event, Thread

from city.errors import AstyError
from city.model.places import SiteRole
from drs.mode import Mode

_AT_ONCE = 4
"""Others work on the same machines meanwhile."""
AGAIN_S = 10.0
"""How long those who let nobody in yet are left alone: a drill opens some of them."""
_ENDS_WITHIN_S = 30.0
Place = tuple[SiteRole, str]
"""A service at a site."""


@dataclass(slots=True, kw_only=True)
class Ahead:
    """`look` has both sites seen once; `reach` opens the sessions of a service at a site, and says whether all stand.

    Who is reached is not asked again: a step that finds its session broken opens another one.
    """

    places: Sequence[Place]
    look: Callable[[], object]
    reach: Callable[[SiteRole, str], bool]
    again_s: float = AGAIN_S
    _stop: Event = field(default_factory=Event)
    _thread: Thread | None = None

    def begin(self) -> None:
        self._thread = Thread(target=self._work, name="ahead", daemon=True)
        self._thread.start()

    def end(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join(_ENDS_WITHIN_S)

    def _work(self) -> None:
        if not self.places:
            return
        with suppress(AstyError):
            self.look()
        left = list(self.places)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            while left and not self._stop.is_set():
                reached = pool.map(self._reached, left)
                left = [place for place, found in zip(left, reached, strict=True) if not found]
                self._stop.wait(self.again_s if left else 0)

    def _reached(self, place: Place) -> bool:
        return self._stop.is_set() or self.reach(*place)


def places(mode: Mode, services: Iterable[str]) -> list[Place]:
    """Where the steps of a drill of this mode talk to hosts, in the order of the services. Of a site that is gone
    nobody is asked; a rehearsal leaves nobody unserved, and so has time."""
    if mode is Mode.REHEARSE:
        return []
    roles = (mode.here,) if mode is Mode.FAILOVER else (mode.there, mode.here)
    return [(role, service) for service in services for role in roles]
