"""What drills open of services at the recovery site, by openstacksdk.

It is made as Pulumi would make it, and not kept in a stack's state: each thing carries the drill in its metadata, tags
or description. So a plan leaves it alone and tells of it, and a failback takes it away.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from openstack.connection import Connection

from asty.cloud_asked import asked
from asty.declared_sites import member_name, volume_name
from city.errors import Failed
from city.model.city import City
from city.model.places import SiteRole
from city.model.services import Recovery, Workload
from drs.expected import Entrance, Listener, Member, Standing
from infra import files
from infra.blocks import block_of, home
from infra.components.entrance import (
    MEMBER_CONNECTS_MS,
    METHODS,
    MONITOR_DELAY_S,
    MONITOR_FAILURES,
    MONITOR_PASSES,
    MONITOR_TIMEOUT_S,
    MONITOR_TYPES,
    RECORD_TTL_S,
)
from infra.hosts.of_cloud import exactly
from infra.placement import standing_at

_WITHIN_S = 180.0
_LOOKS_EVERY_S = 0.3
_GONE_EVERY_S = 5.0
"""To look whether something is gone takes eight requests, and many services are closed at once."""
_MARK = "opened_by"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenStackCapacity:
    """`connect` opens the cloud of the recovery site; `drill` opens, whichever drill closes.

    Who asks for a balancer, or for its end, holds `turn`: Octavia locks the project's quota for as long as a request
    for one takes, and ends those that wait too long for it (503, "Project busy").
    """

    city: City
    drill: str
    connect: Callable[[], Connection]
    turn: Lock = field(default_factory=Lock)

    @property
    def _site(self) -> str:
        return self.city.site_of(SiteRole.RECOVERY).id

    def open(self, service: str, wanted: Standing) -> None:
        """Server and balancer start side by side: each takes some time, and neither waits for the other."""
        with self._said() as cloud:
            workload = self._workload(service)
            servers = [self._server(cloud, service, workload, member) for member in wanted.members]
            with self.turn:
                balancer: Any = wanted.entrance and self._balancer(cloud, service, wanted, wanted.entrance)
            for server, member in zip(servers, wanted.members, strict=True):
                self._attached(cloud, server, member)
            if wanted.entrance is not None:
                _await(
                    lambda: cloud.load_balancer.get_load_balancer(balancer.id).provisioning_status, "ACTIVE", service
                )
                self._address(cloud, service, wanted.entrance, balancer)

    def close(self, service: str) -> None:
        """The name first: whoever asks anew is led nowhere, and not to what is about to go."""
        with self._said() as cloud:
            until = time.monotonic() + _WITHIN_S
            asked = set[str]()
            while (left := list(self._things(cloud, service))) and time.monotonic() < until:
                for kind, thing in left:
                    if thing.id not in asked:
                        asked.add(thing.id)
                        with self.turn if kind == "load balancer" else nullcontext():
                            _CLOSE[kind](cloud, thing)
                time.sleep(_GONE_EVERY_S)
            if left:
                problem = f"its {left[0][0]} is still there after {_WITHIN_S:g} s"
                raise Failed(service, problem, f"Look at it in the cloud of {self._site}.")

    def opened(self, service: str) -> tuple[str, ...]:
        with self._said() as cloud:
            return tuple(f"{kind} {thing.name or thing.id}" for kind, thing in self._things(cloud, service))

    def _things(self, cloud: Connection, service: str) -> Iterator[tuple[str, Any]]:
        """All that any drill opened of the service, in the order in which it goes."""
        mark = f"{_MARK}="
        for zone in cloud.dns.zones(name=self.city.dns_zone):
            for record in cloud.dns.recordsets(zone, name=self._fqdn(service), type="A"):
                if mark in (record.description or ""):
                    yield "record", record
        for address in cloud.network.ips():
            if f"{mark}" in (address.description or "") and f"service={service} " in f"{address.description} ":
                yield "floating address", address
        for balancer in cloud.load_balancer.load_balancers(name=service):
            if any(tag.startswith(mark) for tag in balancer.tags or ()):
                yield "load balancer", balancer
        for server in cloud.compute.servers(name=f"^{service}-"):
            told = server.metadata or {}
            if _MARK in told and told.get("service") == service:
                yield "server", server
        yield from self._of_cold(cloud, service)

    def _of_cold(self, cloud: Connection, service: str) -> Iterator[tuple[str, Any]]:
        """What a pilot light has all the time; a volume is not taken away while a server uses it.

        By their names: all ports of a city are some hundreds.
        """
        mark, member = f"{_MARK}=", member_name(service, 1)
        for port in cloud.network.ports(name=member):
            if mark in (port.description or "") and f"service={service} " in f"{port.description} ":
                yield "port", port
        for volume in cloud.block_storage.volumes(name=volume_name(member)):
            told = volume.metadata or {}
            if _MARK in told and told.get("service") == service and not volume.attachments:
                yield "volume", volume

    def _server(self, cloud: Connection, service: str, workload: Workload, member: Member) -> Any:  # noqa: ANN401 - the SDK's
        standing = list(cloud.compute.servers(name=exactly(member.name)))
        if standing:
            return standing[0]
        port = next(cloud.network.ports(name=member.name), None)
        if port is None:
            port = self._port(cloud, service, workload, member)
        volume = self._volume(cloud, member) or self._empty(cloud, service, workload, member)
        return cloud.compute.create_server(
            name=member.name,
            flavor_id=next(one.id for one in cloud.compute.flavors() if one.name == workload.flavour),
            image_id=next(one.id for one in cloud.image.images(name=workload.image)),
            key_name=f"{self.city.id}-operators",
            availability_zone=volume.availability_zone if volume else None,
            networks=[{"port": port.id}],
            metadata=self._told(service, workload),
        )

    def _attached(self, cloud: Connection, server: Any, member: Member) -> None:  # noqa: ANN401 - as above
        _await(lambda: cloud.compute.get_server(server.id).status, "ACTIVE", member.name)
        volume = self._volume(cloud, member)
        if volume and not volume.attachments:
            _await(lambda: cloud.block_storage.get_volume(volume.id).status, "available", member.volume)
            cloud.compute.create_volume_attachment(server, volume_id=volume.id)
            _await(lambda: cloud.block_storage.get_volume(volume.id).status, "in-use", member.volume)

    def _volume(self, cloud: Connection, member: Member) -> Any:  # noqa: ANN401 - as above
        if not member.volume:
            return None
        return next(iter(cloud.block_storage.volumes(name=member.volume)), None)

    def _port(self, cloud: Connection, service: str, workload: Workload, member: Member) -> Any:  # noqa: ANN401 - as above
        """Of a cold service: as a stack makes it. Of any other the stack has one."""
        if self.city.service(service).recovery is not Recovery.COLD:
            raise Failed(member.name, f"its port is not at {self._site}", "Run `asty plan` and apply it.")
        network = home(self.city, self.city.site_of(SiteRole.RECOVERY), workload)
        found = next(cloud.network.networks(name=network.id), None)
        wanted = (service, f"{self._site}-management")
        groups = {one.name: one.id for one in cloud.network.security_groups() if one.name in wanted}
        if found is None or len(groups) < len(wanted):
            lacks = f"network {network.id}" if found is None else "its security groups"
            raise Failed(member.name, f"{lacks} is not at {self._site}", "Run `asty plan` and apply it.")
        return cloud.network.create_port(
            name=member.name,
            description=self._words(service),
            network_id=found.id,
            fixed_ips=[{"subnet_id": found.subnet_ids[0], "ip_address": member.address}],
            security_group_ids=[groups[name] for name in wanted],
            is_port_security_enabled=True,
            is_admin_state_up=True,
        )

    def _empty(self, cloud: Connection, service: str, workload: Workload, member: Member) -> Any:  # noqa: ANN401 - as above
        """Of a cold service: its files come out of the vault."""
        if not member.volume or self.city.service(service).recovery is not Recovery.COLD:
            return None
        told = {"service": service, "city": self.city.id, _MARK: self.drill}
        return cloud.block_storage.create_volume(name=member.volume, size=workload.volume_gb, metadata=told)

    def _words(self, service: str) -> str:
        return f"{_MARK}={self.drill} service={service}"

    def _told(self, service: str, workload: Workload) -> dict[str, str]:
        """What a host reads of itself, as that of a stack does."""
        declared = self.city.service(service)
        told = {
            "service": service,
            "tier": str(int(declared.tier)),
            "owner": declared.owner,
            "site": self._site,
            "city": self.city.id,
            "port": str(workload.port),
            "fqdn": self._fqdn(service).rstrip("."),
            _MARK: self.drill,
        }
        if roles := files.roles(self.city, declared):
            told["roles"] = ",".join(roles)
        told |= files.told(self.city, SiteRole.RECOVERY, declared)
        if declared.database:
            hosts = (block_of(self.city, one, declared).database for one in standing_at(self.city, declared))
            told |= {"database": declared.database, "database_hosts": ",".join(map(str, hosts))}
        return told

    def _balancer(self, cloud: Connection, service: str, wanted: Standing, entrance: Entrance) -> Any:  # noqa: ANN401 - the SDK's
        """Whole in one request (Octavia's "fully populated load balancer"): it takes changes only one by one."""
        subnet = self._subnet(cloud, wanted.members[0])
        return next(cloud.load_balancer.load_balancers(name=service), None) or cloud.load_balancer.create_load_balancer(
            name=service,
            vip_subnet_id=subnet,
            vip_address=entrance.address,
            tags=[f"service={service}", f"city={self.city.id}", f"{_MARK}={self.drill}"],
            listeners=[
                _listener(
                    service if not number else f"{service}-{gate.protocol.lower()}-{gate.port}", gate, wanted, subnet
                )
                for number, gate in enumerate(entrance.listeners)
            ],
        )

    def _subnet(self, cloud: Connection, member: Member) -> str:
        port = next(cloud.network.ports(name=member.name))
        return str(port.fixed_ips[0]["subnet_id"])

    def _address(self, cloud: Connection, service: str, entrance: Entrance, balancer: Any) -> None:  # noqa: ANN401 - the SDK's
        """What the world connects to, and the name that leads there."""
        address, told = entrance.address, self._words(service)
        if entrance.floating:
            router = next(cloud.network.routers(name=self._site))
            uplink = router.external_gateway_info["network_id"]
            floating = next(iter(cloud.network.ips(port_id=balancer.vip_port_id)), None) or cloud.network.create_ip(
                floating_network_id=uplink, port_id=balancer.vip_port_id, description=told
            )
            address = floating.floating_ip_address
        for zone in cloud.dns.zones(name=self.city.dns_zone):
            if not list(cloud.dns.recordsets(zone, name=self._fqdn(service), type="A")):
                cloud.dns.create_recordset(
                    zone, name=self._fqdn(service), type="A", ttl=RECORD_TTL_S, records=[address], description=told
                )

    def _workload(self, service: str) -> Workload:
        workload = self.city.service(service).workload
        if workload is None:
            raise Failed(service, "it is not in the cloud", "Declare its workload.")
        return workload

    def _fqdn(self, service: str) -> str:
        return f"{self._workload(service).dns_name}.{self.city.dns_zone}"

    def _said(self) -> AbstractContextManager[Connection]:
        return asked(self._site, self.connect)


def _listener(name: str, gate: Listener, wanted: Standing, subnet: str) -> dict[str, Any]:
    """As Octavia's API reference calls it, with its pool, the pool's members and who watches them."""
    protocol = gate.protocol.lower()
    monitor = {
        "name": name,
        "type": MONITOR_TYPES[protocol],
        "delay": MONITOR_DELAY_S,
        "timeout": MONITOR_TIMEOUT_S,
        "max_retries": MONITOR_PASSES,
        "max_retries_down": MONITOR_FAILURES,
    }
    members = [
        {"name": one.name, "address": one.address, "protocol_port": gate.port, "subnet_id": subnet}
        for one in wanted.members
    ]
    pool = {
        "name": name,
        "protocol": gate.protocol,
        "lb_algorithm": METHODS[protocol],
        "healthmonitor": monitor,
        "members": members,
    }
    return {
        "name": name,
        "protocol": gate.protocol,
        "protocol_port": gate.port,
        "allowed_cidrs": sorted(map(str, gate.clients)),
        "default_pool": pool,
        **({"timeout_member_connect": MEMBER_CONNECTS_MS} if protocol == "tcp" else {}),
    }


def _unnamed(cloud: Connection, record: Any) -> None:  # noqa: ANN401 - the SDK's
    cloud.dns.delete_recordset(record, record.zone_id)


def _stopped(cloud: Connection, server: Any) -> None:  # noqa: ANN401 - as above
    cloud.compute.delete_server(server)


_CLOSE: dict[str, Callable[[Connection, Any], None]] = {
    "record": _unnamed,
    "floating address": lambda cloud, address: cloud.network.delete_ip(address),
    "load balancer": lambda cloud, balancer: cloud.load_balancer.delete_load_balancer(balancer, cascade=True),
    "server": _stopped,
    "port": lambda cloud, port: cloud.network.delete_port(port),
    "volume": lambda cloud, volume: cloud.block_storage.delete_volume(volume),
}


def _await(look: Callable[[], str], wanted: str, what: str) -> None:
    until = time.monotonic() + _WITHIN_S
    while (status := look()) != wanted:
        if status.upper().startswith("ERROR") or time.monotonic() > until:
            raise Failed(what, f"its cloud says {status}, where {wanted} is waited for", "Look at it in its cloud.")
        time.sleep(_LOOKS_EVERY_S)
