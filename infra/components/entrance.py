"""How clients reach a service: a load balancer before its members, an address, and a name in the site's zone."""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, collapse_addresses
from typing import Literal

import pulumi
from pulumi_openstack import dns, loadbalancer, networking

from infra.components.staying import staying
from infra.flows import WORLD

RECORD_TTL_S = 60
"""Low, so that residents follow within a minute when a service moves to the other site."""

MONITOR_DELAY_S = 5
MONITOR_TIMEOUT_S = 3
MONITOR_PASSES, MONITOR_FAILURES = 2, 3
"""One that listens again is well sooner than one that does not is ill: a site that is back is not kept waiting."""
DETECTED_S = MONITOR_FAILURES * (MONITOR_DELAY_S + MONITOR_TIMEOUT_S)
"""After so long the load balancer has noticed that a member does not answer any more."""
MEMBER_CONNECTS_MS = 500
"""How long a client waits for a member that is gone: the load balancer tries it four times, then another one."""
MONITOR_TYPES = {"tcp": "TCP", "udp": "UDP-CONNECT"}
"""By Octavia's API reference: UDP-CONNECT sends a datagram and takes an ICMP port unreachable for a failure."""
METHODS = {"tcp": "LEAST_CONNECTIONS", "udp": "ROUND_ROBIN"}
"""A conversation of datagrams has no end that anybody sees: counting those of a member would say nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """One port with its listener; `clients` are the ranges that may connect to it.

    `label` is empty for the port that the service is known by, and tells the others apart.
    """

    port: int
    protocol: Literal["tcp", "udp"]
    clients: tuple[IPv4Network, ...]
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntranceArgs:
    """Where the whole world is a client of one of the `gates`, an uplink address is given.

    That address is protected, for others have written it down; `released` lifts that. Where the service is `led_away`,
    its name leads where a drill let it lead.
    """

    gates: tuple[Gate, ...]
    vip: IPv4Address
    members: tuple[tuple[str, IPv4Address], ...]
    fqdn: str
    tags: tuple[str, ...]
    subnet: pulumi.Input[str]
    uplink: pulumi.Input[str]
    zone: pulumi.Input[str]
    released: bool = False
    led_away: bool = False


class Entrance(pulumi.ComponentResource):
    """Every gate leads to each member that answers, under one name."""

    def __init__(self, name: str, args: EntranceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("asty:infra:Entrance", name, None, opts)
        if not all(gate.clients for gate in args.gates):
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
        for gate in args.gates:
            self._members(gate, self._pool(gate, balancer))
        self._record(balancer)
        self.register_outputs({})

    def _pool(self, gate: Gate, balancer: loadbalancer.LoadBalancer) -> loadbalancer.Pool:
        name = f"{self._name}{gate.label}"
        listener = loadbalancer.Listener(
            name,
            name=name,
            loadbalancer_id=balancer.id,
            protocol=gate.protocol.upper(),
            protocol_port=gate.port,
            allowed_cidrs=sorted(map(str, collapse_addresses(gate.clients))),  # as Octavia orders them
            timeout_member_connect=MEMBER_CONNECTS_MS if gate.protocol == "tcp" else None,
            opts=self._child,
        )
        return loadbalancer.Pool(
            name,
            name=name,
            listener_id=listener.id,
            protocol=gate.protocol.upper(),
            lb_method=METHODS[gate.protocol],
            opts=self._child,
        )

    def _members(self, gate: Gate, pool: loadbalancer.Pool) -> None:
        loadbalancer.Monitor(
            f"{self._name}{gate.label}",
            name=f"{self._name}{gate.label}",
            pool_id=pool.id,
            type=MONITOR_TYPES[gate.protocol],
            delay=MONITOR_DELAY_S,
            timeout=MONITOR_TIMEOUT_S,
            max_retries=MONITOR_PASSES,
            max_retries_down=MONITOR_FAILURES,
            opts=self._child,
        )
        for member, address in self._args.members:
            loadbalancer.Member(
                f"{member}{gate.label}",
                name=f"{member}{gate.label}",
                pool_id=pool.id,
                address=str(address),
                protocol_port=gate.port,
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
            opts=staying(self._child, "records", "ttl") if self._args.led_away else self._child,
        )

    def _address(self, balancer: loadbalancer.LoadBalancer) -> pulumi.Output[str]:
        if not any(WORLD in gate.clients for gate in self._args.gates):
            return balancer.vip_address
        floating = networking.FloatingIp(
            self._name,
            pool=self._args.uplink,
            port_id=balancer.vip_port_id,
            description=f"Clients of {self._name}",
            tags=list(self._args.tags),
            opts=pulumi.ResourceOptions.merge(self._child, pulumi.ResourceOptions(protect=not self._args.released)),
        )
        return floating.address
