"""One site's networks: a tier per declared network, a router, the uplink, and who may manage what."""

from dataclasses import dataclass
from ipaddress import IPv4Network

import pulumi
from pulumi_openstack import networking

from city.model.wired import Network
from infra.addresses import gateway, pool
from infra.marks import mark

SSH = 22


@dataclass(frozen=True, slots=True, kw_only=True)
class Created:
    """An uplink that is ours to make, untagged on the provider's physical network; an administrator's work."""

    network: Network
    physical: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Existing:
    """An uplink that the cloud offers, by the name and id under which it does."""

    name: str
    id: pulumi.Input[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteNetworkArgs:
    """`management` are the ranges from which operators may open SSH to the site's instances.

    `released` lifts the protection of networks and router.
    """

    city: str
    site: str
    tiers: tuple[Network, ...]
    uplink: Created | Existing
    management: tuple[IPv4Network, ...]
    released: bool = False


class SiteNetwork(pulumi.ComponentResource):
    """A router with one network and subnet per tier, all reachable through the uplink.

    Adding a tier never touches another's resources: every URN ends in the network's id. Nothing is open:
    what an instance accepts is decided by its service's group and the management group, never by its tier.
    """

    network_ids: dict[str, pulumi.Output[str]]
    subnet_ids: dict[str, pulumi.Output[str]]
    uplink_name: pulumi.Output[str]
    management_group_id: pulumi.Output[str]

    def __init__(self, name: str, args: SiteNetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("asty:infra:SiteNetwork", name, None, opts)
        self._city, self._lasting = args.city, not args.released
        self._tags = [f"site={args.site}", "owner=asty", f"city={args.city}", f"stack={pulumi.get_stack()}"]
        self.network_ids, self.subnet_ids = {}, {}
        router = self._router(name, args.uplink)
        for tier in args.tiers:
            self._tier(tier, router)
        self.management_group_id = self._management_group(name, args.management)
        self.register_outputs({"networks": self.network_ids, "subnets": self.subnet_ids})

    def _child(self, *after: pulumi.Resource) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self, depends_on=list(after))

    def _kept(self, *after: pulumi.Resource) -> pulumi.ResourceOptions:
        """Of what everything at the site is reached by: it is not deleted, and nothing else put in its place."""
        return pulumi.ResourceOptions.merge(self._child(*after), pulumi.ResourceOptions(protect=self._lasting))

    def _router(self, name: str, uplink: Created | Existing) -> networking.Router:
        if isinstance(uplink, Existing):
            self.uplink_name = pulumi.Output.from_input(uplink.name)
            return self._gateway(name, uplink.id)
        segments = [networking.NetworkSegmentArgs(network_type="flat", physical_network=uplink.physical)]
        network, subnet = self._subnet(uplink.network, external=True, segments=segments if uplink.physical else None)
        self.uplink_name = network.name
        return self._gateway(name, network.id, subnet)

    def _gateway(self, name: str, uplink_id: pulumi.Input[str], *after: pulumi.Resource) -> networking.Router:
        return networking.Router(
            name,
            name=name,
            admin_state_up=True,
            external_network_id=uplink_id,
            description=mark(self._city, "Router", name),
            tags=self._tags,
            opts=self._kept(*after),
        )

    def _tier(self, tier: Network, router: networking.Router) -> None:
        network, subnet = self._subnet(tier, external=False)
        networking.RouterInterface(tier.id, router_id=router.id, subnet_id=subnet.id, opts=self._child())
        self.network_ids[tier.id], self.subnet_ids[tier.id] = network.id, subnet.id

    def _subnet(
        self, tier: Network, *, external: bool, segments: list[networking.NetworkSegmentArgs] | None = None
    ) -> tuple[networking.Network, networking.Subnet]:
        """An uplink hands its addresses out, a tier only those of its pool: its blocks are declared."""
        tags = [*self._tags, f"purpose={tier.purpose}"]
        network = networking.Network(
            tier.id,
            name=tier.id,
            admin_state_up=True,
            external=external,
            segments=segments,
            description=mark(self._city, "Network", tier.id),
            tags=tags,
            opts=self._kept(),
        )
        handed_out = pool(tier.cidr)
        subnet = networking.Subnet(
            tier.id,
            name=tier.id,
            network_id=network.id,
            cidr=str(tier.cidr),
            ip_version=4,
            description=mark(self._city, "Subnet", tier.id),
            gateway_ip=str(gateway(tier.cidr)),
            enable_dhcp=not external,
            allocation_pools=[
                networking.SubnetAllocationPoolArgs(
                    start=str(tier.cidr[2] if external else handed_out[0]), end=str(handed_out[-2])
                )
            ],
            tags=tags,
            opts=self._kept(),
        )
        return network, subnet

    def _management_group(self, name: str, ranges: tuple[IPv4Network, ...]) -> pulumi.Output[str]:
        group = networking.SecGroup(
            f"{name}-management",
            name=f"{name}-management",
            description=f"SSH from the management networks ({mark(self._city, 'SecGroup', f'{name}-management')})",
            tags=self._tags,
            opts=self._child(),
        )
        for cidr in ranges:
            networking.SecGroupRule(
                f"{name}-management-ssh-from-{cidr}",
                security_group_id=group.id,
                direction="ingress",
                ethertype="IPv4",
                protocol="tcp",
                port_range_min=SSH,
                port_range_max=SSH,
                remote_ip_prefix=str(cidr),
                opts=self._child(),
            )
        return group.id
