"""All that the house needs to know of an indicator, in one record at the end of its module."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Generic, Protocol, TypeVar

from city.model.city import City
from city.model.places import Text
from monitoring.figures.declaration import Declaration
from monitoring.figures.figure import Figure, Finding, Period
from monitoring.ledger.intervals import Interval, State

R = TypeVar("R")


class Observations(Protocol):
    """What is asked of the ledger. Subjects are `device:ID`, `radio:ID/BAND` and `service:ID`; a gap is unknown."""

    def states_at(self, at: datetime) -> Mapping[str, State]: ...

    def intervals(
        self, subjects: Collection[str] | None, start: datetime, end: datetime
    ) -> Mapping[str, Sequence[Interval]]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A figure is asked for the moment `at`, in UTC; what is counted over time is counted over `period` before it."""

    at: datetime
    period: timedelta
    today: date
    """The day that `at` falls on in the city."""
    observations: Observations

    @property
    def span(self) -> Period:
        return Period(start=self.at - self.period, end=self.at)


Measure = Callable[[Asked], Finding]
"""Raises InvalidInput where the declaration contradicts itself."""


class Speaker(Protocol):
    """One language, and how it writes numbers and times."""

    def text(self, text: Text) -> str: ...

    def at_least(self, share: float, digits: int = 1) -> str: ...

    def at_most(self, share: float, digits: int = 1) -> str: ...

    def number(self, value: float) -> str: ...

    def moment(self, at: datetime | date) -> str: ...


AT_LEAST = Text(
    el="Υπόσχεση: τουλάχιστον %(target)s έως %(due)s.",
    en="Promised: at least %(target)s by %(due)s.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator(Generic[R]):
    """By what a promise is measured. `id` is that of the promise in the city's data.

    `read` turns the rule of the promise into what `measure` needs, and reports every defect of it. `measure` is called
    once for a city: what follows from the declaration alone is computed there, or at the first question.
    """

    id: str
    read: Callable[[Declaration], R]
    measure: Callable[[City, R], Measure]
    unit: str
    formula: Text
    sentence: Callable[[Figure, Speaker], str]
    """What was found, in one or two plain sentences."""
    target: Text = AT_LEAST
    """How the promise is said; %(target)s is a share, %(due)s a day."""
    digits: int = 1
    """Decimal places of percent that are shown to residents."""
