"""Whether a drill can keep each RTO at all, by what its steps took in earlier drills. Pure.

The critical path of a service is the chain of tasks, each needing the one before it, that takes longest until the
service is back. A step that was never done counts as nothing, and what is waited for, such as agreement, as well: so
whoever is told here cannot be in time, and who is not told may still be late.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

from city.model.city import City
from drs.drill.plan import Plan
from drs.mode import Mode


@dataclass(frozen=True, slots=True, kw_only=True)
class TooSlow:
    """The tasks of `path`, one after the other, take `takes`, and the service is to be back after `rto`."""

    service: str
    rto: timedelta
    takes: timedelta
    path: tuple[str, ...]

    @property
    def problem(self) -> str:
        return (
            f"rto {self.rto} of {self.service} cannot be kept: in earlier drills, {' then '.join(self.path)} took "
            f"{self.takes}"
        )

    @property
    def remedy(self) -> str:
        longer = timedelta(seconds=-(-self.takes // timedelta(minutes=1)) * 60)
        return f"Make the longest of these faster, or write `rto: {longer // timedelta(minutes=1)}m` or more."


def too_slow(city: City, plan: Plan, expected: Mapping[str, timedelta]) -> tuple[TooSlow, ...]:
    """Each service that would come too late, in the order of the plan. None in a rehearsal: nobody waits."""
    return tuple(_late(city, plan, expected)) if Mode(plan.mode).real else ()


def _late(city: City, plan: Plan, expected: Mapping[str, timedelta]) -> Iterator[TooSlow]:
    @cache
    def longest(task: str) -> tuple[timedelta, tuple[str, ...]]:
        before = max((longest(need) for need in plan.by_id[task].needs), default=(timedelta(), ()))
        own = expected.get(plan.by_id[task].step, timedelta())
        return (before[0] + own, (*before[1], task)) if own else before

    for service in dict.fromkeys(task.service for task in plan.tasks if task.service):
        takes, path = max(longest(task.id) for task in plan.tasks if task.service == service)
        if takes > (rto := city.service(service).rto):
            yield TooSlow(service=service, rto=rto, takes=takes, path=path)
