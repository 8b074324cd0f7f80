"""A site's cloud as the steps of a drill act on it, by openstacksdk."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from keystoneauth1.exceptions import ClientException
from openstack.compute.v2.server import Server
from openstack.connection import Connection
from openstack.exceptions import SDKException

from city.errors import Failed
from city.silence import why_silent
from drs.hands.cloud import Power, Record

_OFF = "SHUTOFF"
_WITHIN_S = 60.0
_LOOKS_EVERY_S = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenStackCloud:
    """`connect` opens the cloud of the site; `database` names the server with a service's database."""

    site: str
    connect: Callable[[], Connection]
    database: Callable[[str], str]

    def power(self, service: str) -> tuple[Power, ...]:
        with self._said() as cloud:
            return tuple(self._power(cloud, server) for server in self._servers(cloud, service))

    def shut(self, service: str) -> None:
        """The port first: what is cut off cannot answer anybody while it stops."""
        with self._said() as cloud:
            for server in self._servers(cloud, service):
                self._plug(cloud, server, up=False)
                if server.status != _OFF:
                    cloud.compute.stop_server(server)
                self._await(cloud, server, off=True)

    def release(self, service: str) -> None:
        """The power last: what starts finds its network."""
        with self._said() as cloud:
            for server in self._servers(cloud, service):
                self._plug(cloud, server, up=True)
                if server.status == _OFF:
                    cloud.compute.start_server(server)
                self._await(cloud, server, off=False)

    def record(self, fqdn: str) -> Record | None:
        with self._said() as cloud:
            for zone in cloud.dns.zones(name=_zone(fqdn)):
                for found in cloud.dns.recordsets(zone, name=fqdn, type="A"):
                    return Record(addresses=tuple(found.records), ttl_s=found.ttl or zone.ttl)
        return None

    def lead(self, fqdn: str, record: Record) -> None:
        with self._said() as cloud:
            for zone in cloud.dns.zones(name=_zone(fqdn)):
                for found in cloud.dns.recordsets(zone, name=fqdn, type="A"):
                    new = {"records": list(record.addresses), "ttl": record.ttl_s}
                    cloud.dns.update_recordset(found, zone_id=zone.id, **new)
                    return
        raise Failed(fqdn, f"the DNS of {self.site} does not have it", "`asty apply` makes what is declared.")

    def _servers(self, cloud: Connection, service: str) -> list[Server]:
        return [server for server in cloud.compute.servers() if server.name == self.database(service)]

    def _power(self, cloud: Connection, server: Server) -> Power:
        ports = list(cloud.network.ports(device_id=server.id))
        unplugged = all(not port.is_admin_state_up for port in ports)
        return Power(server=server.name, off=server.status == _OFF, unplugged=unplugged)

    def _plug(self, cloud: Connection, server: Server, *, up: bool) -> None:
        for port in cloud.network.ports(device_id=server.id):
            if port.is_admin_state_up != up:
                cloud.network.update_port(port, admin_state_up=up)

    def _await(self, cloud: Connection, server: Server, *, off: bool) -> None:
        until = time.monotonic() + _WITHIN_S
        while (status := cloud.compute.get_server(server.id).status) != (_OFF if off else "ACTIVE"):
            if time.monotonic() > until:
                raise Failed(server.name, f"its cloud says {status} after {_WITHIN_S:g} s", "Look at its console.")
            time.sleep(_LOOKS_EVERY_S)

    @contextmanager
    def _said(self) -> Iterator[Connection]:
        begun = time.monotonic()
        try:
            yield self.connect()
        except (SDKException, ClientException) as error:
            said = why_silent(error, time.monotonic() - begun) or str(error).strip().partition("\n")[0].rstrip(".")
            raise Failed(
                f"the cloud of {self.site}", said, f"Look at Keystone of {self.site}, then at the rest."
            ) from error


def _zone(fqdn: str) -> str:
    """The zone in which a city's services are: whatever follows the first label."""
    return fqdn.partition(".")[2]
