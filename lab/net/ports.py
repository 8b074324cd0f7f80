"""Each network of Neutron as a bridge, each port as a cable between that bridge and the port's device. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from lab.net import names
from lab.net import security_groups as security
from lab.net.machine import EVERYWHERE, End, Link, LinkKind, Namespace, Route
from lab.net.wanted import MTU, Network, Port, Prefix, Region, Subnet
from lab.params import LabParams

BRIDGE = "bridge0"
GATEWAY_OWNER = "network:router_gateway"
BRIDGING = {
    "bridge/bridge-nf-call-iptables": "1",
    "bridge/bridge-nf-call-ip6tables": "1",
    "bridge/bridge-nf-call-arptables": "0",
    "ipv6/conf/default/disable_ipv6": "1",
}
"""Packets on a bridge pass the tables of family inet; no bridge takes part in what it carries."""


def port_ends(params: LabParams, region: Region, present: Iterable[str]) -> dict[str, End]:
    """Where each port of a device that is there is plugged in: its router's namespace, or its device's."""
    here, routers = set(present), {router.id: router for router in region.routers}
    counted: dict[str, int] = defaultdict(int)
    ends = {}
    for port in region.ports:
        if port.device_id in routers:
            ends[port.id] = End(namespace=names.router(params, port.device_id), link=router_end(port))
        elif port.device_id and (space := names.device(params, port.device_id)) in here:
            ends[port.id] = End(namespace=space, link=f"eth{counted[space]}")
            counted[space] += 1
    return ends


def router_end(port: Port) -> str:
    """As Neutron's L3 agent calls it: qg- for the gateway, qr- for the others."""
    return f"{'qg' if port.device_owner == GATEWAY_OWNER else 'qr'}-{names.short(port.id)}"


def bridges(params: LabParams, region: Region, ends: Mapping[str, End]) -> Iterator[tuple[str, Namespace]]:
    """The namespace of each network, with its bridge, its rules, and the near end of every port's cable."""
    for network in region.networks:
        ports = [port for port in region.ports if port.network_id == network.id and port.id in ends]
        near = {security.bridge_end(port): _near(network, port, ends[port.id]) for port in ports}
        yield (
            names.network(params, network.id),
            Namespace(
                links={BRIDGE: Link(kind=LinkKind.BRIDGE, mtu=network.mtu, up=network.admin_state_up), **near},
                switches=BRIDGING,
                rules=security.rules_of(region, ports),
            ),
        )


def _near(network: Network, port: Port, end: End) -> Link:
    return Link(kind=LinkKind.VETH, mtu=network.mtu, master=BRIDGE, up=port.admin_state_up, peer=end)


def devices(params: LabParams, region: Region, ends: Mapping[str, End]) -> Iterator[tuple[str, Namespace]]:
    """What is plugged into each device that is there and is no router."""
    plugged: dict[str, list[Port]] = defaultdict(list)
    for port in region.ports:
        if port.id in ends and not names.ours(params, ends[port.id].namespace):
            plugged[ends[port.id].namespace].append(port)
    for space, ports in plugged.items():
        yield (
            space,
            Namespace(
                ours=False,
                links={ends[port.id].link: far_end(params, region, port) for port in ports},
                routes=frozenset(_device_routes(region, ports, ends)),
            ),
        )


def far_end(params: LabParams, region: Region, port: Port) -> Link:
    """The end of a port's cable in its device."""
    network = region.network(port.network_id)
    return Link(
        kind=LinkKind.VETH,
        mac=port.mac_address,
        mtu=network.mtu if network else MTU,
        addresses=frozenset(region.interfaces(port)),
        peer=End(namespace=names.network(params, port.network_id), link=security.bridge_end(port)),
    )


def _device_routes(region: Region, ports: Sequence[Port], ends: Mapping[str, End]) -> Iterator[Route]:
    """The gateway of the first port that has one, and what each subnet tells its hosts."""
    routed: set[Prefix] = set()
    for port in ports:
        for subnet in subnets(region, port):
            wanted = [(route.destination, route.nexthop) for route in subnet.host_routes]
            if subnet.gateway_ip is not None:
                wanted.append((EVERYWHERE[subnet.cidr.version], subnet.gateway_ip))
            for to, via in wanted:
                if to not in routed:
                    routed.add(to)
                    yield Route(to=to, via=via, link=ends[port.id].link)


def subnets(region: Region, port: Port) -> list[Subnet]:
    """Those of a port's fixed addresses."""
    return [subnet for fixed in port.fixed_ips if (subnet := region.subnet(fixed)) is not None]
