"""Where a step of a drill is taken: for which service, on the way to which site, and with which hands."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from city.errors import Refused
from city.model.places import SiteRole
from city.model.services import Service
from drs.compared import Sites
from drs.hands.cloud import Cloud
from drs.hands.copies import Copies
from drs.hands.files import Files
from drs.hands.ground import Ground
from drs.mode import Mode
from drs.postgres.cluster import Cluster
from drs.postgres.going_back import GoingBack
from drs.postgres.pair import Pair


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """`service` is empty for a step of the whole drill, which is about `services`. `look` shows both sites as they are,
    and `recall` as they were when somebody looked last.

    `point` is the moment to which the drill takes the data back; None: they are as new as there are any.

    In a step's words, `here` is the site at which services run in the end, and `there` the one which they leave.
    """

    mode: Mode
    service: str
    services: frozenset[str]
    look: Callable[[], Sites]
    ground: Ground
    recall: Callable[[], Sites] | None = None
    point: datetime | None = None

    @property
    def sites(self) -> Sites:
        """As readiness asks: of the site at which services run in the end."""
        return self._turned(self.look())

    @property
    def known(self) -> Sites:
        """As `sites`, from the latest look of this drill, however old that is: for what no step of a drill changes, as
        the address of a balancer. Residents wait while both sites are looked at."""
        return self._turned((self.recall or self.look)())

    def _turned(self, sites: Sites) -> Sites:
        return sites.turned if self.mode.here is SiteRole.DATACENTRE else sites

    @property
    def declared(self) -> Service:
        return self.known.city.service(self.service)

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
    def files_here(self) -> Files:
        return self.ground.files(self.mode.here, self.service)

    @property
    def files_there(self) -> Files:
        return self.ground.files(self.mode.there, self.service)

    @property
    def copies(self) -> Copies:
        return self.ground.copies

    @property
    def going_back(self) -> GoingBack:
        """The database here on its way to the moment that was chosen. Raises Refused where none was."""
        if self.point is None:
            raise Refused(self.service, "no moment was named to go back to", "Name one with `--point`.")
        return GoingBack(cluster=self.here, point=self.point)

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
