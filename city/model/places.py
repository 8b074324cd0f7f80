"""Where things stand: sites of the ICT estate, and the names they carry in both languages."""

from dataclasses import dataclass
from enum import StrEnum

from city.geography import Point
from city.model.name_updates import NameUpdates


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """What a person reads, in both of the city's languages."""

    el: str
    en: str


class SiteRole(StrEnum):
    DATACENTRE = "datacentre"
    RECOVERY = "recovery"
    DISTRICT = "district"


class Status(StrEnum):
    """How sure the position is: `planned` ones were placed by a method that the city's README states."""

    PLANNED = "planned"
    SURVEYED = "surveyed"
    INSTALLED = "installed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A data centre, its recovery site, or a district whose streets hold the devices.

    `region` is the OpenStack region and `zones` its availability zones; both empty for a district. `name_updates`: None
    where drills change the names of services in Designate.
    """

    id: str
    name: Text
    role: SiteRole
    position: Point
    region: str = ""
    zones: tuple[str, ...] = ()
    status: Status = Status.PLANNED
    name_updates: NameUpdates | None = None


class ServicePointKind(StrEnum):
    LIBRARY = "library"
    CITIZEN_CENTRE = "citizen-centre"
    YOUTH_CENTRE = "youth-centre"
    COMMUNITY_CENTRE = "community-centre"
    MARKET = "market"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServicePoint:
    """One of the city's digital service points, where staff help residents with the digital services."""

    id: str
    name: Text
    kind: ServicePointKind
    site: str
    position: Point
    status: Status
