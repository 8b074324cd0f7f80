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

    def snapshot(self) -> Snapshot:
        with self._lock:
            now = self._clock.now()
            if self._held is None or not timedelta() <= now - self._held.at < self._hold:  # clocks are set back, too
                self._held = self._take(now)
            return self._held
