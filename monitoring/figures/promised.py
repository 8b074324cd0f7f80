"""Every promise of a city, ready to be measured at any moment."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from city.load.defects import Defects, nearest
from city.model.city import City
from city.model.promises import Promise
from monitoring.figures.declaration import declaration
from monitoring.figures.figure import Bounds, Figure, Finding, Period
from monitoring.figures.indicator import Asked, Measure, Observations
from monitoring.figures.registry import indicators

DAY = timedelta(hours=24)


class Promised:
    """Made once for a city, asked for any moment: what follows from the declaration alone is computed once.

    Raises InvalidCity where a promise has no indicator, or its rule or data files have defects.
    """

    def __init__(self, city: City) -> None:
        self._city = city
        self._measures = dict(_measures(city))

    def figures(self, observations: Observations, at: datetime, period: timedelta = DAY) -> tuple[Figure, ...]:
        """The figures at `at`, in the order of the city's data; what is counted over time, over `period` before it.

        Raises ValueError where `at` has no time zone.
        """
        if at.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        at = at.astimezone(UTC)  # elsewhere a day on which clocks change would have the wrong number of hours
        today = at.astimezone(self._city.time_zone).date()
        asked = Asked(at=at, period=period, today=today, observations=observations)
        return tuple(
            figure(promise, self._measures[promise.id](asked), self._city.fingerprint)
            for promise in self._city.promises
        )


def _measures(city: City) -> Iterator[tuple[str, Measure]]:
    defects, known = Defects(), indicators()
    rules = {}
    for promise in city.promises:
        if promise.id in known:
            rules[promise.id] = known[promise.id].read(declaration(promise, city.folder, defects))
        else:
            problem = f"{promise.id}: nobody knows how to measure this promise"
            defects.add(promise.rule.place, problem, nearest(promise.id, known))
    defects.raise_if_any()
    return ((promise, known[promise].measure(city, rule)) for promise, rule in rules.items())


def not_at_hand(city: City, at: datetime) -> tuple[Figure, ...]:
    """The figures of a moment whose data of the city are not at hand any more: nothing is known, not even a bound."""
    found = Finding(
        bounds=Bounds(value=None, lower=None, upper=None), as_of=at, period=Period(start=at, end=at), inputs=()
    )
    return tuple(figure(promise, found, None) for promise in city.promises)


def figure(promise: Promise, found: Finding, city_data: str | None) -> Figure:
    """What was found, beside what was promised."""
    indicator = indicators()[promise.id]
    return Figure(
        id=promise.id,
        name=promise.name,
        bounds=found.bounds,
        target=promise.target,
        due=promise.due,
        unit=indicator.unit,
        as_of=found.as_of,
        period=found.period,
        formula=indicator.formula,
        inputs=found.inputs,
        promised_in=promise.source,
        city_data=city_data,
    )
