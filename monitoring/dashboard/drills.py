"""The page of recovery: is the other site ready, what do drills show of each service, what is due next?"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from city.model.city import City
from city.model.services import Service
from monitoring.dashboard.estate import tier_told
from monitoring.dashboard.language import Language
from monitoring.dashboard.sentences import Kept
from monitoring.recovery import Drill, Figures, Gap, Prepared, Recovery

_WIDTH = 1000
_VERDICTS = {"ready": Kept.MET, "not-ready": Kept.NOT_MET}


@dataclass(frozen=True, slots=True, kw_only=True)
class Promised:
    """A figure beside what was promised: `bar` and `aim` are lengths out of 1000; None where nothing was measured."""

    promised: str
    measured: str
    kept: Kept
    bar: float | None = None
    aim: float = _WIDTH


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One service, as its row tells it."""

    name: str
    beside: str
    verdict: Kept
    blocking: int
    unknown: int
    met: int
    of: int
    outage: Promised
    loss: Promised
    mtd: Promised
    measured: str
    proven_at: datetime | None
    changed: tuple[str, ...]
    due: datetime | None
    overdue: bool
    gaps: tuple[Gap, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One drill: of `measured` services, `in_time` were back in time."""

    name: str
    kind: str
    began: datetime
    result: str
    verdict: Kept
    measured: int
    in_time: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """The next exercise of a kind."""

    name: str
    about: str
    last: datetime | None
    at: datetime
    overdue: bool


def verdict(found: Recovery) -> Kept:
    return _VERDICTS.get(found.verdict, Kept.CANNOT_TELL)


def lines(city: City, found: Recovery, now: datetime, speak: Language) -> tuple[Line, ...]:
    """Each service in the order of the city, the most needed tier first; none that the city has no longer."""
    known = {one.service: one for one in found.services}
    ordered = sorted(city.services, key=lambda service: service.tier)
    return tuple(_line(service, known[service.id], now, speak) for service in ordered if service.id in known)


def _line(service: Service, one: Prepared, now: datetime, speak: Language) -> Line:
    kind = kinds(speak).get(one.mode or "", one.mode or "")
    return Line(
        name=speak.text(service.name),
        beside=f"{service.tier.value}, {tier_told(service.tier, speak)}",
        verdict=_VERDICTS.get(one.verdict, Kept.CANNOT_TELL),
        blocking=one.blocking,
        unknown=one.unknown,
        met=one.met,
        of=one.of,
        outage=_outage(one.figures, one.figures.rto, one.figures.in_time, speak),
        loss=_loss(one.figures, speak),
        mtd=_outage(one.figures, one.figures.mtd, one.figures.within_mtd, speak),
        measured=f"{kind}, {speak.time(one.measured_at)}" if one.measured_at else "",
        proven_at=one.proven_at,
        changed=one.changed,
        due=one.due,
        overdue=one.due is not None and one.due <= now,
        gaps=tuple(sorted(one.gaps, key=lambda gap: (not gap.blocking, not gap.seen))),
    )


def _outage(one: Figures, promised: timedelta | None, kept: bool | None, speak: Language) -> Promised:  # noqa: FBT001 - the answer itself is told
    if promised is None:
        return Promised(promised=speak.gettext("not declared"), measured="", kept=Kept.CANNOT_TELL)
    told = speak.length(promised)
    if one.away is None:
        return Promised(promised=told, measured=speak.gettext("not measured"), kept=Kept.CANNOT_TELL)
    longest = max(promised, one.away) or timedelta(seconds=1)
    bar, aim = (round(_WIDTH * length / longest, 1) for length in (one.away, promised))
    return Promised(promised=told, measured=speak.length(one.away), kept=_kept(kept), bar=bar, aim=aim)


def _loss(one: Figures, speak: Language) -> Promised:
    told = speak.length(one.rpo)
    if one.lost is None and one.lost_time is None:
        return Promised(promised=told, measured=speak.gettext("not measured"), kept=Kept.CANNOT_TELL)
    lost = _files(one.lost_time, speak) if one.lost is None else _records(one.lost, one.lost_time, speak)
    return Promised(promised=told, measured=lost, kept=_kept(one.within_rpo))


def _records(lost: int, within: timedelta | None, speak: Language) -> str:
    records = speak.ngettext("%(n)s record", "%(n)s records", lost) % {"n": speak.number(lost)}
    return f"{records} ({speak.length(within)})" if lost and within is not None else records


def _files(span: timedelta | None, speak: Language) -> str:
    """By the age of the copy that was brought: what is younger may be missing."""
    if not span:
        return speak.gettext("no files")
    return speak.gettext("files of at most %(time)s before the drill") % {"time": speak.length(span)}


def _kept(kept: bool | None) -> Kept:  # noqa: FBT001 - the answer itself is told
    return {True: Kept.MET, False: Kept.NOT_MET, None: Kept.CANNOT_TELL}[kept]


def held(drills: Collection[Drill], speak: Language) -> Iterator[Held]:
    """The newest first, as they are given."""
    _ = speak.gettext
    results = {"proven": _("every step was proven"), "stopped": _("ended with steps left"), "open": _("under way")}
    verdicts = {"proven": Kept.MET, "stopped": Kept.NOT_MET}
    for drill in drills:
        measured = [one for one in drill.services if one.away is not None]
        yield Held(
            name=drill.name,
            kind=kinds(speak).get(drill.mode, drill.mode),
            began=drill.began,
            result=results.get(drill.result, drill.result),
            verdict=verdicts.get(drill.result, Kept.CANNOT_TELL),
            measured=len(measured),
            in_time=sum(one.in_time is True for one in measured),
        )


def kinds(speak: Language) -> dict[str, str]:
    """What each mode of a drill is called."""
    _ = speak.gettext
    return {
        "rehearse": _("rehearsal on a copy"),
        "switchover": _("planned move"),
        "failover": _("loss of the data centre"),
        "failback": _("return to the data centre"),
    }


def rungs(found: Recovery, now: datetime, speak: Language) -> tuple[Rung, ...]:
    """The ladder of NIST SP 800-34, as far as the city asks for it."""
    _ = speak.gettext
    told = {
        "tabletop": (_("Talking it through"), _("Those concerned talk the plan through.")),
        "functional": (_("Rehearsal"), _("The plan is carried out on a copy.")),
        "full-scale": (_("Full scale"), _("The city really moves.")),
    }
    return tuple(
        Rung(name=name, about=about, last=one.last, at=one.at, overdue=one.at <= now)
        for one in found.exercises
        for name, about in [told.get(one.exercise, (one.exercise, ""))]
    )
