"""Sessions with one device, one after another, with the patience that fits what is at stake."""

from city.inventory import Endpoint
from network.transports.base import Busy, Deadline, Session, Transport
from platforms.grammar.protocol import Grammar

FIRST_PAUSE_S = 0.05
LONGEST_PAUSE_S = 2.0
_FOR_THE_WORK = 0.5
"""The share of the time that is kept for what is to be done once it lets us in."""


def open_patiently(transport: Transport, endpoint: Endpoint, platform: Grammar, deadline: Deadline) -> Session:
    """A first session, asked for again while the device is busy and time is left. Raises as `Transport.open`."""
    kept, pause = deadline.left * _FOR_THE_WORK, FIRST_PAUSE_S
    while True:
        try:
            return transport.open(endpoint, platform, deadline)
        except Busy:
            if deadline.left <= kept + pause:
                raise
        deadline.stop.wait(pause)
        pause = min(2 * pause, LONGEST_PAUSE_S)
