"""What ought to be, in Neutron's own words: the networks, routers, ports, rules and floating addresses of a region.

Names and meaning are those of Neutron's API reference (Networking API v2.0). All of it is frozen values:
`lab.net.neutron` reads them, `lab.net.layout` computes what they come to on this machine.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Interface, IPv4Network, IPv6Address, IPv6Interface, IPv6Network, ip_interface

Address = IPv4Address | IPv6Address
Interface = IPv4Interface | IPv6Interface
Prefix = IPv4Network | IPv6Network
MTU = 1500


class Direction(StrEnum):
    INGRESS = "ingress"
    EGRESS = "egress"


class Ethertype(StrEnum):
    IPV4 = "IPv4"
    IPV6 = "IPv6"


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityGroupRule:
    """What may be begun. `protocol` is a name or a number; None means any, as no port range and no remote do."""

    direction: Direction
    ethertype: Ethertype = Ethertype.IPV4
    protocol: str | None = None
    port_range_min: int | None = None
    """The first port; for ICMP its type."""
    port_range_max: int | None = None
    """The last port; for ICMP its code."""
    remote_ip_prefix: Prefix | None = None
    remote_group_id: str | None = None
    remote_addresses: tuple[Prefix, ...] | None = None
    """Those of the rule's remote address group; None where it names none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityGroup:
    id: str
    rules: tuple[SecurityGroupRule, ...] = ()
    stateful: bool = True
    """Whether the answer to what was let through passes without a rule of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostRoute:
    """A route that a subnet's hosts, or a router, are told to have."""

    destination: Prefix
    nexthop: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Subnet:
    """`pools` are the first and last address of each range that Neutron hands out."""

    id: str
    cidr: Prefix
    gateway_ip: Address | None = None
    pools: tuple[tuple[Address, Address], ...] = ()
    host_routes: tuple[HostRoute, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    id: str
    subnets: tuple[Subnet, ...] = ()
    external: bool = False
    admin_state_up: bool = True
    mtu: int = MTU
    tags: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedIp:
    subnet_id: str
    address: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressPair:
    """Source addresses that a port may use beside its own; the MAC address is the port's where none is given."""

    addresses: Prefix
    mac_address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """`device_id` is what the port belongs to: a server, a load balancer, a router."""

    id: str
    network_id: str
    mac_address: str
    device_id: str = ""
    device_owner: str = ""
    admin_state_up: bool = True
    port_security_enabled: bool = True
    fixed_ips: tuple[FixedIp, ...] = ()
    allowed_address_pairs: tuple[AddressPair, ...] = ()
    security_groups: frozenset[str] = frozenset()

    @property
    def trusted(self) -> bool:
        """No rule holds for it: port security is off, or the port is the network's own, as a router's is."""
        return not self.port_security_enabled or self.device_owner.startswith("network:")


@dataclass(frozen=True, slots=True, kw_only=True)
class Router:
    """`gateway_port_id` is its port in an external network; None for a router that leads nowhere else."""

    id: str
    gateway_port_id: str | None = None
    enable_snat: bool = True
    admin_state_up: bool = True
    routes: tuple[HostRoute, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FloatingIp:
    """An address of an external network that a router maps to a fixed address of a port."""

    address: Address
    router_id: str
    fixed_address: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """One site's Neutron. `index` is 0 for the data centre, 1 for the recovery site; ports in the order of making."""

    index: int
    networks: tuple[Network, ...] = ()
    ports: tuple[Port, ...] = ()
    routers: tuple[Router, ...] = ()
    security_groups: tuple[SecurityGroup, ...] = ()
    floating_ips: tuple[FloatingIp, ...] = ()
    _subnets: Mapping[str, Subnet] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        found = {subnet.id: subnet for network in self.networks for subnet in network.subnets}
        object.__setattr__(self, "_subnets", found)

    def network(self, network_id: str) -> Network | None:
        return next((network for network in self.networks if network.id == network_id), None)

    def subnet(self, fixed: FixedIp) -> Subnet | None:
        return self._subnets.get(fixed.subnet_id)

    def interface(self, fixed: FixedIp) -> Interface | None:
        """A port's address with its subnet's prefix; None for a subnet that is gone."""
        subnet = self.subnet(fixed)
        return None if subnet is None else ip_interface(f"{fixed.address}/{subnet.cidr.prefixlen}")

    def interfaces(self, port: Port) -> tuple[Interface, ...]:
        return tuple(found for fixed in port.fixed_ips if (found := self.interface(fixed)) is not None)
