"""What readiness compares: the two sites as declared and as seen, and the stacks that would build from code."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from city.model.city import City
from city.model.places import Site, SiteRole
from drs import vaults
from drs.databases import AskedDatabase, SeenDatabase, fresh
from drs.expected import SiteDeclaration, in_the_cloud
from drs.hosts import AskedHost
from drs.observed import SeenSite, Unseen
from drs.vaults import AskedVault, SeenVault

_OTHER = {SiteRole.RECOVERY: SiteRole.DATACENTRE, SiteRole.DATACENTRE: SiteRole.RECOVERY}


@dataclass(frozen=True, slots=True, kw_only=True)
class StackEvidence:
    """What was seen when a stack was opened with the recovery site's own state and passphrase.

    `images` are the names of those that it brought to its cloud.
    """

    stack: str
    readable: bool
    resources: int
    reason: str = ""
    images: frozenset[str] = frozenset()


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
class AskedSecret:
    """A secret that the city's data name, the services that need it, and why it cannot be read; empty if it can."""

    reference: str
    services: frozenset[str]
    problem: str


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
    vaults: tuple[AskedVault, ...] = ()
    """What each vault said of the copies of files, of those that were asked."""
    provided: frozenset[str] = frozenset()
    """Images that the clouds' provider has, so that no stack brings them: their bytes are the provider's matter."""
    hosts: tuple[AskedHost, ...] = ()
    """What operators found at the hosts into which they tried to log in; none where nobody tried."""
    secrets: tuple[AskedSecret, ...] = ()
    """Those that somebody tried to read."""
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
    def hosts_here(self) -> tuple[AskedHost, ...]:
        """Those of the site that is asked of, as far as it shall have them."""
        standing = self.declared_here.standing
        return tuple(one for one in self.hosts if one.site == self.here.id and one.service in standing)

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

    @property
    def vault_here(self) -> SeenVault | Unseen:
        """What the vault of the site that is asked of said lately."""
        asked = [one.answer for one in self.vaults if one.site == self.here.id]
        return vaults.fresh(asked[0], self.at) if asked else Unseen(reason="nobody asked a vault")

    def having(self, **wanted: str) -> frozenset[str]:
        """Services whose workload has these values: `flavour="small"`."""
        workloads = {service: workload for service, (_, workload) in in_the_cloud(self.city).items()}
        return frozenset(s for s, w in workloads.items() if all(getattr(w, k) == v for k, v in wanted.items()))


def provided(city: City, stacks: Sequence[StackEvidence]) -> frozenset[str]:
    """The declared images that no stack brought, where all of them could be opened, and one has brought anything."""
    if not all(one.readable for one in stacks) or not any(one.resources for one in stacks):
        return frozenset()
    return frozenset(image.id for image in city.platform.images) - {name for one in stacks for name in one.images}
