"""In which order a city's clouds change, and how long a member of a service may take to be well again."""

from dataclasses import dataclass
from datetime import timedelta

from city.model.places import SiteRole


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """The two sites never change at the same moment. The recovery site first: its loss no resident feels."""

    first: SiteRole = SiteRole.RECOVERY
    health_within: timedelta = timedelta(minutes=5)
    """Of a member that was rebuilt: until it runs and answers the load balancer's checks."""
