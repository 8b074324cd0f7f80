"""When the poller looks: each device at its own moment of each interval, and for how long a look speaks."""

from datetime import timedelta
from zlib import crc32

INTERVAL = timedelta(seconds=60)
AT_ONCE = timedelta()
SLACK = 1.25
"""A look speaks for this many intervals: until the next one is due, and a little longer for a cycle that is slow.
Where a look was lost, or the poller was, nobody knows."""

SPREAD = 0.05
"""Share of the interval over which a worker's looks are spread, so that neither it nor the network is rushed."""


def phase(device_id: str) -> float:
    """A device's own moment of each cycle, 0..1: the same after a restart."""
    return crc32(device_id.encode()) / (1 << 32)


def next_turn(due: float, now: float, interval_s: float) -> float:
    """The next multiple of the interval after `due` that is not past: missed turns are left out, not made up."""
    missed = max(0, int((now - due) // interval_s))
    return due + (missed + 1) * interval_s
