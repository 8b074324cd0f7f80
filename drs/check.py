"""A service check of readiness: one question about the sites, and what it finds.

Each module of drs.checks ends in one Check; they are found there and listed nowhere.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol, TypeVar

from drs.compared import Sites
from drs.observed import ASKED_OF, SeenSite

PLAN = "Run `asty plan` and apply it."


class Answer(StrEnum):
    MET = "met"
    PARTLY = "partly"  # less of it stands than is declared, and what stands works
    UNMET = "unmet"
    UNKNOWN = "unknown"  # could not be seen; never to be read as met


class Weight(StrEnum):
    BLOCKING = "blocking"  # the service cannot be recovered in time, or at all
    WARNING = "warning"  # it can, but not as it was


class InPlans(StrEnum):
    """When `asty plan` tells what a check finds, beside the steps that it plans."""

    NEVER = "never"  # a step of the plan says it already
    AT_REST = "at-rest"  # where the site's stacks have no step of a kind that may mend it
    ALWAYS = "always"  # it stands beyond the declaration, and no step would touch it


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was asked, with its answer.

    `services` are those that it concerns. `alone` says that the recovery site suffices to answer it.
    """

    area: str
    subject: str
    services: frozenset[str]
    answer: Answer
    weight: Weight
    alone: bool = True
    problem: str = ""
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """`order` is that in which a person would mend what is open: the lower first.

    `mended_by` are the kinds of resources (Pulumi's words) whose steps may mend what it finds. `both` says that it asks
    of both sites itself; the others ask of the recovery site, and in plans of each.

    `find` is given the sites and a blank finding with this check's area, weight and remedy; it yields one for each
    thing that it asks, where another weight or remedy fits better with that one.
    """

    name: str
    area: str
    order: int
    weight: Weight
    compares: str
    remedy: str
    find: Callable[[Sites, Finding], Iterator[Finding]]
    in_plans: InPlans = InPlans.NEVER
    mended_by: frozenset[str] = frozenset()
    both: bool = False

    def findings(self, sites: Sites) -> Iterator[Finding]:
        blank = Finding(
            area=self.area,
            subject=self.area,
            services=frozenset(),
            answer=Answer.UNKNOWN,
            weight=self.weight,
            remedy=self.remedy,
        )
        return self.find(sites, blank)


class _Named(Protocol):
    @property
    def name(self) -> str: ...


N = TypeVar("N", bound=_Named)


def the_one(found: Iterable[N], name: str, where: str) -> N | str:
    """The only one of that name, or what is wrong: none is there, or several that nobody can tell apart."""
    same = [one for one in found if one.name == name]
    if len(same) == 1:
        return same[0]
    return f"{len(same)} of that name are at {where}, and nobody can tell which is meant" if same else _nowhere(where)


def _nowhere(where: str) -> str:
    return f"it is not at {where}"


def judged(finding: Finding, problems: Iterable[str]) -> Finding:
    """The finding, met where there is no problem, else unmet with all of them."""
    told = [problem for problem in problems if problem]
    return replace(finding, answer=Answer.UNMET if told else Answer.MET, problem="; ".join(told))


def counted(found: int, wanted: int) -> Answer:
    """Met where all that is wanted was found, partly where some was."""
    if found >= wanted:
        return Answer.MET
    return Answer.PARTLY if found else Answer.UNMET


def where_seen(finding: Finding, site: SeenSite, *parts: str) -> Finding:
    """The finding, where these parts of the site were seen; else that nobody knows, why, and where to look."""
    hidden = next((part for part in parts if part in site.unseen), None)
    if hidden is None:
        return finding
    asked, look = f"{ASKED_OF[hidden]} of {site.site}", f"Look at {ASKED_OF[hidden]} of {site.site}, and ask again."
    if not site.reachable:
        asked, look = site.site, f"Look at Keystone of {site.site}, then at its other services, and ask again."
    problem = f"{asked} could not be asked: {site.unseen[hidden]}"
    return replace(finding, answer=Answer.UNKNOWN, problem=problem, remedy=look)


def incomparable(sites: Sites, blank: Finding, part: str) -> Finding:
    """The sites could not be laid side by side, for at one of them the part could not be seen."""
    finding = replace(blank, subject=f"{blank.area} of both sites", weight=Weight.WARNING, alone=False)
    return where_seen(where_seen(finding, sites.datacentre, part), sites.recovery, part)
