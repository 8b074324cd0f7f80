"""What names something else must name something that is there."""

from city.load.declared import Declared
from city.load.defects import nearest
from city.load.identity import devices
from city.load.record import Listing, Record
from city.model.places import SiteRole
from city.model.services import Recovery, Workload
from city.model.wired import Purpose


class Known:
    """The ids that may be named; anything goes while one of them could not be read."""

    def __init__(self, what: str, listed: Listing[object], ids: set[str]) -> None:
        self._what, self._ids = what, ids
        self._complete = listed.complete

    def check(self, record: Record, key: str, *named: str) -> None:
        if not self._complete or not record.is_good(key):
            return
        for name in named:
            if name not in self._ids:
                problem = f"{key} names the {self._what} {name!r}, which is not there"
                record.defect(key, problem, nearest(name, self._ids))


def check_references(declared: Declared) -> None:
    ground = declared.ground
    sites = Known("site", ground.sites, {site.id for site in ground.sites.values})
    located = (
        *ground.networks.items,
        *devices(declared),
        *declared.sensors.items,
        *declared.service_points.items,
    )
    for found in located:
        sites.check(found.record, "site", found.value.site)
    networks = Known("network", ground.networks, {network.id for network in ground.networks.values})
    for point in ground.general.probing.points.items:
        networks.check(point.record, "network", *filter(None, (point.value.network,)))
    _check_access_points(declared)
    _check_services(declared)
    _check_journal(declared)


def _check_access_points(declared: Declared) -> None:
    switches = Known("switch", declared.switches, {switch.id for switch in declared.switches.values})
    ssids = Known("SSID", declared.ssids, {ssid.id for ssid in declared.ssids.values})
    for found in declared.access_points.items:
        switches.check(found.record, "switch", found.value.switch)
        ssids.check(found.record, "ssids", *found.value.ssids)


def _check_journal(declared: Declared) -> None:
    """The service that keeps the journals of drills has a server that runs at the recovery site."""
    found = declared.ground.general.drilling
    if found.record is None or not found.value.journal:
        return
    ready = (Recovery.ACTIVE, Recovery.WARM)
    run = {one.id for one in declared.services.values if one.workload is not None and one.recovery in ready}
    what = "service with a server that runs at the recovery site"
    Known(what, declared.services, run).check(found.record, "journal", found.value.journal)


def _check_services(declared: Declared) -> None:
    hosts = {service.id for service in declared.services.values if service.workload is not None}
    hosted = Known("service with a workload", declared.services, hosts)
    services = Known("service", declared.services, {service.id for service in declared.services.values})
    for found in declared.services.items:
        services.check(found.record, "depends_on", *found.value.depends_on)
        if found.value.workload is not None:
            _check_workload(declared, hosted, found.value.workload, found.record.child("workload"))


def _check_workload(declared: Declared, hosted: Known, workload: Workload, record: Record) -> None:
    platform = declared.platform
    flavours, images = platform.flavours, platform.images
    Known("flavour", flavours, {flavour.id for flavour in flavours.values}).check(record, "flavour", workload.flavour)
    Known("image", images, {image.id for image in images.values}).check(record, "image", workload.image)
    _check_disk(declared, workload, record)
    _check_tier(declared, workload, record)
    for flow, place in zip(workload.flows, record.children("flows"), strict=True):
        _check_source(hosted, flow.source, place)


def _check_source(hosted: Known, source: str, record: Record) -> None:
    kind, _, name = source.partition(":")
    if not record.is_good("source"):
        return
    if kind == "service" and name:
        hosted.check(record, "source", name)
    elif source != "world" and not (kind == "network" and name in set(Purpose)):
        known = ["world", *(f"network:{purpose}" for purpose in Purpose)]
        record.defect("source", f"nobody is called {source[:60]!r}", f"{nearest(source, known)} Or write service:ID.")


def _check_disk(declared: Declared, workload: Workload, record: Record) -> None:
    disks = {flavour.id: flavour.disk_gb for flavour in declared.platform.flavours.values}
    needs = {image.id: image.min_disk_gb for image in declared.platform.images.values}
    disk, needed = disks.get(workload.flavour), needs.get(workload.image)
    if disk is not None and needed is not None and disk < needed and record.is_good("flavour", "image"):
        problem = f"flavour {workload.flavour} has {disk} GB of disk, image {workload.image} needs {needed} GB"
        record.defect("flavour", problem, "Choose a larger flavour.")


def _check_tier(declared: Declared, workload: Workload, record: Record) -> None:
    ground = declared.ground
    if not (ground.networks.complete and ground.sites.complete and record.is_good("network")):
        return
    there = {(network.site, network.purpose) for network in ground.networks.values}
    for site in ground.sites.values:
        if site.role is not SiteRole.DISTRICT and (site.id, Purpose(workload.network)) not in there:
            problem = f"site {site.id} has no network of purpose {workload.network}"
            record.defect("network", problem, "Add it to networks.yaml, or stand elsewhere.")
