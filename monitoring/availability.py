"""Availability with unknown time kept as a bound, over agreed service time only.

ITIL's ratio: (agreed service time - downtime) / agreed service time. Time that nobody observed is
down for the lower bound and up for the upper one; it never vanishes. This is the gross figure: planned
maintenance counts as what was seen of it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from city.model.services import ServiceHours
from monitoring.ledger.intervals import Interval, State, clip

Span = tuple[datetime, datetime]
"""From (inclusive) to (exclusive)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Availability:
    """Time agreed, and how much of it was seen up and down; the rest nobody saw.

    `observed` of the subjects were seen in some of it.
    """

    agreed: timedelta
    up: timedelta
    down: timedelta
    observed: int

    @property
    def unknown(self) -> timedelta:
        return self.agreed - self.up - self.down

    @property
    def value(self) -> float | None:
        """Up over what was seen; None where nothing was."""
        seen = self.up + self.down
        return self.up / seen if seen else None

    @property
    def lower(self) -> float | None:
        return self.up / self.agreed if self.agreed else None

    @property
    def upper(self) -> float | None:
        return (self.agreed - self.down) / self.agreed if self.agreed else None


def gross(seen: Iterable[Interval], agreed: Sequence[Span]) -> Availability:
    """Over `agreed` spans, which do not overlap. Raises ValueError where two intervals overlap."""
    intervals = sorted(seen, key=lambda i: i.start)
    _refuse_overlap(intervals)
    inside = [part for start, end in agreed for part in clip(intervals, start, end)]
    up, down = _time_in(inside, State.UP), _time_in(inside, State.DOWN)
    return Availability(
        agreed=sum((end - start for start, end in agreed), timedelta()),
        up=up,
        down=down,
        observed=1 if up + down else 0,
    )


def together(parts: Iterable[Availability]) -> Availability:
    """Of several subjects: every second of each counts alike."""
    all_parts = list(parts)
    return Availability(
        agreed=sum((part.agreed for part in all_parts), timedelta()),
        up=sum((part.up for part in all_parts), timedelta()),
        down=sum((part.down for part in all_parts), timedelta()),
        observed=sum(part.observed for part in all_parts),
    )


def agreed_spans(hours: ServiceHours, zone: ZoneInfo, start: datetime, end: datetime) -> tuple[Span, ...]:
    """The agreed service time between two moments, in UTC.

    Hours are those of the clock on the wall: on the days when it is changed, a span that crosses the
    change is an hour shorter or longer, and a time that occurs twice is taken the first time.
    """
    return tuple(
        (max(opens, start), min(closes, end))
        for opens, closes in _openings(hours, zone, start, end)
        if max(opens, start) < min(closes, end)
    )


def _openings(hours: ServiceHours, zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[Span]:
    day = start.astimezone(zone).date() - timedelta(days=1)
    last = end.astimezone(zone).date()
    while day <= last:
        if day.weekday() in hours.days:
            closing_day = day if hours.end > hours.start else day + timedelta(days=1)
            opens = datetime.combine(day, hours.start, zone)
            closes = datetime.combine(closing_day, hours.end, zone)
            yield opens.astimezone(UTC), closes.astimezone(UTC)
        day += timedelta(days=1)


def _refuse_overlap(intervals: Sequence[Interval]) -> None:
    for before, after in pairwise(intervals):
        if after.start < before.end:
            raise ValueError(f"the interval from {after.start} overlaps the one before it")


def _time_in(intervals: Iterable[Interval], state: State) -> timedelta:
    return sum((i.end - i.start for i in intervals if i.state is state), timedelta())
