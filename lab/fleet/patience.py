"""Waiting by progress: as long as more is done than before, one waits; without progress only for a stretch."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

Clock = Callable[[], float]
"""Seconds, from any start, that never go back."""
BETWEEN_S = 0.05


@dataclass(frozen=True, slots=True)
class Count:
    """`done` of `total`. While nobody could be asked, nothing is known to be done."""

    done: int
    total: int

    @property
    def whole(self) -> bool:
        return self.done >= self.total

    def __str__(self) -> str:
        return f"{self.done} of {self.total}"


class Wait(Enum):
    GOES_ON = "goes on"
    DONE = "done"
    STALLED = "stalled"


class Patience:
    """What to do after each count. Every count above the highest so far begins the stretch anew."""

    def __init__(self, stretch_s: float, clock: Clock = time.monotonic) -> None:
        self._stretch_s, self._clock = stretch_s, clock
        self._best, self._since = -1, clock()

    def after(self, count: Count) -> Wait:
        if count.whole:
            return Wait.DONE
        if count.done > self._best:
            self._best, self._since = count.done, self._clock()
        return Wait.STALLED if self._clock() - self._since > self._stretch_s else Wait.GOES_ON


def wait(counted: Callable[[], Count], stretch_s: float) -> Count:
    """The last count: the whole, or what there was when `stretch_s` seconds had passed without progress."""
    patience = Patience(stretch_s)
    while patience.after(count := counted()) is Wait.GOES_ON:
        time.sleep(BETWEEN_S)
    return count
