"""All that the house needs to know of a kind of probe, in one record at the end of its module."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, Literal, Protocol, TypeVar

from city.load.record import Record
from monitoring.probing.failure import Failure
from monitoring.probing.trip import Trip


class Spec(Protocol):
    """What the city's data say of one probe of this kind: a frozen dataclass of texts, numbers, truths and tuples of
    texts or numbers, so that it can be told to a vantage point elsewhere."""

    @property
    def port(self) -> int: ...


S = TypeVar("S", bound=Spec)


@dataclass(frozen=True, slots=True)
class Good:
    """The service answered as it should, and what it said."""

    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What one look through a probe came to. `failure` is None where the service answered as it should.

    `seconds` is how long the look took. `heard`: something came back, if only a refusal, so that whoever asked is
    neither deaf nor cut off. `certificate_ends`: when the first certificate of its chain does, in seconds since 1970;
    None where it showed none that was trusted.
    """

    failure: Failure | None
    seconds: float
    heard: bool
    detail: str = ""
    certificate_ends: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe(Generic[S]):
    """`name` is its key in the city's data.

    `read` makes a spec of the keys of a service's `probe`, and reports every defect of them. `ask` goes on the trip
    and returns what was good; it raises Failed, OSError or TimeoutError, and `look` makes data of each.
    """

    name: str
    protocol: Literal["tcp", "udp"]
    spec: type[S]
    read: Callable[[Record], S]
    ask: Callable[[S, Trip], Awaitable[Good]]
