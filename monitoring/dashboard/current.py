"""The snapshot that everybody who asks within a few seconds is answered from."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from city.clock import Clock
from monitoring.snapshot import Snapshot

Take = Callable[[datetime], Snapshot]


class Current:
    """The newest snapshot, taken again when it is older than `hold`; asked from many threads, taken by one."""

    def __init__(self, take: Take, clock: Clock, hold: timedelta) -> None:
        self._take, self._clock, self._hold = take, clock, hold
        self._lock = threading.Lock()
        self._held: Snapshot | None = None

    def snapshot(self, hold: timedelta | None = None) -> Snapshot:
        """None older than `hold`, where that is longer than usual: who asks all the time need not know all anew.

        Whoever waits while one is taken takes that one, however long it takes: else all who wait would take one each.
        """
        asked, fresh = self._clock.now(), max(hold or self._hold, self._hold)
        with self._lock:
            now = self._clock.now()
            if self._held is None or self._held.at <= asked - fresh or self._held.at > now:  # clocks are set back, too
                self._held = self._take(now)
            return self._held
