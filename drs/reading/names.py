"""What Designate shows."""

from collections.abc import Iterator

from openstack.connection import Connection

from drs.observed import SeenRecord, SeenZone
from drs.reading.state import unless


def zones(connection: Connection) -> Iterator[SeenZone]:
    for zone in connection.dns.zones():
        yield SeenZone(name=zone.name, trouble=unless(zone.status, "ACTIVE", "PENDING"))


def records(connection: Connection) -> Iterator[SeenRecord]:
    for zone in connection.dns.zones():
        for record in connection.dns.recordsets(zone):
            yield SeenRecord(
                zone=zone.name,
                name=record.name,
                kind=record.type,
                values=tuple(sorted(record.records)),
                ttl_s=record.ttl,
                trouble=unless(record.status, "ACTIVE", "PENDING"),
            )
