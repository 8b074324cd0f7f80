"""What a poller asks of an SNMP engine, and how an engine says that it could not.

Each kind of trouble is an exception of its own, since each means something else: a device that does not
answer may be down, but one that refuses our key is there, and the mistake is ours.

Trouble
├── NoAnswer            nothing came back within the patience, not even to the cheapest question
│   └── Refused         ICMP said that nobody will: an address that nobody has, or that no way leads to
├── PortClosed          its host is there and says by ICMP that nothing listens at the port
├── Forbidden           somebody on the way says by ICMP that our question may not pass
├── NotHeard            it is there, but leaves our question unanswered: a wrong privacy key, or no access
├── WrongCredentials    WrongUser, WrongKey, WrongPrivacyKey: the device is there and does not know us
├── OutOfWindow         its clock (boots, time) would not be agreed upon
├── RefusedByAgent      it answered with an error status
└── BadAgent            it answers, and nothing in its answers makes sense or comes in time
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from city.inventory import Endpoint
from snmp.pdu import VarBind


class Trouble(Exception):  # noqa: N818 - a device's trouble is data to the poller, not an error of ours
    """`str()` says it in a few words, fit for the ledger's cause."""


class NoAnswer(Trouble):
    pass


class Refused(NoAnswer):
    pass


class PortClosed(Trouble):
    pass


class Forbidden(Trouble):
    pass


class NotHeard(Trouble):
    pass


class WrongCredentials(Trouble):
    pass


class WrongUser(WrongCredentials):
    pass


class WrongKey(WrongCredentials):
    pass


class WrongPrivacyKey(WrongCredentials):
    pass


class OutOfWindow(Trouble):
    pass


class RefusedByAgent(Trouble):
    pass


class BadAgent(Trouble):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Scalars (without the `.0`) and columns (without index) to be read in as few messages as possible."""

    scalars: tuple[str, ...]
    columns: tuple[str, ...] = ()
    instead: tuple[tuple[str, str], ...] = ()
    """For a column that the device does not have, the one to be read in its place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What a device showed. `cut`: the columns that were not read to their end, each with why. `left_out`: how many
    values made no sense. `source`: the address that it answered from, where that is not the one that was asked."""

    varbinds: Sequence[VarBind]
    cut: tuple[tuple[str, str], ...] = ()
    left_out: int = 0
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long to wait for one answer, how often to ask again, and how long a device may keep us waiting in all.

    No question begins after `whole_s` of waiting for this device's answers; what was not read by then is cut. That and
    one device's silence together are less than a poller's slack, so that nobody's observations come too late because
    of one device.
    """

    timeout_s: float = 2.0
    retries: int = 2
    whole_s: float = 8.0


class SnmpClient(Protocol):
    async def read(self, endpoint: Endpoint, question: Question) -> Answers:
        """The instances of `question` that the device has, in no promised order.

        Raises Trouble, OSError where this machine cannot send there, and InvalidInput for what we lack to ask.
        """
        ...

    async def close(self) -> None: ...
