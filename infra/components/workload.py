"""One service at one site: addresses, data volumes, instances, load balancer and name."""

from collections.abc import Sequence

import pulumi
from pulumi_openstack import blockstorage, compute, networking

from infra.components.database import Database
from infra.components.entrance import Entrance, EntranceArgs, Gate
from infra.components.machine import Machine
from infra.components.staying import staying
from infra.components.workload_args import WorkloadArgs
from infra.flows import Opening, gates, past_the_balancer
from infra.marks import mark


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
        self._tags = args.tags
        self._machines = [Machine(member, args, self._child) for member in args.placed.member_names]
        group = self._security_group()
        ports = [one.port(args.block.member(index), [group.id]) for index, one in enumerate(self._machines)]
        volumes = [self._volume(index, name) for index, name in enumerate(args.placed.volume_names)]
        servers = self._instances(ports, volumes) if args.placed.running else []
        self.zones = [member.availability_zone for member in servers or volumes]
        if args.placed.running:
            self._entrance()
        if args.placed.database_host:
            Database(args.placed.database_host, args, self._child)
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

    def _volume(self, index: int, name: str) -> blockstorage.Volume:
        placed = self._args.placed
        return self._machines[index].volume(name, placed.workload.volume_gb, placed.zones[index])

    def _instances(self, ports: list[networking.Port], volumes: list[blockstorage.Volume]) -> list[compute.Instance]:
        opts = staying(self._child, "policies")
        group = compute.ServerGroup(self._name, name=self._name, policies=self._policy(), opts=opts)
        zones, workload = self._server_zones(volumes), self._args.placed.workload
        told = {**self._args.told(self._args.roles, workload.port), **self._args.files}
        servers = [one.server(ports[at], zones[at], told, group) for at, one in enumerate(self._machines)]
        for index, volume in enumerate(volumes):
            self._machines[index].attach(servers[index], volume, self._args.placed.volume_names[index])
        return servers

    def _server_zones(self, volumes: list[blockstorage.Volume]) -> Sequence[pulumi.Input[str]]:
        """By its disk, where block storage has the zones of servers: a server that was lost comes back to its data."""
        if volumes and self._args.volume_zones:
            return [volume.availability_zone for volume in volumes]
        return self._args.placed.zones

    def _policy(self) -> str:
        """Hard where each member has a zone of its own; else as far apart as the hosts allow."""
        zones = self._args.placed.zones
        return "anti-affinity" if len(set(zones)) == len(zones) else "soft-anti-affinity"

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
                led_away=args.led_away,
            ),
            self._child,
        )
