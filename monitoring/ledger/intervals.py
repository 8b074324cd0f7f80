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
    UP = "up"
    DOWN = "down"
    UNKNOWN = "unknown"


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
class Change:
    """What an observation does to a subject's latest interval: `end` it elsewhere, `begin` a new one, or neither."""

    end: datetime | None = None
    begin: Interval | None = None


def ahead(latest: Interval | None, seen: Observation) -> bool:
    """Whether `latest` rests on a clock that ran ahead of the one that `seen` goes by: it was set back meanwhile.

    Two observers whose clocks differ by less than a look's reach are not meant.
    """
    return latest is not None and latest.end - seen.reach > seen.at + seen.reach


def change(latest: Interval | None, seen: Observation) -> Change:
    """What `seen` means after `latest`.

    The same again, within reach, extends the interval. Anything else ends it at that moment, if it
    lasted so long, and begins another. What was seen before the latest interval began comes too late:
    it changes nothing. The latest is not `ahead` of what is seen: the store has taken such back.
    """
    begun = Interval(
        start=seen.at, end=seen.at + seen.reach, state=seen.state, cause=seen.cause, evidence=seen.evidence
    )
    if latest is None or latest.end < seen.at:
        return Change(begin=begun)
    if seen.at < latest.start:
        return Change()
    if (latest.state, latest.cause) == (seen.state, seen.cause):
        return Change(end=max(latest.end, begun.end))
    if seen.at == latest.start:
        return Change()
    return Change(end=seen.at, begin=begun)


def clip(intervals: Iterable[Interval], start: datetime, end: datetime) -> Iterator[Interval]:
    """The parts of `intervals` inside [start, end)."""
    for i in intervals:
        cut = replace(i, start=max(i.start, start), end=min(i.end, end))
        if cut.start < cut.end:
            yield cut
