"""How long steps took in earlier drills: what is usual, so that an operator hears early of what is not."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from math import ceil

from drs.check import Answer
from drs.drill.entry import Begun, Entry, Seen
from drs.drill.plan import Plan

FEWEST = 4
"""Fewer runs of a step say nothing of what is usual."""


def usual(drills: Iterable[tuple[Plan, Sequence[Entry]]]) -> Mapping[str, timedelta]:
    """For each step: what three quarters of its runs did not exceed, from begun to seen done (nearest rank)."""
    return {
        step: _of_rank(lengths, Fraction(3, 4)) for step, lengths in _taken(drills).items() if len(lengths) >= FEWEST
    }


def expected(drills: Iterable[tuple[Plan, Sequence[Entry]]]) -> Mapping[str, timedelta]:
    """For each step that was ever done: what half of its runs did not exceed. One run says so much."""
    return {step: _of_rank(lengths, Fraction(1, 2)) for step, lengths in _taken(drills).items()}


def _of_rank(lengths: Sequence[timedelta], share: Fraction) -> timedelta:
    return sorted(lengths)[ceil(len(lengths) * share) - 1]


def _taken(drills: Iterable[tuple[Plan, Sequence[Entry]]]) -> Mapping[str, list[timedelta]]:
    taken: dict[str, list[timedelta]] = {}
    for plan, entries in drills:
        for step, length in _lengths(plan, entries):
            taken.setdefault(step, []).append(length)
    return taken


def _lengths(plan: Plan, entries: Sequence[Entry]) -> Iterator[tuple[str, timedelta]]:
    """Of each attempt that came to its end: what was begun again, or never seen done, took nobody knows how long."""
    begun: dict[str, datetime] = {}
    for entry in entries:
        if isinstance(entry, Begun):
            begun[entry.task] = entry.at
        elif isinstance(entry, Seen) and entry.answer is Answer.MET and entry.task in begun:
            yield plan.by_id[entry.task].step, entry.at - begun.pop(entry.task)
