"""A small city's two Neutrons, written by hand, and plain namespaces that stand for its devices."""

from collections.abc import Iterable
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network, ip_address, ip_network

from lab.net.wanted import (
    AddressPair,
    Direction,
    FixedIp,
    FloatingIp,
    Network,
    Port,
    Region,
    Router,
    SecurityGroup,
    SecurityGroupRule,
    Subnet,
)

EGRESS = SecurityGroupRule(direction=Direction.EGRESS)
"""Neutron gives it to each new group: everything may be begun from within."""


def an_id(name: str, site: int) -> str:
    """An id of OpenStack that a person can read: letters that are no hexadecimal digits become x."""
    letters = "".join(letter if letter in "0123456789abcdef" else format(ord(letter) % 16, "x") for letter in name)
    first = f"{site}{letters}".ljust(32, "0")[:32]
    return "-".join([first[:8], first[8:12], first[12:16], first[16:20], first[20:]])


def ingress(protocol: str | None, port: int | None = None, *, prefix: str = "", group: str = "") -> SecurityGroupRule:
    return SecurityGroupRule(
        direction=Direction.INGRESS,
        protocol=protocol,
        port_range_min=port,
        port_range_max=port,
        remote_ip_prefix=ip_network(prefix) if prefix else None,
        remote_group_id=group or None,
    )


class Site:
    """The site with this index: 10.<index + 201>.x.0/24 are its networks, and every address says which one it is in."""

    def __init__(self, index: int) -> None:
        self.index = index
        self.networks: list[Network] = []
        self.ports: list[Port] = []
        self.groups: dict[str, SecurityGroup] = {}
        self.floating: list[FloatingIp] = []
        self._network("public", 0, external=True)
        self._network("application", 1)
        self._network("data", 2)
        self._network("management", 3, tags=frozenset({"purpose=management"}))
        router = self.id("router")
        self._router_port("public", "network:router_gateway", f"10.{index + 201}.0.5")
        for network, number in (("application", 1), ("data", 2), ("management", 3)):
            self._router_port(network, "network:router_interface", f"10.{index + 201}.{number}.1")
        self.routers = (Router(id=router, gateway_port_id=self.id("public-router")),)

    def id(self, name: str) -> str:
        return an_id(name, self.index)

    def region(self) -> Region:
        return Region(
            index=self.index,
            networks=tuple(self.networks),
            ports=tuple(self.ports),
            routers=self.routers,
            security_groups=tuple(self.groups.values()),
            floating_ips=tuple(self.floating),
        )

    def group(self, name: str, *rules: SecurityGroupRule, stateful: bool = True) -> str:
        """A group with these rules, or with these instead of those that it had."""
        self.groups[name] = SecurityGroup(id=self.id(name), rules=(EGRESS, *rules), stateful=stateful)
        return self.id(name)

    def port(self, device: str, address: str, groups: Iterable[str] = (), **changes: object) -> Port:
        """A port of a device, in the network of its address."""
        network = self.networks[int(address.split(".")[2])]
        port = Port(
            id=self.id(f"{address.replace('.', '')}{device}"),
            network_id=network.id,
            mac_address=mac(address),
            device_id=self.id(device),
            device_owner="compute:az1",
            fixed_ips=(FixedIp(subnet_id=network.subnets[0].id, address=ip_address(address)),),
            security_groups=frozenset(self.id(group) for group in groups),
        )
        self.ports.append(replace(port, **changes))  # type: ignore[arg-type]
        return self.ports[-1]

    def float(self, public: str, fixed: str) -> None:
        router = self.routers[0].id
        self.floating.append(
            FloatingIp(address=IPv4Address(public), router_id=router, fixed_address=IPv4Address(fixed))
        )

    def _network(self, name: str, number: int, *, external: bool = False, tags: frozenset[str] = frozenset()) -> None:
        cidr = IPv4Network(f"10.{self.index + 201}.{number}.0/24")
        subnet = Subnet(id=self.id(f"{name}-subnet"), cidr=cidr, gateway_ip=cidr[1], pools=((cidr[192], cidr[254]),))
        self.networks.append(Network(id=self.id(name), subnets=(subnet,), external=external, tags=tags))

    def _router_port(self, network: str, owner: str, address: str) -> None:
        port = self.port("router", address, device_owner=owner, id=self.id(f"{network}-router"))
        assert port.trusted


def mac(address: str) -> str:
    return "fa:16:" + ":".join(f"{int(octet):02x}" for octet in address.split("."))


def pair(prefix: str, of: Port) -> AddressPair:
    return AddressPair(addresses=ip_network(prefix), mac_address=of.mac_address)
