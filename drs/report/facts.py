"""The facts of a drill: when each service was back, who agreed, who answered, what failed on the way. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from city.model.city import City
from drs.drill.entry import Approved, Entry, Opened, Seen, TakenOver, as_json
from drs.drill.plan import Task
from drs.drill.run import Run
from drs.report.deviations import Deviation, deviations
from drs.report.recovered import Recovered, recovered


@dataclass(frozen=True, kw_only=True)
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
    def machines(self) -> tuple[str, ...]:
        """From which the drill was conducted, one after the other."""
        conducting = (entry.machine for entry in self.entries if isinstance(entry, Opened | TakenOver))
        return tuple(dict.fromkeys(conducting))

    @cached_property
    def services(self) -> tuple[Recovered, ...]:
        return tuple(recovered(self.city, self.run, self.began))

    @cached_property
    def deviations(self) -> tuple[Deviation, ...]:
        return deviations(self.run, self.entries, self.services)

    @property
    def point(self) -> datetime | None:
        """The moment to which the data were to be taken back: what came after it was given up by decision."""
        return datetime.fromisoformat(self.run.plan.point) if self.run.plan.point else None

    @property
    def approvals(self) -> tuple[Approved, ...]:
        return tuple(entry for entry in self.entries if isinstance(entry, Approved))

    @property
    def agreements(self) -> tuple[tuple[Approved, ...], ...]:
        """The approvals, those together that one person gave in one word."""
        given: dict[tuple[str, datetime, datetime, bool], list[Approved]] = {}
        for one in self.approvals:
            given.setdefault((one.by, one.at, one.until, bool(one.signature)), []).append(one)
        return tuple(map(tuple, given.values()))

    @cached_property
    def proofs(self) -> dict[str, Seen]:
        """What was seen of each step last."""
        return {entry.task: entry for entry in self.entries if isinstance(entry, Seen)}

    def took(self, task: Task) -> timedelta | None:
        """From its last beginning until it was proven; None where it was never begun, or is not proven."""
        known = self.run.known(task.id)
        return known.proven - known.begun if known.begun and known.proven else None


def facts_json(facts: Facts) -> dict[str, Any]:
    """Stable keys; times in seconds, moments in ISO 8601, null for what nobody knows."""
    return {
        "drill": facts.drill,
        "city": facts.city.id,
        "mode": facts.run.plan.mode,
        "point": facts.point.isoformat() if facts.point else None,
        "plan": facts.run.plan.digest,
        "head": facts.head,
        "began": facts.began.isoformat(),
        "ended": facts.ended.isoformat(),
        "over": facts.run.closed is not None,
        "persons": list(facts.persons),
        "machines": list(facts.machines),
        "left": list(facts.run.left),
        "services": [recovered_json(one) for one in facts.services],
        "steps": [_step(facts, task) for task in facts.run.plan.tasks],
        "deviations": [_deviation(one) for one in facts.deviations],
        "entries": [as_json(entry) for entry in facts.entries],
    }


def recovered_json(one: Recovered) -> dict[str, Any]:
    """Stable keys; times in seconds, null for what nobody knows."""
    return {
        "service": one.service,
        "rto_s": one.rto.total_seconds(),
        "rpo_s": one.rpo.total_seconds(),
        "mtd_s": _seconds(one.mtd),
        "took_s": _seconds(one.took),
        "downtime_s": _seconds(one.downtime),
        "acknowledged": one.measured.acknowledged if one.measured else None,
        "lost": one.lost,
        "lost_s": _seconds(one.lost_time),
        "measured_how": one.measured.how if one.measured else None,
        "in_time": one.in_time,
        "within_rpo": one.within_rpo,
        "within_mtd": one.within_mtd,
        "answered_for": list(one.answered_for),
    }


def _step(facts: Facts, task: Task) -> dict[str, Any]:
    known, proof = facts.run.known(task.id), facts.proofs.get(task.id)
    return {
        "task": task.id,
        "stage": known.stage.value,
        "attempts": known.attempts,
        "begun": known.begun.isoformat() if known.begun else None,
        "proven": known.proven.isoformat() if known.proven else None,
        "took_s": _seconds(facts.took(task)),
        "reason": known.reason,
        "witnesses": list(proof.witnesses) if proof else [],
    }


def _deviation(one: Deviation) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "at": one.at.isoformat() if one.at else None,
        "about": dict(one.about),
        "follow_up": one.follow_up.removeprefix("do ") or None,
    }


def _seconds(length: timedelta | None) -> float | None:
    return None if length is None else length.total_seconds()


def of_journal(drill: str, city: City, run: Run, entries: Sequence[Entry], head: str) -> Facts:
    return Facts(drill=drill, city=city, run=run, entries=tuple(entries), head=head)
