"""Which services run where, and in which zones: a pure reading of the city's recovery strategies.

At the data centre every service with a workload runs in full. At the recovery site (NIST SP 800-34, 3.4.2):

  active       in full, as at the data centre
  warm         one instance with its data volume, ready to grow
  pilot-light  one data volume and its address, no instance: the data is there, nothing runs
  cold         nothing: the site's images, flavours and networks are all that waits

A service with a database has one host more for it at both sites, whatever else of it stands: its data stream, and their
copies are kept where the data centre is not.
"""

import hashlib
from dataclasses import dataclass

from city.model.city import City
from city.model.places import Site, SiteRole
from city.model.services import Recovery, Service, Workload

DATABASE_ROLE, DATABASE_PORT = "database", 5432
"""What the host of a database is, and where PostgreSQL answers there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A service at a site: `zones[i]` is the availability zone of its member i; idle members are data only.

    `database_zone` is that of the host of its database, empty where it has none.
    """

    service: Service
    workload: Workload
    zones: tuple[str, ...]
    running: bool
    database_zone: str = ""

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

    @property
    def database_host(self) -> str:
        """The name of the host of its database, empty where it has none."""
        return database_host(self.service) if self.database_zone else ""

    @property
    def database_volume(self) -> str:
        return f"{self.database_host}-data" if self.database_zone else ""

    @property
    def database_gb(self) -> int:
        """Of the database's own volume: as much as a member has, and never nothing."""
        return max(self.workload.volume_gb, 1)

    def gigabytes(self, volume: str) -> int:
        """Of one of its volumes, by its name."""
        return self.database_gb if volume == self.database_volume else self.workload.volume_gb

    @property
    def every_server(self) -> tuple[str, ...]:
        """Of its members that run, and of its database."""
        return (*(self.member_names if self.running else ()), *filter(None, [self.database_host]))

    @property
    def every_volume(self) -> tuple[str, ...]:
        return (*self.volume_names, *filter(None, [self.database_volume]))


def database_host(service: Service) -> str:
    """What the host of a service's database is called, where it stands."""
    return f"{service.id}-db"


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


def standing_at(city: City, service: Service) -> tuple[Site, ...]:
    """The sites where anything of the service stands, the data centre first."""
    return tuple(city.site_of(role) for role in (SiteRole.DATACENTRE, SiteRole.RECOVERY) if stands(service, role))


def stands(service: Service, role: SiteRole) -> bool:
    """Whether it has members there, or the host of its database."""
    return bool(members(service, role)) or (service.workload is not None and bool(service.database))


def runs(service: Service, role: SiteRole) -> bool:
    """Whether its members are instances too, not data alone."""
    return role is SiteRole.DATACENTRE or service.recovery in {Recovery.ACTIVE, Recovery.WARM}


def _placed(service: Service, role: SiteRole, zones: tuple[str, ...]) -> Placed | None:
    count = members(service, role)
    if service.workload is None or not stands(service, role):
        return None
    return Placed(
        service=service,
        workload=service.workload,
        zones=_spread(service.id, count, zones),
        running=runs(service, role),
        database_zone=_spread(database_host(service), 1, zones)[0] if service.database else "",
    )


def _spread(service_id: str, count: int, zones: tuple[str, ...]) -> tuple[str, ...]:
    """Zones in turn, so that any two neighbours differ; where to begin depends on the service alone."""
    start = int.from_bytes(hashlib.sha256(service_id.encode()).digest()[:4])
    return tuple(zones[(start + index) % len(zones)] for index in range(count))
