"""What was seen of a subject over time: intervals that never overlap, made of observations.

Invariants, checked by the tests over every sequence of observations and crashes:
  1. two intervals of a subject share no moment;
  2. an interval reaches no further than `reach` beyond the last observation that it rests on,
     so a poller that dies leaves a gap;
  3. a gap is unknown. Nothing is up that was not seen up.

Pure; the store keeps what these functions decide.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum


class State(StrEnum):
    """A service that is degraded serves, but slowly, not everybody, or without some of its members."""

    UP = "up"
    DEGRADED = "degraded"
    DOWN = "down"
    UNKNOWN = "unknown"


DEVICE_STATES = (State.UP, State.DOWN, State.UNKNOWN)
"""A device, or a radio, is never degraded: it answers, or it does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """`subject` (`device:ID`, `radio:ID/BAND`, `service:ID`) was seen in `state` at `at`, and why that is believed.

    It speaks for the time until the next observation, but no longer than `reach`: the observer's own
    polling interval with some slack.
    """

    subject: str
    at: datetime
    state: State
    reach: timedelta
    cause: str = ""
    evidence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """`state` from `start` (inclusive) to `end` (exclusive), both zone-aware."""

    start: datetime
    end: datetime
    state: State
    cause: str = ""
    evidence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Newest:
    """A subject's newest interval, with the latest look that it rests on: when that was, and whose."""

    interval: Interval
    at: datetime
    observer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a look does to a subject's newest interval: gives it another `end`, `begin`s a new one after it, or both.

    Neither: the look is older than the newest one, and says nothing that is not known better.
    """

    end: datetime | None = None
    begin: Interval | None = None


def was_set_back(newest: Newest | None, seen: Observation, observer: str) -> bool:
    """Whether the clock by which `newest` was seen ran ahead of the one that `observer` goes by now.

    One observer looks at a subject in order, so that what it told of a later time than now, and longer ago than a
    look lasts, is of a time that never was. Looks of several observers may come late, by as much as the longer of
    their looks lasts.
    """
    if newest is None:
        return False
    lasts = seen.reach if observer == newest.observer else max(seen.reach, newest.interval.end - newest.at)
    return newest.at - seen.at > lasts


def change(newest: Newest | None, seen: Observation) -> Change:
    """What `seen` means after `newest`: looks count in order of the time of observation, not of their arrival.

    The same again, within reach, extends the interval. Anything else ends it at that moment, if it lasted so long,
    and begins another. A look that is older than the newest one changes nothing, and neither does another opinion of
    the same moment.
    """
    begun = Interval(
        start=seen.at, end=seen.at + seen.reach, state=seen.state, cause=seen.cause, evidence=seen.evidence
    )
    if newest is None or newest.interval.end < seen.at:
        return Change(begin=begun)
    if seen.at < newest.at:
        return Change()
    if (newest.interval.state, newest.interval.cause) == (seen.state, seen.cause):
        return Change(end=max(newest.interval.end, begun.end))
    if seen.at == newest.at:
        return Change()
    return Change(end=seen.at, begin=begun)


def clip(intervals: Iterable[Interval], start: datetime, end: datetime) -> Iterator[Interval]:
    """The parts of `intervals` inside [start, end)."""
    for i in intervals:
        since, until = max(i.start, start), min(i.end, end)
        if since < until:
            yield i if (since, until) == (i.start, i.end) else replace(i, start=since, end=until)
