"""One moment of the city: its promises as figures, the state of each device, service and switch, and where it was seen.

Taken whole, so that no two figures that are shown together disagree.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from city.model.city import City
from monitoring.figures.figure import Figure
from monitoring.ledger.intervals import Interval, State

OBSERVER = "observer:poller"
"""The ledger's subject that tells whether the observer hears anybody: up, or unknown where it hears nobody."""

VANTAGE = "vantage:"
"""What the ledger's subject of a vantage point begins with: whether it hears anybody of those that it asks."""

CANARY = "canary:"
"""What the ledger's subject of a canary begins with: whether one that is near the observer answers it."""

LOOK_BACK = timedelta(days=7)
"""How far back the beginning of a state is looked for."""

_MOMENT = timedelta(microseconds=1)


class ObservedIn(StrEnum):
    """Whose devices and services were observed: the city's own, or a laboratory's that stand in for them."""

    CITY = "city"
    LAB = "lab"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The state of a subject now, and since when without a break (None: for longer than LOOK_BACK); `cause` is the
    newest that was told of it."""

    state: State
    since: datetime | None
    cause: str = ""


NEVER_SEEN = Standing(state=State.UNKNOWN, since=None)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Snapshot:
    """`states` by device id; `access_points` by theirs, whether residents can use them; `standings` of services and
    switches, of the observer, its canaries and the vantage points by the ledger's subject (`service:ID`, `device:ID`,
    `OBSERVER`, `canary:NAME`, `vantage:ID`). What is not in them is unknown. `looked_at` is when anything was looked at
    last; None: never. `observed_by` names who did; empty: nobody noted it."""

    at: datetime
    figures: tuple[Figure, ...]
    states: Mapping[str, State]
    access_points: Mapping[str, State]
    standings: Mapping[str, Standing]
    observed_in: ObservedIn
    looked_at: datetime | None = None
    observed_by: str = ""

    def state_of(self, device: str) -> State:
        return self.states.get(device, State.UNKNOWN)

    def access_point(self, ap: str) -> State:
        return self.access_points.get(ap, State.UNKNOWN)

    @property
    def canaries(self) -> Mapping[str, State]:
        """How each canary that was ever asked stands, by its name."""
        return self._states_of(CANARY)

    @property
    def vantages(self) -> Mapping[str, State]:
        """Of each vantage point that ever told, by its id: up where it hears anybody."""
        return self._states_of(VANTAGE)

    def _states_of(self, prefix: str) -> Mapping[str, State]:
        of = {name: one.state for name, one in self.standings.items() if name.startswith(prefix)}
        return {name.removeprefix(prefix): state for name, state in of.items()}

    def standing_of(self, subject: str) -> Standing:
        return self.standings.get(subject, NEVER_SEEN)


class Observations(Protocol):
    """What is asked of the ledger; a gap is unknown."""

    def states_at(self, at: datetime) -> Mapping[str, State]: ...

    def intervals(
        self, subjects: Collection[str] | None, start: datetime, end: datetime
    ) -> Mapping[str, Sequence[Interval]]: ...


def device_states(ledger: Observations, at: datetime) -> dict[str, State]:
    """By device id; a device that is not in it is unknown."""
    prefix = "device:"
    return {name.removeprefix(prefix): state for name, state in ledger.states_at(at).items() if name.startswith(prefix)}


def standings(city: City, ledger: Observations, at: datetime) -> dict[str, Standing]:
    """How every service and switch stands at `at`, and the observer, its canaries and the vantage points, if they ever
    told."""
    services, switches = (f"service:{one.id}" for one in city.services), (f"device:{one.id}" for one in city.switches)
    canaries = (f"{CANARY}{name}" for name in city.observer.canaries)
    own, start = (OBSERVER, *canaries, *(f"{VANTAGE}{point.id}" for point in city.probing.points)), at - LOOK_BACK
    subjects = (*services, *switches, *own)
    seen = ledger.intervals(subjects, start, at + _MOMENT)
    known = (subject for subject in subjects if subject not in own or seen.get(subject))
    return {subject: standing(seen.get(subject, ()), start, at) for subject in known}


def standing(seen: Iterable[Interval], start: datetime, at: datetime) -> Standing:
    """From what was seen since `start`, oldest first; whatever lies between two intervals is unknown."""
    state, since, seen_until, cause = State.UNKNOWN, None, start, ""
    for interval in seen:
        if interval.start > seen_until and state is not State.UNKNOWN:
            state, since = State.UNKNOWN, seen_until
        if interval.state is not state:
            state, since = interval.state, interval.start if interval.start > start else None
        seen_until, cause = interval.end, interval.cause
    if seen_until <= at:
        cause = ""
        if state is not State.UNKNOWN:
            state, since = State.UNKNOWN, seen_until
    return Standing(state=state, since=since, cause=cause)
