"""The ICT estate: sites, networks, what the cloud offers, and the services that run on it."""

from pathlib import Path
from typing import Literal

from city.load.defects import Defects
from city.load.images import read_image
from city.load.keeping import read_backup
from city.load.kinds import (
    CIDR,
    DATABASE_NAME,
    DURATION,
    HOURS,
    PORT,
    PUBLIC_KEY,
    SLUG,
    TEXT,
    choice,
    level,
    one_of,
    whole,
    whole_quantity,
)
from city.load.name_updates import read_name_updates
from city.load.record import Listing, Record, by_id, listing
from city.load.source import read_yaml
from city.model.offer import CloudOffer, Flavour
from city.model.places import Site, SiteRole, Status
from city.model.services import Flow, Recovery, Service, Tier, Workload
from city.model.wired import Network, Purpose

VLAN = whole(1, 4094)


def read_sites(folder: Path, defects: Defects) -> Listing[Site]:
    return by_id(folder / "sites.yaml", _site, defects)


def _site(record: Record) -> Site:
    return Site(
        id=record.name,
        name=record.text("name"),
        role=record.get("role", choice(SiteRole)),
        position=record.point(),
        region=record.get("region", TEXT, default=""),
        zones=record.list("zones", SLUG, once=True),
        status=record.get("status", choice(Status)),
        name_updates=read_name_updates(record.child("name_updates")) if record.has("name_updates") else None,
    )


def read_networks(folder: Path, defects: Defects) -> Listing[Network]:
    return by_id(folder / "networks.yaml", _network, defects)


def _network(record: Record) -> Network:
    return Network(
        id=record.name,
        site=record.get("site", SLUG),
        purpose=record.get("purpose", choice(Purpose)),
        vlan=record.get("vlan", VLAN),
        cidr=record.get("cidr", CIDR),
    )


class FoundPlatform:
    """The platform as read; its flavours and images are referred to by workloads."""

    def __init__(self, folder: Path, defects: Defects, *, images: bool = True) -> None:
        node = read_yaml(folder / "platform.yaml", defects)
        record = Record("platform", node, defects)
        complete = node.content is not None
        self._key = record.get("operators_key", PUBLIC_KEY)
        self.flavours = listing(record.child("flavours").named(), _flavour, complete=complete)
        declared, kept = record.child("images").named(), folder if images else None
        self.images = listing(declared, lambda image: read_image(image, kept), complete=complete)
        record.finish()

    @property
    def value(self) -> CloudOffer:
        return CloudOffer(flavours=self.flavours.values, images=self.images.values, operators_key=self._key)


def _flavour(record: Record) -> Flavour:
    return Flavour(
        id=record.name,
        vcpus=record.get("vcpus", whole(1, 256)),
        ram_mb=record.get("ram", whole_quantity(64, 4_194_304, "MB")),
        disk_gb=record.get("disk", whole_quantity(0, 65_536, "GB")),
    )


def read_services(folder: Path, defects: Defects) -> Listing[Service]:
    return by_id(folder / "services.yaml", _service, defects)


def _service(record: Record) -> Service:
    return Service(
        id=record.name,
        name=record.text("name"),
        tier=record.get("tier", level(Tier)),
        owner=record.get("owner", TEXT),
        hours=record.get("hours", HOURS),
        rto=record.get("rto", DURATION),
        rpo=record.get("rpo", DURATION),
        recovery=record.get("recovery", choice(Recovery)),
        mtd=record.get("mtd", DURATION) if record.has("mtd") else None,
        depends_on=record.list("depends_on", SLUG, once=True),
        workload=_workload(record.child("workload")) if record.has("workload") else None,
        database=record.get("database", DATABASE_NAME) if record.has("database") else "",
        backup=read_backup(record.child("backup")) if record.has("backup") else None,
        probe=record.node("probe") if record.has("probe") else None,
    )


def _workload(record: Record) -> Workload:
    workload = Workload(
        instances=record.get("instances", whole(1, 64)),
        flavour=record.get("flavour", SLUG),
        image=record.get("image", SLUG),
        volume_gb=record.get("volume", whole_quantity(0, 16_384, "GB")),
        port=record.get("port", PORT),
        network=record.get("network", choice(Purpose)).value,
        dns_name=record.get("dns_name", SLUG),
        flows=tuple(_flow(flow) for flow in record.children("flows")),
        roles=record.list("roles", SLUG, once=True),
        slot=record.get("slot", whole(0, 8191)) if record.has("slot") else None,
    )
    record.finish()
    return workload


def _flow(record: Record) -> Flow:
    protocols: tuple[Literal["tcp", "udp"], ...] = ("tcp", "udp")
    named = record.get("protocol", one_of(*protocols), default="tcp")
    flow = Flow(
        source=record.get("source", TEXT),
        port=record.get("port", PORT),
        protocol=next(protocol for protocol in protocols if protocol == named),
    )
    record.finish()
    return flow
