"""The city's names at a site as drills change them in Designate."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from openstack.connection import Connection
from openstack.dns.v2.recordset import Recordset
from openstack.dns.v2.zone import Zone

from asty.cloud_asked import asked
from city.errors import Failed
from drs.hands.cloud import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class DesignateNames:
    """`connect` opens the cloud of the site. `zones` are those that were found, by name: a zone stays what it is."""

    site: str
    connect: Callable[[], Connection]
    zones: dict[str, Zone] = field(default_factory=dict)

    def record(self, fqdn: str) -> Record | None:
        with asked(self.site, self.connect) as cloud:
            for zone, found in self._found(cloud, fqdn):
                return Record(addresses=tuple(found.records), ttl_s=found.ttl or zone.ttl)
        return None

    def lead(self, fqdn: str, record: Record) -> None:
        with asked(self.site, self.connect) as cloud:
            for zone, found in self._found(cloud, fqdn):
                new = {"records": list(record.addresses), "ttl": record.ttl_s}
                cloud.dns.update_recordset(found, zone_id=zone.id, **new)
                return
        raise Failed(fqdn, f"the DNS of {self.site} does not have it", "`asty apply` makes what is declared.")

    def _found(self, cloud: Connection, fqdn: str) -> Iterator[tuple[Zone, Recordset]]:
        name = zone_of(fqdn)
        if name not in self.zones and (told := next(iter(cloud.dns.zones(name=name)), None)):
            self.zones[name] = told
        if zone := self.zones.get(name):
            for found in cloud.dns.recordsets(zone, name=fqdn, type="A"):
                yield zone, found


def zone_of(fqdn: str) -> str:
    """The zone in which a city's services are: whatever follows the first label."""
    return fqdn.partition(".")[2]
