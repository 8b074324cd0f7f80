"""What a server stands on, and the server: each is a resource of its own, so that a change of one never replaces it."""

from ipaddress import IPv4Address

import pulumi
from pulumi_openstack import blockstorage, compute, networking

from infra.components.staying import staying
from infra.components.workload_args import WorkloadArgs
from infra.marks import mark


class Machine:
    """The port, the data volume and the server of one name, as children of a workload."""

    def __init__(self, name: str, args: WorkloadArgs, child: pulumi.ResourceOptions) -> None:
        self._name, self._args, self._child = name, args, child

    def port(self, address: IPv4Address, groups: list[pulumi.Input[str]], *, fenced: bool = False) -> networking.Port:
        """Where it may be `fenced`, it is as a drill left it: nobody plugs it in again but a drill."""
        there = self._args.there
        return networking.Port(
            self._name,
            name=self._name,
            network_id=there.network,
            fixed_ips=[networking.PortFixedIpArgs(subnet_id=there.subnet, ip_address=str(address))],
            security_group_ids=[*groups, there.management_group],
            admin_state_up=True,
            port_security_enabled=True,
            description=mark(self._args.city, "Port", self._name),
            tags=self._args.tags,
            opts=staying(self._child, "adminStateUp") if fenced else self._child,
        )

    def volume(self, name: str, gigabytes: int, zone: str) -> blockstorage.Volume:
        """Nothing declared here replaces one: its size, name and metadata change in place, and its zone stays.

        It grows while a server uses it, as it always does: without being asked for that, Cinder would refuse.

        Protection would not be enough: Pulumi lifts it and replaces the volume in one and the same run.
        """
        return blockstorage.Volume(
            name,
            name=name,
            size=gigabytes,
            enable_online_resize=True,
            availability_zone=zone if self._args.volume_zones else None,
            metadata=self._args.metadata,
            opts=staying(self._child, "availabilityZone", protect=not self._args.released),
        )

    def server(
        self,
        port: networking.Port,
        zone: pulumi.Input[str],
        metadata: dict[str, str],
        group: compute.ServerGroup | None = None,
    ) -> compute.Instance:
        """Deleted before it is replaced: its port is its own, and carries one server at a time."""
        there = self._args.there
        return compute.Instance(
            self._name,
            name=self._name,
            flavor_id=there.flavour,
            image_id=there.image,
            key_pair=there.key_pair,
            availability_zone=zone,
            networks=[compute.InstanceNetworkArgs(port=port.id)],
            scheduler_hints=[compute.InstanceSchedulerHintArgs(group=group.id)] if group else None,
            metadata=metadata,
            opts=staying(self._child, "availabilityZone", delete_before_replace=True),
        )

    def attach(self, server: compute.Instance, volume: blockstorage.Volume, name: str) -> None:
        compute.VolumeAttach(name, instance_id=server.id, volume_id=volume.id, opts=self._child)
