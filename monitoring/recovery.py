"""How ready the recovery site is, and how drills went: as whoever judges it has written it down, for page and metrics.

Shapes are those of the file that is read (`told`): moments in ISO 8601, times in seconds, null for what nobody knows.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What is promised for a service, and what a client outside measured in a drill; None where nobody measured.

    Where `lost` records were not counted, `lost_time` is from how long before the drill files may be missing, at most.

    `in_time`, `within_rpo` and `within_mtd` say whether the promise was kept; None where nobody can tell.
    """

    service: str
    rto: timedelta
    rpo: timedelta
    mtd: timedelta | None
    away: timedelta | None
    in_time: bool | None
    lost: int | None
    lost_time: timedelta | None
    within_rpo: bool | None
    within_mtd: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """What readiness found open. `blocking`: the service cannot be recovered so. `seen`: else nobody knows."""

    area: str
    subject: str
    problem: str
    blocking: bool
    seen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A service: `met` of `of` findings hold. `figures` are of the newest drill that measured it, of the kind `mode`.

    `proven_at` is when a drill last proved its recovery, `changed` what is another since; `due` when the next is.
    """

    service: str
    verdict: str
    met: int
    of: int
    gaps: tuple[Gap, ...]
    figures: Figures
    mode: str | None
    measured_at: datetime | None
    proven_at: datetime | None
    changed: tuple[str, ...]
    due: datetime | None

    @property
    def blocking(self) -> int:
        """How many known gaps keep it from being recovered."""
        return sum(gap.blocking and gap.seen for gap in self.gaps)

    @property
    def unknown(self) -> int:
        """How much of it could not be seen."""
        return sum(not gap.seen for gap in self.gaps)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drill:
    """`result` is proven, stopped or open."""

    name: str
    mode: str
    began: datetime
    result: str
    services: tuple[Figures, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """The next exercise of a kind; None was never held."""

    exercise: str
    last: datetime | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """As judged at `as_of`: the drills, the newest first. `told` is all of it as it was written, for programs."""

    as_of: datetime
    verdict: str
    services: tuple[Prepared, ...]
    drills: tuple[Drill, ...]
    exercises: tuple[Due, ...]
    told: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)


def recovery(told: dict[str, Any]) -> Recovery:
    """Raises KeyError, TypeError or ValueError for what nobody can have written."""
    return Recovery(
        as_of=datetime.fromisoformat(told["as_of"]),
        verdict=told["verdict"],
        services=tuple(_prepared(one) for one in told["services"]),
        drills=tuple(_drill(one) for one in told["drills"]),
        exercises=tuple(
            Due(exercise=one["exercise"], last=_moment(one["last"]), at=datetime.fromisoformat(one["at"]))
            for one in told["exercises"]
        ),
        told=told,
    )


def _prepared(told: dict[str, Any]) -> Prepared:
    measured = told["measured"]
    return Prepared(
        service=told["service"],
        verdict=told["verdict"],
        met=told["met"],
        of=told["of"],
        gaps=tuple(_gap(one) for one in told["gaps"]),
        figures=_figures(measured),
        mode=measured["mode"],
        measured_at=_moment(measured["at"]),
        proven_at=_moment(told["proven_at"]),
        changed=tuple(told["changed"]),
        due=_moment(told["due"]),
    )


def _gap(told: dict[str, Any]) -> Gap:
    return Gap(
        area=told["area"],
        subject=told["subject"],
        problem=told["problem"],
        blocking=told["weight"] == "blocking",
        seen=told["answer"] != "unknown",
    )


def _drill(told: dict[str, Any]) -> Drill:
    return Drill(
        name=told["drill"],
        mode=told["mode"],
        began=datetime.fromisoformat(told["began"]),
        result=told["result"],
        services=tuple(_figures(one) for one in told["services"]),
    )


def _figures(told: dict[str, Any]) -> Figures:
    return Figures(
        service=told["service"],
        rto=timedelta(seconds=told["rto_s"]),
        rpo=timedelta(seconds=told["rpo_s"]),
        mtd=_length(told["mtd_s"]),
        away=_length(told["downtime_s"]),
        in_time=told["in_time"],
        lost=told["lost"],
        lost_time=_length(told["lost_s"]),
        within_rpo=told["within_rpo"],
        within_mtd=told["within_mtd"],
    )


def _moment(told: str | None) -> datetime | None:
    return None if told is None else datetime.fromisoformat(told)


def _length(told: float | None) -> timedelta | None:
    return None if told is None else timedelta(seconds=told)
