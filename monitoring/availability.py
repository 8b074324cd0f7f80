"""Availability with unknown time kept as a bound, over agreed service time only.

ITIL's ratio: (agreed service time - downtime) / agreed service time. Time that nobody observed is
down for the lower bound and up for the upper one; it never vanishes. This is the gross figure: planned
maintenance counts as what was seen of it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from zoneinfo import ZoneInfo

from city.model.services import ServiceHours
from monitoring.ledger.intervals import Interval, State, clip

_SECOND = timedelta(seconds=1)
Span = tuple[datetime, datetime]
"""From (inclusive) to (exclusive)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Availability:
    """Time agreed, and how much of it was seen up and down; the rest nobody saw.

    `degraded` is the part of `up` in which it served, but not as well as it should. `observed` of the subjects were
    seen in some of it.
    """

    agreed: timedelta
    up: timedelta
    down: timedelta
    observed: int
    degraded: timedelta = timedelta()

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
    degraded, down = _time_in(inside, State.DEGRADED), _time_in(inside, State.DOWN)
    up = _time_in(inside, State.UP) + degraded
    return Availability(
        agreed=sum((end - start for start, end in agreed), timedelta()),
        up=up,
        down=down,
        observed=1 if up + down else 0,
        degraded=degraded,
    )


def together(parts: Iterable[Availability]) -> Availability:
    """Of several subjects: every second of each counts alike."""
    all_parts = list(parts)
    return Availability(
        agreed=sum((part.agreed for part in all_parts), timedelta()),
        up=sum((part.up for part in all_parts), timedelta()),
        down=sum((part.down for part in all_parts), timedelta()),
        observed=sum(part.observed for part in all_parts),
        degraded=sum((part.degraded for part in all_parts), timedelta()),
    )


def agreed_spans(hours: ServiceHours, zone: ZoneInfo, start: datetime, end: datetime) -> tuple[Span, ...]:
    """The agreed service time between two moments, in UTC: all of it in which a clock on the wall shows agreed hours.

    So an hour that clocks leave out in spring is never agreed, and an hour that they repeat in autumn is agreed twice.
    """
    return tuple(
        (max(opens, since), min(closes, until))
        for since, until, offset in _between_changes(zone, start, end)
        for opens, closes in _openings(hours, offset, since, until)
        if max(opens, since) < min(closes, until)
    )


def _between_changes(zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime, timezone]]:
    """The time from `start` to `end`, parted where clocks change, each part with its offset from UTC."""
    since = start
    while since < end:
        until = min(since + timedelta(days=1), end)
        if _offset(zone, until) != _offset(zone, since):
            until = _change(zone, since, until)
        yield since, until, timezone(_offset(zone, since))
        since = until


def _change(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """When clocks change between the two moments: they change on whole seconds."""
    before, after = before.replace(microsecond=0), (after + _SECOND).replace(microsecond=0)
    while after - before > _SECOND:
        middle = before + (after - before) // (2 * _SECOND) * _SECOND
        before, after = (middle, after) if _offset(zone, middle) == _offset(zone, before) else (before, middle)
    return after


def _offset(zone: ZoneInfo, at: datetime) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta()


def _openings(hours: ServiceHours, offset: timezone, start: datetime, end: datetime) -> Iterator[Span]:
    day = start.astimezone(offset).date() - timedelta(days=1)
    last = end.astimezone(offset).date()
    while day <= last:
        if day.weekday() in hours.days:
            closing_day = day if hours.end > hours.start else day + timedelta(days=1)
            opens = datetime.combine(day, hours.start, offset)
            closes = datetime.combine(closing_day, hours.end, offset)
            yield opens.astimezone(UTC), closes.astimezone(UTC)
        day += timedelta(days=1)


def _refuse_overlap(intervals: Sequence[Interval]) -> None:
    for before, after in pairwise(intervals):
        if after.start < before.end:
            raise ValueError(f"the interval from {after.start} overlaps the one before it")


def _time_in(intervals: Iterable[Interval], state: State) -> timedelta:
    return sum((i.end - i.start for i in intervals if i.state is state), timedelta())
