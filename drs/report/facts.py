"""The facts of a drill: when each service was back, who agreed, who answered, what failed on the way. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from city.model.city import City
from drs.drill.entry import Approved, Ended, Entry, Overridden, Seen, as_json
from drs.drill.known import Stage
from drs.drill.run import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovered:
    """A service with the time that was promised for it, and the time after which all its steps were proven.

    `took` is None while a step is not proven. It counts from the moment at which the drill was opened, not from that of
    the loss: what passed before anybody began is not in the journal. How much data was lost is not measured yet.
    """

    service: str
    rto: timedelta
    took: timedelta | None
    answered_for: tuple[str, ...]
    """The steps for which a person answered: nothing proved them."""

    @property
    def in_time(self) -> bool | None:
        """None where nobody can tell: a step is not proven, or was only answered for."""
        if self.took is None or self.answered_for:
            return None
        return self.took <= self.rto


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """`head` is the digest of the journal's last line: it closes what is told here."""

    drill: str
    city: City
    run: Run
    entries: tuple[Entry, ...]
    head: str

    @property
    def began(self) -> datetime:
        return self.entries[0].at

    @property
    def ended(self) -> datetime:
        """When the journal was written last."""
        return self.entries[-1].at

    @property
    def persons(self) -> tuple[str, ...]:
        """Everybody whom the journal names, in the order in which they came."""
        return tuple(dict.fromkeys(entry.by for entry in self.entries))

    @property
    def services(self) -> tuple[Recovered, ...]:
        return tuple(self._services())

    @property
    def approvals(self) -> tuple[Approved, ...]:
        return tuple(entry for entry in self.entries if isinstance(entry, Approved))

    @property
    def overrides(self) -> tuple[Overridden, ...]:
        return tuple(entry for entry in self.entries if isinstance(entry, Overridden))

    @property
    def failures(self) -> tuple[Ended, ...]:
        return tuple(entry for entry in self.entries if isinstance(entry, Ended) and entry.failed)

    def proof(self, task: str) -> Seen | None:
        """What was seen of a task last."""
        looks = [entry for entry in self.entries if isinstance(entry, Seen) and entry.task == task]
        return looks[-1] if looks else None

    def _services(self) -> Iterator[Recovered]:
        for name in dict.fromkeys(task.service for task in self.run.plan.tasks if task.service):
            own = [task.id for task in self.run.plan.tasks if task.service == name]
            proven = [self.run.known(task).proven for task in own if task in self.run.proven]
            moments = [moment for moment in proven if moment]
            yield Recovered(
                service=name,
                rto=self.city.service(name).rto,
                took=max(moments) - self.began if len(moments) == len(own) else None,
                answered_for=tuple(task for task in own if self.run.known(task).stage is Stage.OVERRIDDEN),
            )


def facts_json(facts: Facts) -> dict[str, Any]:
    """Stable keys; times in seconds, moments in ISO 8601, null for what nobody knows."""
    return {
        "drill": facts.drill,
        "city": facts.city.id,
        "mode": facts.run.plan.mode,
        "plan": facts.run.plan.digest,
        "head": facts.head,
        "began": facts.began.isoformat(),
        "ended": facts.ended.isoformat(),
        "over": facts.run.closed is not None,
        "persons": list(facts.persons),
        "left": list(facts.run.left),
        "services": [_recovered(one) for one in facts.services],
        "entries": [as_json(entry) for entry in facts.entries],
    }


def _recovered(one: Recovered) -> dict[str, Any]:
    return {
        "service": one.service,
        "rto_s": one.rto.total_seconds(),
        "took_s": one.took.total_seconds() if one.took is not None else None,
        "in_time": one.in_time,
        "answered_for": list(one.answered_for),
    }


def of_journal(drill: str, city: City, run: Run, entries: Sequence[Entry], head: str) -> Facts:
    return Facts(drill=drill, city=city, run=run, entries=tuple(entries), head=head)
