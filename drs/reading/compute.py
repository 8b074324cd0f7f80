"""What Nova and Glance show."""

from collections.abc import Iterator

from openstack.connection import Connection

from drs.observed import SeenFlavour, SeenImage, SeenKey, SeenServer
from drs.reading.state import unless


def flavours(connection: Connection) -> Iterator[SeenFlavour]:
    for flavour in connection.compute.flavors():
        specs = tuple(sorted((key, str(value)) for key, value in (flavour.extra_specs or {}).items()))
        yield SeenFlavour(
            name=flavour.name, vcpus=flavour.vcpus, ram_mb=flavour.ram, disk_gb=flavour.disk, extra_specs=specs
        )


def images(connection: Connection) -> Iterator[SeenImage]:
    for image in connection.image.images():
        yield SeenImage(
            name=image.name or "",
            active=image.status == "active",
            algorithm=image.hash_algo or "",
            digest=image.hash_value or "",
            sha256=(image.properties or {}).get("asty_sha256", ""),
            disk_format=image.disk_format or "",
            min_disk_gb=image.min_disk or 0,
        )


def keys(connection: Connection) -> Iterator[SeenKey]:
    for key in connection.compute.keypairs():
        yield SeenKey(name=key.name, public_key=" ".join((key.public_key or "").split()[:2]))


def servers(connection: Connection) -> Iterator[SeenServer]:
    flavours: dict[str, str] = {flavour.id: flavour.name for flavour in connection.compute.flavors()}
    for server in connection.compute.servers():
        yield SeenServer(
            name=server.name,
            service=(server.metadata or {}).get("service", ""),
            ready=server.status == "ACTIVE",
            id=server.id,
            flavour=server.flavor.original_name or flavours.get(server.flavor.id, ""),
            trouble=unless(server.status, "ACTIVE"),
        )
