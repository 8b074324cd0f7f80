"""Where a drill is put to the proof: what there has to be, whether in a lab or on paper."""

from collections.abc import Callable
from typing import Protocol

from city.model.places import SiteRole
from drs.chaos.draw import Strike
from drs.drill.entry import Entry
from drs.drill.journal import Journal
from drs.drill.moves import Wait


class Killed(BaseException):
    """Whoever conducts the drill ends here, without another word."""


class Arena(Protocol):
    """One drill that was made and has not begun, with the world in which it goes on."""

    def conduct(self, by: str, heard: Callable[[Entry | Wait], None]) -> None:
        """Begin the drill, or go on with it, until it is over or nothing goes on without a person.

        `heard` is told each entry once it is kept, and each reason to wait. Where it raises Killed, the process that
        conducts ends as by kill -9, and nothing is raised.
        """
        ...

    def journal(self) -> Journal:
        """As whoever comes new to it reads it. Raises Tampered, Forgotten."""
        ...

    def befall(self, strike: Strike) -> None:
        """Let it happen now; not for one that only ends a process. Raises AstyError where it cannot be."""
        ...

    def clear(self, strike: Strike) -> None:
        """End it. May be repeated."""
        ...

    def writable(self, service: str, role: SiteRole) -> bool | None:
        """Whether the service's database at that site takes writes; None where nobody can tell."""
        ...

    def lost(self, service: str) -> int | None:
        """Of all that was ever promised to be kept, what is not there now, counted anew; None where nobody can tell."""
        ...
