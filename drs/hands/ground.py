"""All that a step of a drill can act with, by site."""

from typing import Protocol

from city.model.places import SiteRole
from drs.hands.capacity import Capacity
from drs.hands.cloud import Cloud
from drs.hands.copies import Copies
from drs.hands.files import Files
from drs.hands.outside import Outside
from drs.hands.posts import Posts
from drs.postgres.cluster import Cluster


class Ground(Protocol):
    """Everything is reached when it is asked, and not before."""

    def cloud(self, role: SiteRole) -> Cloud: ...

    def cluster(self, role: SiteRole, service: str) -> Cluster:
        """The service's database at that site."""
        ...

    def reaches(self, vantage: SiteRole, role: SiteRole, service: str) -> str:
        """What the database host of the site `vantage` finds at the service's database of the site `role`.

        Empty where a connection was made. Raises Failed where nobody could be asked to try.
        """
        ...

    def kept_at(self) -> str:
        """Where the journal of the drill lies. Raises Failed where its host at the recovery site cannot be reached."""
        ...

    @property
    def outside(self) -> Outside: ...

    def serves(self, service: str) -> str:
        """Ask the service, from where those stand whom it lets in, what its declared probe asks, and say who was
        answered.

        Raises Failed where nobody was answered, NeedsPerson where nobody could ask.
        """
        ...

    def files(self, role: SiteRole, service: str) -> Files:
        """Of the service's servers at that site."""
        ...

    @property
    def capacity(self) -> Capacity:
        """What drills open at the recovery site."""
        ...

    @property
    def posts(self) -> Posts:
        """What drills open there, where that watches or shows the city."""
        ...

    @property
    def copies(self) -> Copies:
        """Those of this drill, where it is a rehearsal."""
        ...
