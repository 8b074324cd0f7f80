"""Where a step of a drill is taken: for which service, on the way to which site, and with which hands."""

from collections.abc import Callable
from dataclasses import dataclass

from city.model.places import SiteRole
from city.model.services import Service
from drs.compared import Sites
from drs.hands.cloud import Cloud
from drs.hands.ground import Ground
from drs.mode import Mode
from drs.postgres.cluster import Cluster
from drs.postgres.pair import Pair


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """`service` is empty for a step of the whole drill, which is about `services`. `look` shows both sites as they are.

    In a step's words, `here` is the site at which services run in the end, and `there` the one which they leave.
    """

    mode: Mode
    service: str
    services: frozenset[str]
    look: Callable[[], Sites]
    ground: Ground

    @property
    def sites(self) -> Sites:
        """As readiness asks: of the site at which services run in the end."""
        sites = self.look()
        return sites.turned if self.mode.here is SiteRole.DATACENTRE else sites

    @property
    def declared(self) -> Service:
        return self.look().city.service(self.service)

    @property
    def here(self) -> Cluster:
        return self.ground.cluster(self.mode.here, self.service)

    @property
    def there(self) -> Cluster:
        return self.ground.cluster(self.mode.there, self.service)

    @property
    def cloud_here(self) -> Cloud:
        return self.ground.cloud(self.mode.here)

    @property
    def cloud_there(self) -> Cloud:
        return self.ground.cloud(self.mode.there)

    @property
    def leaving(self) -> Pair:
        """The database as it is before: it is led there. Its slot there has the name of this side."""
        return Pair(leader=self.there, follower=self.here, slot=self.mode.there.value)

    @property
    def arriving(self) -> Pair:
        """The database as it is afterwards: it is led here, and followed there."""
        return Pair(leader=self.here, follower=self.there, slot=self.mode.there.value)

    @property
    def returning(self) -> Pair:
        """Still led there, and followed here again."""
        return Pair(leader=self.there, follower=self.here, slot=self.mode.here.value)
