"""Everything that a city's folder declares, as read and before it is known to agree."""

from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from city.geography import Boundary
from city.load.changes import read_changes
from city.load.defects import Defects
from city.load.doubt import read_doubt
from city.load.drilling import FoundDrilling, read_drilling
from city.load.estate import FoundPlatform, read_networks, read_services, read_sites
from city.load.keeping import read_recovery_times
from city.load.kinds import ADDRESS, DNS_ZONE, SLUG, TIME_ZONE, one_of
from city.load.land import Square, read_boundary, read_outlines, read_population, read_squares
from city.load.pledges import read_promises
from city.load.probing import FoundProbing, read_probing
from city.load.record import Listing, Record
from city.load.retention import read_retention
from city.load.source import read_yaml
from city.load.street import read_access_points, read_sensors, read_service_points, read_ssids, read_switches
from city.model.changes import Changes
from city.model.doubt import Doubt
from city.model.places import ServicePoint, Site, Text
from city.model.promises import Promise
from city.model.residents import Population
from city.model.retention import Retention
from city.model.sensors import Sensor
from city.model.services import RecoveryTimes, Service
from city.model.wired import Network, Switch
from city.model.wireless import AccessPoint, Ssid


@dataclass(frozen=True, slots=True, kw_only=True)
class General:
    """city.yaml: what holds for the whole city."""

    id: str
    name: Text
    sources_in: str
    time_zone: ZoneInfo
    dns_zone: str
    ntp_servers: tuple[str, ...]
    syslog_server: str
    outlines: tuple[Boundary, ...]
    """Of the squares of population.csv, in their order; none where their reference system could not be read."""
    population: Population
    promises: Listing[Promise]
    retention: Retention
    observer: Doubt
    changes: Changes
    probing: FoundProbing
    drilling: FoundDrilling
    recovery: RecoveryTimes


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What the devices stand on; enough to draft where they could stand."""

    folder: Path
    general: General
    boundary: Boundary | None
    squares: Listing[Square]
    sites: Listing[Site]
    networks: Listing[Network]


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """A boundary of None could not be read. Values may be blanks where their record says so."""

    ground: Ground
    platform: FoundPlatform
    services: Listing[Service]
    ssids: Listing[Ssid]
    switches: Listing[Switch]
    access_points: Listing[AccessPoint]
    sensors: Listing[Sensor]
    service_points: Listing[ServicePoint]


def read_ground(folder: Path, defects: Defects) -> Ground:
    squares = read_squares(folder, defects)
    return Ground(
        folder=folder,
        general=_general(folder, squares, defects),
        boundary=read_boundary(folder / "boundary.geojson", defects),
        squares=squares,
        sites=read_sites(folder, defects),
        networks=read_networks(folder, defects),
    )


def read(folder: Path, defects: Defects, *, images: bool = True) -> Declared:
    """Every file of the folder, each defect in them collected; `images`: the images' files too."""
    return Declared(
        ground=read_ground(folder, defects),
        platform=FoundPlatform(folder, defects, images=images),
        services=read_services(folder, defects),
        ssids=read_ssids(folder, defects),
        switches=read_switches(folder, defects),
        access_points=read_access_points(folder, defects),
        sensors=read_sensors(folder, defects),
        service_points=read_service_points(folder, defects),
    )


def _general(folder: Path, squares: Listing[Square], defects: Defects) -> General:
    record = Record("city.yaml", read_yaml(folder / "city.yaml", defects), defects)
    outlines = read_outlines(record.child("population"), squares)
    general = General(
        id=record.get("id", SLUG),
        name=record.text("name"),
        sources_in=record.get("sources_in", one_of("el", "en")),
        time_zone=record.get("time_zone", TIME_ZONE),
        dns_zone=record.get("dns_zone", DNS_ZONE),
        ntp_servers=tuple(map(str, record.list("ntp_servers", ADDRESS, required=True, once=True))),
        syslog_server=str(record.get("syslog_server", ADDRESS)),
        outlines=outlines,
        population=read_population(record.child("population"), squares, outlines),
        promises=read_promises(record.child("promises")),
        retention=read_retention(record.child("retention")) if record.has("retention") else Retention(),
        observer=read_doubt(record.child("observer")) if record.has("observer") else Doubt(),
        changes=read_changes(record.child("changes")) if record.has("changes") else Changes(),
        probing=read_probing(record.child("probing")) if record.has("probing") else FoundProbing(),
        recovery=read_recovery_times(record.child("recovery")) if record.has("recovery") else RecoveryTimes(),
        drilling=read_drilling(record.child("drills")) if record.has("drills") else FoundDrilling(),
    )
    record.finish()
    return general
