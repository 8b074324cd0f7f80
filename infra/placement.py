"""Which services run where, and in which zones: a pure reading of the city's recovery strategies.

At the data centre every service with a workload runs in full. At the recovery site (NIST SP 800-34, 3.4.2):

  active       in full, as at the data centre
  warm         one instance with its data volume, ready to grow
  pilot-light  one data volume and its address, no instance: the data is there, nothing runs
  cold         nothing: the site's images, flavours and networks are all that waits
"""

import hashlib
from dataclasses import dataclass

from city.model.city import City
from city.model.places import SiteRole
from city.model.services import Recovery, Service, Workload


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A service at a site: `zones[i]` is the availability zone of its member i; idle members are data only."""

    service: Service
    workload: Workload
    zones: tuple[str, ...]
    running: bool

    @property
    def members(self) -> int:
        return len(self.zones)

    @property
    def member_names(self) -> tuple[str, ...]:
        return tuple(f"{self.service.id}-{number + 1}" for number in range(self.members))

    @property
    def volume_names(self) -> tuple[str, ...]:
        """Of its data volumes, one for each member; none where it keeps no data."""
        return tuple(f"{member}-data" for member in self.member_names) if self.workload.volume_gb else ()


def placed(city: City, role: SiteRole) -> tuple[Placed, ...]:
    """What stands at the site of this role, in the city's order of services."""
    zones = city.site_of(role).zones
    found = (_placed(service, role, zones) for service in city.services)
    return tuple(placement for placement in found if placement is not None)


def members(service: Service, role: SiteRole) -> int:
    """How many addresses and data volumes a service has at a site of this role."""
    if service.workload is None:
        return 0
    if role is SiteRole.DATACENTRE or service.recovery is Recovery.ACTIVE:
        return service.workload.instances
    return 0 if service.recovery is Recovery.COLD else min(1, service.workload.instances)


def runs(service: Service, role: SiteRole) -> bool:
    """Whether its members are instances too, not data alone."""
    return role is SiteRole.DATACENTRE or service.recovery in {Recovery.ACTIVE, Recovery.WARM}


def _placed(service: Service, role: SiteRole, zones: tuple[str, ...]) -> Placed | None:
    count = members(service, role)
    if service.workload is None or not count:
        return None
    return Placed(
        service=service, workload=service.workload, zones=_spread(service.id, count, zones), running=runs(service, role)
    )


def _spread(service_id: str, count: int, zones: tuple[str, ...]) -> tuple[str, ...]:
    """Zones in turn, so that any two neighbours differ; where to begin depends on the service alone."""
    start = int.from_bytes(hashlib.sha256(service_id.encode()).digest()[:4])
    return tuple(zones[(start + index) % len(zones)] for index in range(count))
