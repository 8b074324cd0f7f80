"""What readiness compares: the two sites as declared and as seen, and the stacks that would build from code."""

from dataclasses import dataclass, replace
from datetime import datetime

from city.model.city import City
from city.model.places import Site, SiteRole
from drs.databases import AskedDatabase, SeenDatabase, fresh
from drs.expected import SiteDeclaration, in_the_cloud
from drs.observed import SeenSite, Unseen

_OTHER = {SiteRole.RECOVERY: SiteRole.DATACENTRE, SiteRole.DATACENTRE: SiteRole.RECOVERY}


@dataclass(frozen=True, slots=True, kw_only=True)
class StackEvidence:
    """What was seen when a stack was opened with the recovery site's own state and passphrase."""

    stack: str
    readable: bool
    resources: int
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drilled:
    """All steps of a service were proven in a drill, the last of them at `at`; nobody had to answer for one.

    `changed` names what has another value now: fields of the service, or steps.
    """

    service: str
    drill: str
    at: datetime
    changed: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sites:
    """The two sites at the moment `at`; `stacks` are those of the recovery site.

    Readiness asks of the recovery site. Where they are `turned`, what it would ask of that is asked of the data centre.
    """

    city: City
    at: datetime
    stacks: tuple[StackEvidence, ...]
    declared_there: SiteDeclaration
    declared_here: SiteDeclaration
    datacentre: SeenSite
    recovery: SeenSite
    drilled: tuple[Drilled, ...] = ()
    """Of each service the last drill that proved its recovery."""
    databases: tuple[AskedDatabase, ...] = ()
    """What each host of a database said, of those that were asked."""
    asked_of: SiteRole = SiteRole.RECOVERY

    @property
    def here(self) -> Site:
        return self.city.site_of(self.asked_of)

    @property
    def there(self) -> Site:
        return self.city.site_of(_OTHER[self.asked_of])

    @property
    def turned(self) -> "Sites":
        """Each site in the place of the other; nothing is said of the stacks."""
        return replace(
            self,
            stacks=(),
            declared_there=self.declared_here,
            declared_here=self.declared_there,
            datacentre=self.recovery,
            recovery=self.datacentre,
            asked_of=_OTHER[self.asked_of],
        )

    @property
    def services(self) -> frozenset[str]:
        return frozenset(in_the_cloud(self.city))

    @property
    def both(self) -> tuple[tuple[Site, SiteDeclaration, SeenSite], ...]:
        """The recovery site and the data centre, each as declared and as seen."""
        return (
            (self.here, self.declared_here, self.recovery),
            (self.there, self.declared_there, self.datacentre),
        )

    def database(self, site: str, service: str) -> SeenDatabase | Unseen:
        """What the host of the service's database at the site said lately."""
        asked = [one.answer for one in self.databases if (one.site, one.service) == (site, service)]
        return fresh(asked[0], self.at) if asked else Unseen(reason="nobody asked its host")

    def having(self, **wanted: str) -> frozenset[str]:
        """Services whose workload has these values: `flavour="small"`."""
        workloads = {service: workload for service, (_, workload) in in_the_cloud(self.city).items()}
        return frozenset(s for s, w in workloads.items() if all(getattr(w, k) == v for k, v in wanted.items()))
