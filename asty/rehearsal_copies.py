"""Isolated copies of databases at the recovery site, by openstacksdk: what a rehearsal acts with."""

import json
import time
from base64 import b64encode
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import resources
from typing import Any

from openstack.compute.v2.server import Server
from openstack.connection import Connection
from openstack.exceptions import NotFoundException

from asty.cloud_asked import asked
from asty.rehearsal_marks import KINDS, NAME, Mark, Thing
from city.errors import Failed
from city.model.city import City
from drs import reading
from drs.hands.copies import Copy
from drs.observed import SeenQuota
from drs.postgres.rows import ROWS, Rows
from drs.rehearsal.told import Told, told_on
from infra.hosts.of_cloud import exactly

RANGE, ADDRESS = "198.18.0.0/28", "198.18.0.5"
"""Of every copy, in a network of its own each: for tests in networks that are joined to no other (RFC 2544)."""
_WITHIN_S = 120.0
_LOOKS_EVERY_S = 0.2
_PATIENCE_S = 120
_PROGRAM = "/opt/rehearsal.py"
_ROWS, _MOST_TABLES = "rows:", 100
"""The key under which a copy's volume notes the rows of a table; block storage takes 128 of them as a rule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenStackCopies:
    """`connect` opens the cloud of the site; `database` names the server with a service's database."""

    city: City
    site: str
    drill: str
    connect: Callable[[], Connection]
    database: Callable[[str], str]

    @property
    def begun(self) -> datetime:
        """As the drill's name says; now, where there is no drill yet."""
        if not self.drill:
            return datetime.now(UTC)
        return datetime.strptime(self.drill.partition("-")[0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)

    @property
    def _mark(self) -> Mark:
        return Mark(city=self.city.id, drill=self.drill)

    def lacking(self, service: str) -> str:
        with self._said() as cloud:
            source = self._source(cloud, service)
            flavour = _flavour(cloud, source)
            volume_gb = self._volume(cloud, source).size
            need = {
                "servers": 1,
                "cores": flavour.vcpus,
                "ram_mb": flavour.ram,
                "volumes": 1,
                "volume_gb": 2 * volume_gb,  # a snapshot counts as much as the volume
                "ports": 1,
            }
            return short(need, tuple(reading.quotas(cloud)), self.site)

    def standing(self, service: str) -> Copy:
        with self._said() as cloud:
            found = self._things(cloud, service)
            own = {thing.kind: thing.made for thing in found if thing.drill == self.drill}
            network, volume, server = own.get("network"), own.get("volume"), own.get("server")
            rows = _noted(volume.metadata) if volume is not None else {}
            return Copy(
                network=bool(network and network.subnet_ids),
                open_to=_open(cloud, network) if network else "",
                data=bool(volume and volume.status in {"available", "in-use"} and "counted" in (volume.metadata or {})),
                rows=rows,
                server=bool(server and server.status == "ACTIVE" and _has(server, volume)),
                left=tuple(map(str, found)),
            )

    def isolate(self, service: str) -> None:
        with self._said() as cloud:
            if any(thing.drill != self.drill for thing in self._things(cloud, service)):
                self._remove(cloud, service)
            name, told = NAME.format(service), self._mark.description(service)
            network = self._own(cloud, service, "network") or cloud.network.create_network(
                name=name, description=told, is_admin_state_up=True
            )
            if not network.subnet_ids:
                cloud.network.create_subnet(
                    name=name,
                    description=told,
                    network_id=network.id,
                    cidr=RANGE,
                    ip_version=4,
                    gateway_ip=None,
                    enable_dhcp=False,
                )

    def take(self, service: str, count: Callable[[], Rows]) -> None:
        """What a killed one left half made is removed first: nobody knows as of when it is."""
        with self._said() as cloud:
            self._remove(cloud, service, "server", "volume", "snapshot")
            source, name = self._volume(cloud, self._source(cloud, service)), f"{NAME.format(service)}-data"
            before, worn = count(), self._mark.metadata(service)
            snapshot = cloud.block_storage.create_snapshot(
                volume_id=source.id, name=name, is_forced=True, metadata=worn
            )
            _await(lambda: cloud.block_storage.get_snapshot(snapshot.id), "available", name)
            noted = {f"{_ROWS}{table}": f"{before.get(table, 0)} {n}" for table, n in sorted(count().items())}
            volume = cloud.block_storage.create_volume(
                name=name,
                size=source.size,
                snapshot_id=snapshot.id,
                availability_zone=source.availability_zone,
                metadata={**worn, **dict(list(noted.items())[:_MOST_TABLES]), "counted": str(len(noted))},
            )
            _await(lambda: cloud.block_storage.get_volume(volume.id), "available", name)

    def start(self, service: str) -> None:
        with self._said() as cloud:
            network, volume = self._own(cloud, service, "network"), self._own(cloud, service, "volume")
            server = self._own(cloud, service, "server")
            if server is not None and server.status == "ERROR":
                self._remove(cloud, service, "server", "port")
                server = None
            server = server or self._server(cloud, service, self._port(cloud, service, network))
            _await(lambda: cloud.compute.get_server(server.id), "ACTIVE", server.name)
            if not _has(cloud.compute.get_server(server.id), volume):
                cloud.compute.create_volume_attachment(server, volume_id=volume.id)
            _await(lambda: cloud.block_storage.get_volume(volume.id), "in-use", volume.name)

    def told(self, service: str) -> Told | None:
        with self._said() as cloud:
            server = self._own(cloud, service, "server")
            if server is None:
                return None
            console = cloud.compute.get_server_console_output(server)
            return told_on(str(console.get("output") or ""), self._token(service))

    def remove(self, service: str) -> None:
        with self._said() as cloud:
            self._remove(cloud, service)

    def stop(self, service: str) -> None:
        with self._said() as cloud:
            self._remove(cloud, service, "server", "port")

    def forget(self, service: str) -> None:
        with self._said() as cloud:
            self._remove(cloud, service, "server", "volume", "snapshot")

    def left(self) -> tuple[Thing, ...]:
        """What stands of any rehearsal of the city."""
        with self._said() as cloud:
            return tuple(self._mark.every(cloud))

    def _port(self, cloud: Connection, service: str, network: Any) -> Any:  # noqa: ANN401 - the SDK's
        """Nothing passes it: it has no security group."""
        return self._own(cloud, service, "port") or cloud.network.create_port(
            name=NAME.format(service),
            description=self._mark.description(service),
            network_id=network.id,
            fixed_ips=[{"subnet_id": network.subnet_ids[0], "ip_address": ADDRESS}],
            security_group_ids=[],
            is_port_security_enabled=True,
            is_admin_state_up=True,
        )

    def _server(self, cloud: Connection, service: str, port: Any) -> Server:  # noqa: ANN401 - as above
        """As the host of the database is, and the service's application besides; under another name."""
        source, declared = self._source(cloud, service), self.city.service(service)
        if declared.workload is None:
            raise Failed(service, "it has no workload", "Declare one.")
        name = NAME.format(service)
        told = {
            **self._mark.metadata(service),
            "service": name,
            "site": self.site,
            "port": str(declared.workload.port),
            "fqdn": f"rehearsal-{declared.workload.dns_name}.{self.city.dns_zone}".rstrip("."),
            "roles": "application,database",
            "database": declared.database,
            "database_hosts": ADDRESS,
        }
        server: Server = cloud.compute.create_server(
            name=name,
            flavor_id=_flavour(cloud, source).id,
            image_id=source.image.id,
            key_name=source.key_name,
            availability_zone=source.availability_zone,
            networks=[{"port": port.id}],
            config_drive=True,
            metadata=told,
            user_data=b64encode(user_data(self._token(service)).encode()).decode("ascii"),
        )
        return server

    def _token(self, service: str) -> str:
        return f"{self.drill}-{service}"

    def _source(self, cloud: Connection, service: str) -> Server:
        wanted = self.database(service)
        for server in cloud.compute.servers(name=exactly(wanted)):
            return server
        problem = f"no copy of its database is at {self.site}: there is no server {wanted}"
        raise Failed(service, problem, "Declare more than `recovery: cold`; then its data stream there.")

    def _volume(self, cloud: Connection, source: Server) -> Any:  # noqa: ANN401 - as above
        for attached in source.attached_volumes or ():
            volume = cloud.block_storage.get_volume(attached.id)
            if volume.name == f"{source.name}-data":
                return volume
        raise Failed(source.name, f"no volume {source.name}-data is attached to it", "Look at its volumes.")

    def _things(self, cloud: Connection, service: str, kinds: Collection[str] = KINDS) -> list[Thing]:
        return [thing for thing in self._mark.every(cloud, kinds) if thing.service == service]

    def _own(self, cloud: Connection, service: str, kind: str) -> Any:  # noqa: ANN401 - as above
        """The one of this drill."""
        of_it = (thing.made for thing in self._things(cloud, service, {kind}) if thing.drill == self.drill)
        return next(of_it, None)

    def _remove(self, cloud: Connection, service: str, *kinds: str) -> None:
        """Of these kinds, else all; in their order, each until it is gone."""
        for thing in self._things(cloud, service, kinds or KINDS):
            _gone(cloud, thing)

    def _said(self) -> AbstractContextManager[Connection]:
        return asked(self.site, self.connect)


def user_data(token: str) -> str:
    """A cloud-config that runs the program of a copy."""
    program = resources.files("drs.rehearsal").joinpath("inside.py").read_text(encoding="utf-8")
    asked = json.dumps({"token": token, "count": ROWS, "patience_s": _PATIENCE_S})
    config = {
        "write_files": [{"path": _PROGRAM, "content": program, "permissions": "0600"}],
        "runcmd": [["/usr/bin/python3", _PROGRAM, asked]],
    }
    return "#cloud-config\n" + json.dumps(config)


def short(need: dict[str, int], quotas: tuple[SeenQuota, ...], site: str) -> str:
    """Which quotas leave too little for that, or nothing. A quota that is not named allows nothing: nobody knows."""
    free = {one.resource: one.free for one in quotas}
    told = (
        f"{count} more of {resource} are needed at {site} for a copy, {free.get(resource, 0):.0f} are free"
        for resource, count in need.items()
        if free.get(resource, 0) < count
    )
    return "; ".join(told)


def _flavour(cloud: Connection, server: Server) -> Any:  # noqa: ANN401 - the SDK's
    wanted = {server.flavor.original_name, server.flavor.id} - {None}
    return next(one for one in cloud.compute.flavors() if one.name in wanted or one.id in wanted)


def _open(cloud: Connection, network: Any) -> str:  # noqa: ANN401 - the SDK's
    """By what somebody in that network could reach anybody."""
    if network.is_router_external or network.is_shared:
        return "others share it"
    for port in cloud.network.ports(network_id=network.id):
        if "rehearsal=" not in (port.description or ""):
            return f"a port of {port.device_owner or 'somebody'} is in it"
        if port.security_group_ids or not port.is_port_security_enabled or port.allowed_address_pairs:
            return f"port {port.name} lets something pass"
    return ""


def _has(server: Any, volume: Any) -> bool:  # noqa: ANN401 - the SDK's
    return volume is not None and volume.id in {one.id for one in server.attached_volumes or ()}


def _noted(metadata: dict[str, str] | None) -> dict[str, tuple[int, int]]:
    found = {}
    for key, value in (metadata or {}).items():
        if key.startswith(_ROWS):
            before, _, after = value.partition(" ")
            found[key.removeprefix(_ROWS)] = (int(before), int(after))
    return found


def _await(look: Callable[[], Any], wanted: str, what: str) -> None:
    until = time.monotonic() + _WITHIN_S
    while (status := look().status) != wanted:
        if status.lower().startswith("error") or time.monotonic() > until:
            raise Failed(what, f"its cloud says {status}, where {wanted} is waited for", "Look at it in its cloud.")
        time.sleep(_LOOKS_EVERY_S)


def _gone(cloud: Connection, thing: Thing) -> None:
    """Delete it, and wait until its cloud does not know it any more."""
    compute, storage, network, identity = cloud.compute, cloud.block_storage, cloud.network, thing.made.id
    delete, look = {
        "server": (compute.delete_server, compute.get_server),
        "volume": (storage.delete_volume, storage.get_volume),
        "snapshot": (storage.delete_snapshot, storage.get_snapshot),
        "port": (network.delete_port, network.get_port),
        "network": (network.delete_network, network.get_network),
    }[thing.kind]
    if thing.kind == "volume":
        _freed(cloud, identity, time.monotonic() + _WITHIN_S)
    delete(identity, ignore_missing=True)
    until = time.monotonic() + _WITHIN_S
    try:
        while time.monotonic() < until:
            look(identity)
            time.sleep(_LOOKS_EVERY_S)
    except NotFoundException:
        return
    raise Failed(str(thing), f"its cloud still has it after {_WITHIN_S:g} s", "Look at it in its cloud.")


def _freed(cloud: Connection, volume: str, until: float) -> None:
    """The server that had it is gone; block storage hears of that a little later."""
    try:
        while cloud.block_storage.get_volume(volume).status in {"in-use", "detaching"} and time.monotonic() < until:
            time.sleep(_LOOKS_EVERY_S)
    except NotFoundException:
        return
