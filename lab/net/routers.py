"""Each router of Neutron as a namespace that forwards. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from ipaddress import ip_interface

from lab.net import names, translation
from lab.net.machine import EVERYWHERE, End, Link, Namespace, Route
from lab.net.ports import far_end, router_end, subnets
from lab.net.wanted import FloatingIp, HostRoute, Port, Prefix, Region, Router
from lab.params import LabParams


def routers(
    params: LabParams, region: Region, ends: Mapping[str, End], far: Sequence[Prefix]
) -> Iterator[tuple[str, Namespace]]:
    """The namespace of each router. `far` are the other site's ranges, which nobody hides an address from."""
    for router in region.routers:
        ports = [port for port in region.ports if port.device_id == router.id and port.id in ends]
        yield names.router(params, router.id), _router(params, region, router, ports, far)


def _router(
    params: LabParams, region: Region, router: Router, ports: Sequence[Port], far: Sequence[Prefix]
) -> Namespace:
    links = {router_end(port): far_end(params, region, port) for port in ports}
    routes = set(_static(router.routes, region, ports))
    rules = ""
    gateway = next((port for port in ports if port.id == router.gateway_port_id), None)
    if gateway is not None:
        floating = [one for one in region.floating_ips if one.router_id == router.id]
        name = router_end(gateway)
        links[name] = _answering(links[name], floating)
        routes |= _outwards(region, gateway, name)
        own = gateway.fixed_ips[0].address if gateway.fixed_ips and router.enable_snat else None
        rules = translation.rules_of(name, own, floating, far)
    switches = {"ipv4/ip_forward": str(int(router.admin_state_up))}
    return Namespace(links=links, routes=frozenset(routes), switches=switches, rules=rules)


def _answering(link: Link, floating: Iterable[FloatingIp]) -> Link:
    """The gateway port has every floating address too, so that the router answers when somebody asks for it."""
    return replace(link, addresses=link.addresses | {ip_interface(one.address) for one in floating})


def _outwards(region: Region, gateway: Port, name: str) -> set[Route]:
    return {
        Route(to=EVERYWHERE[subnet.cidr.version], via=subnet.gateway_ip, link=name)
        for subnet in subnets(region, gateway)
        if subnet.gateway_ip is not None
    }


def _static(routes: Iterable[HostRoute], region: Region, ports: Sequence[Port]) -> Iterator[Route]:
    """Routes that somebody gave the router, each through the port whose subnet the neighbour is in."""
    for route in routes:
        for port in ports:
            if any(route.nexthop in subnet.cidr for subnet in subnets(region, port)):
                yield Route(to=route.destination, via=route.nexthop, link=router_end(port))
                break
