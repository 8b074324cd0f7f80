"""A whole city, or every error."""

from collections.abc import Callable
from pathlib import Path

from city.errors import InvalidInput
from city.kept import fingerprint_of
from city.load.declared import Declared, read
from city.load.defects import Defects
from city.load.rules import check
from city.model.city import City

Rule = Callable[[Declared, Defects], None]
"""What must hold besides: it reports each defect through the record that knows the line."""


def load(folder: Path, *rules: Rule, images: bool = True) -> City:
    """The city declared in `folder`, which holds to our own rules and to those given. Without `images` it is a copy of
    the data that has none of the images' files.

    Raises InvalidCity with every defect found, each with file, line and remedy; InvalidInput where
    there is no such folder. docs/city-data.md describes the files.
    """
    if not folder.is_dir():
        raise InvalidInput(str(folder), "there is no such folder", "Name a folder of cities/, as cities/example.")
    defects = Defects()
    declared = read(folder, defects, images=images)
    for rule in (check, *rules):
        rule(declared, defects)
    defects.raise_if_any()
    return _city(declared, fingerprint_of(folder))


def _city(declared: Declared, found: str) -> City:
    ground, general = declared.ground, declared.ground.general
    if ground.boundary is None:
        raise AssertionError("a boundary that cannot be read is a defect")
    return City(
        id=general.id,
        name=general.name,
        sources_in=general.sources_in,
        folder=ground.folder,
        fingerprint=found,
        time_zone=general.time_zone,
        dns_zone=general.dns_zone,
        ntp_servers=general.ntp_servers,
        syslog_server=general.syslog_server,
        boundary=ground.boundary,
        sites=ground.sites.values,
        networks=ground.networks.values,
        platform=declared.platform.value,
        services=declared.services.values,
        ssids=declared.ssids.values,
        switches=declared.switches.values,
        access_points=declared.access_points.values,
        sensors=declared.sensors.values,
        service_points=declared.service_points.values,
        population=general.population,
        retention=general.retention,
        observer=general.observer,
        changes=general.changes,
        probing=general.probing.value,
        promises=general.promises.values,
        drilling=general.drilling.value,
    )
