"""A site's cloud as the steps of a drill act on it, by openstacksdk."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from openstack.compute.v2.server import Server
from openstack.connection import Connection

from asty.cloud_asked import asked
from city.errors import Failed
from drs.hands.cloud import Names, Power, Record
from infra.hosts.of_cloud import exactly

_OFF = "SHUTOFF"
_WITHIN_S = 60.0
_LOOKS_EVERY_S = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenStackCloud:
    """`connect` opens the cloud of the site; `database` names the server with a service's database; the city's names
    there are changed by `names`."""

    site: str
    names: Names
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
        return self.names.record(fqdn)

    def lead(self, fqdn: str, record: Record) -> None:
        self.names.lead(fqdn, record)

    def _servers(self, cloud: Connection, service: str) -> list[Server]:
        return list(cloud.compute.servers(name=exactly(self.database(service))))

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

    def _said(self) -> AbstractContextManager[Connection]:
        return asked(self.site, self.connect)
