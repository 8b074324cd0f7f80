"""One question about the recovery site with its answer, and the two sites that it is asked of."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from city.model.city import City
from city.model.places import Site, SiteRole
from drs.expected import Standing, in_the_cloud
from drs.observed import ASKED_OF, SeenSite

PLAN = "Run `asty plan` and apply it."


class Answer(StrEnum):
    MET = "met"
    UNMET = "unmet"
    UNKNOWN = "unknown"  # could not be seen; never to be read as met


class Weight(StrEnum):
    BLOCKING = "blocking"  # the service cannot be recovered in time, or at all
    WARNING = "warning"  # it can, but not as it was


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """`services` are those that it concerns. `alone` says that the recovery site suffices to answer it."""

    area: str
    subject: str
    services: frozenset[str]
    answer: Answer
    weight: Weight = Weight.BLOCKING
    alone: bool = True
    problem: str = ""
    remedy: str = PLAN


@dataclass(frozen=True, slots=True, kw_only=True)
class StackEvidence:
    """What was seen when a stack was opened with the recovery site's own state and passphrase."""

    stack: str
    readable: bool
    resources: int
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sites:
    """The two sites as declared and as seen. `standing` is by service; one that is not in it needs nothing there."""

    city: City
    standing: Mapping[str, Standing]
    datacentre: SeenSite
    recovery: SeenSite

    @property
    def here(self) -> Site:
        return self.city.site_of(SiteRole.RECOVERY)

    @property
    def there(self) -> Site:
        return self.city.site_of(SiteRole.DATACENTRE)

    @property
    def services(self) -> frozenset[str]:
        return frozenset(in_the_cloud(self.city))

    def having(self, **wanted: str) -> frozenset[str]:
        """Services whose workload has these values: `flavour="small"`."""
        workloads = {service: workload for service, (_, workload) in in_the_cloud(self.city).items()}
        return frozenset(s for s, w in workloads.items() if all(getattr(w, k) == v for k, v in wanted.items()))


def incomparable(sites: Sites, area: str, part: str) -> Check:
    """The sites could not be laid side by side, for at one of them the part could not be seen."""
    blank = Check(
        area=area,
        subject=f"{area} of both sites",
        services=frozenset(),
        answer=Answer.UNKNOWN,
        weight=Weight.WARNING,
        alone=False,
    )
    return where_seen(where_seen(blank, sites.datacentre, part), sites.recovery, part)


def met(*, yes: bool) -> Answer:
    return Answer.MET if yes else Answer.UNMET


def where_seen(check: Check, site: SeenSite, *parts: str) -> Check:
    """The check, where these parts of the site were seen; else that nobody knows, why, and where to look."""
    hidden = next((part for part in parts if part in site.unseen), None)
    if hidden is None:
        return check
    asked, look = f"{ASKED_OF[hidden]} of {site.site}", f"Look at {ASKED_OF[hidden]} of {site.site}, and ask again."
    if not site.reachable:
        asked, look = site.site, f"Look at Keystone of {site.site}, then at its other services, and ask again."
    problem = f"{asked} could not be asked: {site.unseen[hidden]}"
    return replace(check, answer=Answer.UNKNOWN, problem=problem, remedy=look)
