"""How clients reach a service: a load balancer before its members, an address, and a name in the site's zone."""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, collapse_addresses

import pulumi
from pulumi_openstack import dns, loadbalancer, networking

from infra.flows import WORLD

RECORD_TTL_S = 60
"""Low, so that residents follow within a minute when a service moves to the other site."""

_MONITOR_DELAY_S = 5
_MONITOR_TIMEOUT_S = 3
_MONITOR_RETRIES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class EntranceArgs:
    """`clients` are the ranges that may connect; where the whole world is one of them, an uplink address is given."""

    port: int
    vip: IPv4Address
    members: tuple[tuple[str, IPv4Address], ...]
    clients: tuple[IPv4Network, ...]
    fqdn: str
    tags: tuple[str, ...]
    subnet: pulumi.Input[str]
    uplink: pulumi.Input[str]
    zone: pulumi.Input[str]


class Entrance(pulumi.ComponentResource):
    """TCP on one port to every member that answers, under one name."""

    def __init__(self, name: str, args: EntranceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("asty:infra:Entrance", name, None, opts)
        if not args.clients:
            raise ValueError(f"{name}: a listener without clients would let everybody in")
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        balancer = loadbalancer.LoadBalancer(
            name,
            name=name,
            vip_subnet_id=args.subnet,
            vip_address=str(args.vip),
            tags=list(args.tags),
            opts=self._child,
        )
        self._members(self._pool(balancer))
        self._record(balancer)
        self.register_outputs({})

    def _pool(self, balancer: loadbalancer.LoadBalancer) -> loadbalancer.Pool:
        listener = loadbalancer.Listener(
            self._name,
            name=self._name,
            loadbalancer_id=balancer.id,
            protocol="TCP",
            protocol_port=self._args.port,
            allowed_cidrs=[str(cidr) for cidr in sorted(collapse_addresses(self._args.clients))],
            opts=self._child,
        )
        return loadbalancer.Pool(
            self._name,
            name=self._name,
            listener_id=listener.id,
            protocol="TCP",
            lb_method="LEAST_CONNECTIONS",
            opts=self._child,
        )

    def _members(self, pool: loadbalancer.Pool) -> None:
        loadbalancer.Monitor(
            self._name,
            name=self._name,
            pool_id=pool.id,
            type="TCP",
            delay=_MONITOR_DELAY_S,
            timeout=_MONITOR_TIMEOUT_S,
            max_retries=_MONITOR_RETRIES,
            opts=self._child,
        )
        for member, address in self._args.members:
            loadbalancer.Member(
                member,
                name=member,
                pool_id=pool.id,
                address=str(address),
                protocol_port=self._args.port,
                subnet_id=self._args.subnet,
                opts=self._child,
            )

    def _record(self, balancer: loadbalancer.LoadBalancer) -> None:
        dns.RecordSet(
            self._name,
            zone_id=self._args.zone,
            name=self._args.fqdn,
            type="A",
            ttl=RECORD_TTL_S,
            records=[self._address(balancer)],
            opts=self._child,
        )

    def _address(self, balancer: loadbalancer.LoadBalancer) -> pulumi.Output[str]:
        if WORLD not in self._args.clients:
            return balancer.vip_address
        floating = networking.FloatingIp(
            self._name,
            pool=self._args.uplink,
            port_id=balancer.vip_port_id,
            description=f"Clients of {self._name}",
            tags=list(self._args.tags),
            opts=self._child,
        )
        return floating.address
