"""The host of a service's database at one site: its server, its data, and who may reach it."""

import pulumi
from pulumi_openstack import networking

from infra.components.machine import Machine
from infra.components.workload_args import WorkloadArgs
from infra.marks import mark
from infra.placement import DATABASE_PORT, DATABASE_ROLE


class Database(pulumi.ComponentResource):
    """One server with a data volume of its own and no balancer. Nobody but the hosts of its own service, at every site
    where the service stands, opens a connection to it: so its standby follows it, and the service finds either."""

    def __init__(self, name: str, args: WorkloadArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("asty:infra:Database", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        placed, machine = args.placed, Machine(name, args, child)
        port = machine.port(args.block.database, [_group(name, args, child).id], fenced=args.led_away)
        volume = machine.volume(placed.database_volume, placed.database_gb, placed.database_zone)
        zone = volume.availability_zone if args.volume_zones else placed.database_zone
        server = machine.server(port, zone, {**args.told((DATABASE_ROLE,), DATABASE_PORT), **args.kept})
        machine.attach(server, volume, placed.database_volume)
        self.register_outputs({})


def _group(name: str, args: WorkloadArgs, child: pulumi.ResourceOptions) -> networking.SecGroup:
    group = networking.SecGroup(
        name,
        name=name,
        description=f"What the database host {name} accepts ({mark(args.city, 'SecGroup', name)})",
        tags=args.tags,
        opts=child,
    )
    for number, block in enumerate(args.blocks):
        networking.SecGroupRule(
            f"{name}-{number + 1}",
            security_group_id=group.id,
            direction="ingress",
            ethertype="IPv4",
            protocol="tcp",
            port_range_min=DATABASE_PORT,
            port_range_max=DATABASE_PORT,
            remote_ip_prefix=str(block),
            opts=child,
        )
    return group
