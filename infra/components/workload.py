"""One service at one site: addresses, data volumes, instances, load balancer and name."""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network

import pulumi
from pulumi_openstack import blockstorage, compute, networking

from infra.addresses import Block
from infra.components.entrance import Entrance, EntranceArgs, Gate
from infra.flows import Opening, gates, past_the_balancer
from infra.marks import mark
from infra.placement import Placed


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteOutputs:
    """What the site's own stack offers a workload: the ids under which its cloud knows them."""

    network: pulumi.Input[str]
    subnet: pulumi.Input[str]
    flavour: pulumi.Input[str]
    image: pulumi.Input[str]
    key_pair: pulumi.Input[str]
    management_group: pulumi.Input[str]
    uplink: pulumi.Input[str]
    zone: pulumi.Input[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkloadArgs:
    """`balancers` is the range that the load balancer's own addresses come from; `released` lifts the protection
    of its data volumes, `released_address` that of its address.

    `volume_zones` says that block storage has the zones of the instances, so that a disk stands by its server.
    """

    city: str
    site: str
    placed: Placed
    block: Block
    balancers: IPv4Network
    openings: tuple[Opening, ...]
    fqdn: str
    there: SiteOutputs
    released: bool
    released_address: bool
    volume_zones: bool


class Workload(pulumi.ComponentResource):
    """Anti-affine instances on ports of their own behind a load balancer with a name; their data on volumes.

    Every URN begins with the service's id, and every address comes from the service's own block: adding or
    removing a service touches no other's resources. Ports and attachments are resources of their own, so that
    a change of one never replaces the server. Data volumes and the address that the world knows
    are protected until they are released.

    Where a member stands is decided when it is made: another list of zones moves nobody who is there. `zones`
    says where its members are.
    """

    def __init__(self, name: str, args: WorkloadArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("asty:infra:Workload", name, None, opts)
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        service = args.placed.service
        self._metadata = {
            "service": service.id,
            "tier": str(int(service.tier)),
            "owner": service.owner,
            "site": args.site,
            "city": args.city,
            "stack": pulumi.get_stack(),
        }
        self._tags = [f"{key}={value}" for key, value in self._metadata.items()]
        group = self._security_group()
        ports = [self._port(index, group.id) for index in range(args.placed.members)]
        volumes = [self._volume(index, name) for index, name in enumerate(args.placed.volume_names)]
        servers = self._instances(ports, volumes) if args.placed.running else []
        self.zones = [member.availability_zone for member in servers or volumes]
        if args.placed.running:
            self._entrance()
        self.register_outputs({})

    def _member(self, index: int) -> str:
        return self._args.placed.member_names[index]

    def _security_group(self) -> networking.SecGroup:
        group = networking.SecGroup(
            self._name,
            name=self._name,
            description=f"What instances of {self._name} accept ({mark(self._args.city, 'SecGroup', self._name)})",
            tags=self._tags,
            opts=self._child,
        )
        for gate in self._gates():
            for label, source in (("balancer", self._args.balancers), ("block", self._args.block.cidr)):
                told = f"{gate.protocol}-{gate.port}-from-{label}"
                self._rule(group, Opening(label=told, source=source, port=gate.port, protocol=gate.protocol))
        for opening in past_the_balancer(self._args.openings, self._args.placed.workload):
            self._rule(group, opening)
        return group

    def _rule(self, group: networking.SecGroup, opening: Opening) -> None:
        networking.SecGroupRule(
            f"{self._name}-{opening.label}",
            security_group_id=group.id,
            direction="ingress",
            ethertype="IPv4",
            protocol=opening.protocol,
            port_range_min=opening.port,
            port_range_max=opening.port,
            remote_ip_prefix=str(opening.source),
            opts=self._child,
        )

    def _gates(self) -> tuple[Gate, ...]:
        """One for each port that clients of the service reach; the one that it is known by comes first."""
        workload = self._args.placed.workload
        return tuple(
            Gate(
                port=port,
                protocol=protocol,
                clients=(*ranges, self._args.block.cidr),
                label="" if (protocol, port) == ("tcp", workload.port) else f"-{protocol}-{port}",
            )
            for (protocol, port), ranges in gates(self._args.openings, workload).items()
        )

    def _port(self, index: int, group_id: pulumi.Input[str]) -> networking.Port:
        there = self._args.there
        return networking.Port(
            self._member(index),
            name=self._member(index),
            network_id=there.network,
            fixed_ips=[
                networking.PortFixedIpArgs(subnet_id=there.subnet, ip_address=str(self._args.block.member(index)))
            ],
            security_group_ids=[group_id, there.management_group],
            admin_state_up=True,
            port_security_enabled=True,
            description=mark(self._args.city, "Port", self._member(index)),
            tags=self._tags,
            opts=self._child,
        )

    def _volume(self, index: int, name: str) -> blockstorage.Volume:
        """Nothing declared here replaces one: its size, name and metadata change in place, and its zone stays.

        It grows while a server uses it, as it always does: without being asked for that, Cinder would refuse.

        Protection would not be enough: Pulumi lifts it and replaces the volume in one and the same run.
        """
        return blockstorage.Volume(
            name,
            name=name,
            size=self._args.placed.workload.volume_gb,
            enable_online_resize=True,
            availability_zone=self._args.placed.zones[index] if self._args.volume_zones else None,
            metadata=self._metadata,
            opts=self._staying("availabilityZone", protect=not self._args.released),
        )

    def _instances(self, ports: list[networking.Port], volumes: list[blockstorage.Volume]) -> list[compute.Instance]:
        group = compute.ServerGroup(
            self._name, name=self._name, policies=self._policy(), opts=self._staying("policies")
        )
        zones = self._server_zones(volumes)
        servers = [self._instance(index, port, group, zones[index]) for index, port in enumerate(ports)]
        for index, volume in enumerate(volumes):
            compute.VolumeAttach(
                self._args.placed.volume_names[index],
                instance_id=servers[index].id,
                volume_id=volume.id,
                opts=self._child,
            )
        return servers

    def _staying(
        self, *properties: str, protect: bool | None = None, delete_before_replace: bool | None = None
    ) -> pulumi.ResourceOptions:
        """Of a child that is never replaced for these properties: they count when it is made."""
        own = pulumi.ResourceOptions(
            ignore_changes=list(properties), protect=protect, delete_before_replace=delete_before_replace
        )
        return pulumi.ResourceOptions.merge(self._child, own)

    def _server_zones(self, volumes: list[blockstorage.Volume]) -> Sequence[pulumi.Input[str]]:
        """By its disk, where block storage has the zones of servers: a server that was lost comes back to its data."""
        if volumes and self._args.volume_zones:
            return [volume.availability_zone for volume in volumes]
        return self._args.placed.zones

    def _policy(self) -> str:
        """Hard where each member has a zone of its own; else as far apart as the hosts allow."""
        zones = self._args.placed.zones
        return "anti-affinity" if len(set(zones)) == len(zones) else "soft-anti-affinity"

    def _instance(
        self, index: int, port: networking.Port, group: compute.ServerGroup, zone: pulumi.Input[str]
    ) -> compute.Instance:
        """Deleted before it is replaced: its port is its own, and carries one server at a time."""
        there = self._args.there
        return compute.Instance(
            self._member(index),
            name=self._member(index),
            flavor_id=there.flavour,
            image_id=there.image,
            key_pair=there.key_pair,
            availability_zone=zone,
            networks=[compute.InstanceNetworkArgs(port=port.id)],
            scheduler_hints=[compute.InstanceSchedulerHintArgs(group=group.id)],
            metadata={**self._metadata, "port": str(self._args.placed.workload.port)},
            opts=self._staying("availabilityZone", delete_before_replace=True),
        )

    def _entrance(self) -> None:
        args, there = self._args, self._args.there
        Entrance(
            self._name,
            EntranceArgs(
                gates=self._gates(),
                vip=args.block.vip,
                members=tuple((self._member(i), args.block.member(i)) for i in range(args.placed.members)),
                fqdn=args.fqdn,
                tags=tuple(self._tags),
                subnet=there.subnet,
                uplink=there.uplink,
                zone=there.zone,
                released=args.released_address,
            ),
            self._child,
        )
