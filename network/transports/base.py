"""Talking to a device: sessions that run commands, and the few ways in which that goes wrong."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Event
from types import TracebackType
from typing import Protocol, Self

from city.errors import Failed, Refused
from city.inventory import Endpoint
from platforms.grammar.protocol import Grammar


class Unreachable(Failed):
    """No session came about: nothing was sent to the device."""


class Busy(Unreachable):
    """The device answered and ended the connection before a session came about: all its lines may be taken."""


class CredentialsRefused(Unreachable):
    """The device answers, and lets nobody in with what we have."""


class HostKeyChanged(Refused):
    """Another key than the pinned one: another device, or somebody between. Nothing was sent."""


class Rejected(Failed):
    """The device said no to a command. `command` is masked where it holds a secret."""


class SessionLost(Failed):
    """The session ended or fell silent in the middle: what was sent last may have been taken or not."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment of the monotonic clock, in seconds; it has come too once somebody set `stop`."""

    at: float
    stop: Event = field(default_factory=Event)

    @classmethod
    def after(cls, seconds: float, stop: Event | None = None) -> "Deadline":
        return cls(time.monotonic() + seconds, stop or Event())

    @property
    def left(self) -> float:
        """Seconds, never below 0."""
        return 0.0 if self.stop.is_set() else max(0.0, self.at - time.monotonic())

    @property
    def over(self) -> bool:
        return not self.left


class Session(Protocol):
    """One open session with one device. Leaving it closes it."""

    def run(self, commands: Sequence[str]) -> tuple[str, ...]:
        """The answer to each command, without echo and prompt.

        Raises Rejected for the first answer in which the device says no, and SessionLost where the
        device fell silent, went away or came to no end.
        """
        ...

    def show(self, commands: Sequence[str]) -> tuple[str, ...]:
        """As `run`, for commands that show text: a line of that text that looks like a refusal is none."""
        ...

    def tell(self, commands: Sequence[str]) -> tuple[str, ...]:
        """As `run`, whatever the device says to the commands: the answers tell.

        A platform that takes one command at a time is told no more after a refusal: there are fewer answers then.
        """
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Transport(Protocol):
    def open(self, endpoint: Endpoint, platform: Grammar, deadline: Deadline) -> Session:
        """A session with the device that holds the endpoint's pinned host key, ready for commands.

        Raises Unreachable, Busy, CredentialsRefused or HostKeyChanged; nothing was sent then. Neither
        this nor any call on the session outlasts `deadline`, whatever the device sends.
        """
        ...
