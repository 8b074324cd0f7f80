"""What a drill is for, and from which site to which services move in it."""

from enum import StrEnum

from city.model.places import SiteRole


class Mode(StrEnum):
    REHEARSE = "rehearse"  # a copy at the recovery site; production goes on and notices nothing
    SWITCHOVER = "switchover"  # planned, with both sites up
    FAILOVER = "failover"  # the data centre is gone
    FAILBACK = "failback"  # the way home, with both sites up again

    @property
    def real(self) -> bool:
        """Whether residents are served from somewhere else afterwards."""
        return self is not Mode.REHEARSE

    @property
    def here(self) -> SiteRole:
        """The site at which services run in the end."""
        return SiteRole.DATACENTRE if self is Mode.FAILBACK else SiteRole.RECOVERY

    @property
    def there(self) -> SiteRole:
        """The site which they leave."""
        return SiteRole.RECOVERY if self is Mode.FAILBACK else SiteRole.DATACENTRE


REAL = frozenset(mode for mode in Mode if mode.real)
EVERY = frozenset(Mode)
