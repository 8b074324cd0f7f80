"""What joins the sites, of which Neutron knows nothing: street, edges, the link between them, operators. Pure.

    street ---- edge-1 ==== wan ==== edge-2 ---- street       edge: the gateway of the site's external networks
                  |                    |
              router(s)            router(s)
                  |                    |
    operators -- management        management -- operators -- the machine itself
                  |                    |
               probe-1              probe-2                    the city's own clients, one at each site

- The **street** is where residents are: it reaches floating addresses, and nothing behind them.
- The **link between the sites** joins the edges alone. The ranges of both sites are routed over it as they are, as
  over a line of the city's own. What is declared for it (`Fault`) happens on it and nowhere else.
- The **operators** stand in each site's management network (the one with the tag `purpose=management`), on an address
  that Neutron hands to nobody. So they reach both sites whatever becomes of the link, and hosts see
  them come from where the rules for management let them in. The machine itself is behind them, by one
  cable; nobody in the lab can open a connection to the machine by it.
- The **districts** are behind both edges: the addresses at which the city declares its devices there. A site's hosts
  reach them, and the street does not (lab.net.districts).
- A **probe host** stands in each site's management network alone, as any host of it would, on the next such address:
  what it reaches, it reaches by the site's own router. Nobody is let in to it.

**No route of the lab's is in the machine's main table.** A range that a city declares for itself may be somebody else's
whom the machine talks to, as the documentation ranges are on many a network (RFC 5737); nobody can tell beforehand.
So the lab is reached by those who ask for it: who speaks from the machine's own end of the cable (`reached_from`; as
`curl --interface`, `ssh -b`), or stands in one of the lab's namespaces.

The addresses of these cables come out of `LabParams.backbone`.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface, IPv4Network, collapse_addresses
from itertools import islice

from lab.net import names
from lab.net.machine import EVERYWHERE, ROOT, End, LinkKind, Lookup, Route, point_to_point
from lab.net.ports import BRIDGE
from lab.net.wanted import Interface, Network, Region, Subnet
from lab.params import LabParams

STREET, OPERATORS, WAN, GATE, LEG, PROBE = "street", "operators", "wan", "gate", "backbone", "probe"
DISTRICTS = "districts"
MANAGEMENT = "purpose=management"
_TO_STREET, _WAN, _UPLINK, _TO_DISTRICTS = 1, 2, 3, 5
"""Numbers of the cables; the gate's is 0, an uplink's and one to the districts are counted on by the site's index."""
SITES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Plug:
    """One end of a cable, with its addresses, or the bridge that it is plugged into."""

    end: End
    addresses: frozenset[Interface] = frozenset()
    master: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cable:
    one: Plug
    other: Plug
    mtu: int = 1500
    kind: LinkKind = LinkKind.VETH


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What the backbone stands on: both sites, the ranges (`taken`) that the machine routes by itself, and the
    addresses of the districts' devices."""

    params: LabParams
    regions: Sequence[Region]
    taken: Sequence[IPv4Network] = ()
    districts: frozenset[IPv4Interface] = frozenset()

    def end(self, place: str, link: str) -> End:
        return End(namespace=names.place(self.params, place), link=link)

    def pair(self, number: int) -> tuple[IPv4Interface, IPv4Interface]:
        return point_to_point(self.params.backbone, number)

    @property
    def gated(self) -> bool:
        """Whether the machine is joined: not where it routes the range of the cables to somewhere else."""
        return not any(self.params.backbone.overlaps(taken) for taken in self.taken)

    @property
    def places(self) -> tuple[str, ...]:
        each = (edge, probe_host)
        districts = (DISTRICTS,) if self.districts else ()
        return STREET, OPERATORS, *districts, *(place(region.index) for region in self.regions for place in each)


def edge(index: int) -> str:
    return f"edge-{index + 1}"


def probe_host(index: int) -> str:
    return f"{PROBE}-{index + 1}"


def cables(ground: Ground, *, relayed: bool = False) -> Iterator[Cable]:
    """Every cable of the backbone. `relayed`: a process carries the link between the sites, not the kernel."""
    if ground.gated:
        gate = End(namespace=ROOT, link=names.place(ground.params, GATE))
        yield _transit(gate, ground.end(OPERATORS, GATE), ground.pair(0))
    yield _transit(ground.end(OPERATORS, STREET), ground.end(STREET, OPERATORS), ground.pair(_TO_STREET))
    for region in ground.regions:
        here, pair = edge(region.index), ground.pair(_UPLINK + region.index)
        yield _transit(ground.end(STREET, here), ground.end(here, STREET), pair)
        if ground.districts:
            own = ground.pair(_TO_DISTRICTS + region.index)
            yield _transit(ground.end(here, DISTRICTS), ground.end(DISTRICTS, here), own)
        for network in region.networks:
            yield from _legs(ground, region, network)
    if len(ground.regions) == SITES:
        kind = LinkKind.TUN if relayed else LinkKind.VETH
        yield _transit(ground.end(edge(0), WAN), ground.end(edge(1), WAN), ground.pair(_WAN), kind)


def _transit(one: End, other: End, pair: tuple[IPv4Interface, IPv4Interface], kind: LinkKind = LinkKind.VETH) -> Cable:
    first, second = pair
    return Cable(
        one=Plug(end=one, addresses=frozenset({first})), other=Plug(end=other, addresses=frozenset({second})), kind=kind
    )


def _legs(ground: Ground, region: Region, network: Network) -> Iterator[Cable]:
    """An external network's gateway is the edge; in a management network stand the operators, and the probe host."""
    if network.external:
        yield _leg(ground, network, LEG, ground.end(edge(region.index), outer(network)), _gateways(network))
    elif MANAGEMENT in network.tags:
        yield _leg(ground, network, LEG, ground.end(OPERATORS, inner(network)), _spare(region, network, 0))
        probe = ground.end(probe_host(region.index), inner(network))
        yield _leg(ground, network, PROBE, probe, _spare(region, network, 1))


def _leg(ground: Ground, network: Network, link: str, end: End, addresses: Iterable[IPv4Interface]) -> Cable:
    plugged = End(namespace=names.network(ground.params, network.id), link=link)
    return Cable(
        one=Plug(end=plugged, master=BRIDGE), other=Plug(end=end, addresses=frozenset(addresses)), mtu=network.mtu
    )


def outer(network: Network) -> str:
    """The edge's interface in an external network."""
    return f"x-{names.short(network.id)}"


def inner(network: Network) -> str:
    """The operators' interface in a management network, and the probe host's."""
    return f"m-{names.short(network.id)}"


def _ranges(network: Network) -> Iterator[tuple[IPv4Network, IPv4Address | None]]:
    """Each subnet's range and gateway."""
    for subnet in network.subnets:
        if isinstance(subnet.cidr, IPv4Network):
            yield subnet.cidr, subnet.gateway_ip if isinstance(subnet.gateway_ip, IPv4Address) else None


def _gateways(network: Network) -> Iterator[IPv4Interface]:
    for cidr, gateway in _ranges(network):
        if gateway is not None:
            yield IPv4Interface((gateway, cidr.prefixlen))


def _spare(region: Region, network: Network, number: int) -> Iterator[IPv4Interface]:
    """The first address (the second for number 1) that Neutron hands to nobody, of each subnet: it is in no pool, no
    port has it, and it is no gateway."""
    used = {fixed.address for port in region.ports for fixed in port.fixed_ips}
    for subnet in network.subnets:
        if isinstance(subnet.cidr, IPv4Network):
            free = (address for address in subnet.cidr.hosts() if _is_free(subnet, address) and address not in used)
            yield from (IPv4Interface((one, subnet.cidr.prefixlen)) for one in islice(free, number, number + 1))


def _is_free(subnet: Subnet, address: IPv4Address) -> bool:
    pooled = any(first <= address <= last for first, last in subnet.pools)  # type: ignore[operator]
    return not pooled and address != subnet.gateway_ip


def outside(region: Region) -> list[IPv4Network]:
    """The ranges of a site's external networks."""
    return [cidr for network in region.networks if network.external for cidr, _ in _ranges(network)]


def inside(region: Region) -> dict[IPv4Network, IPv4Address | None]:
    """Each range behind a router of a site, with that router's address outside; None where it leads nowhere."""
    gateways = {router.gateway_port_id for router in region.routers}
    exits = {
        port.device_id: port.fixed_ips[0].address for port in region.ports if port.id in gateways and port.fixed_ips
    }
    found: dict[IPv4Network, IPv4Address | None] = {}
    for port in region.ports:
        if port.device_owner.startswith("network:router_interface"):
            for fixed in port.fixed_ips:
                subnet, via = region.subnet(fixed), exits.get(port.device_id)
                if subnet is not None and isinstance(subnet.cidr, IPv4Network):
                    found[subnet.cidr] = via if isinstance(via, IPv4Address) else None
    return found


def far(ground: Ground, region: Region) -> list[IPv4Network]:
    """The ranges of the other site that are reached over the link; none that both sites have."""
    others = [each for each in ground.regions if each.index != region.index]
    return sorted(cidr for each in others for cidr in _alone(ground, each))


def _alone(ground: Ground, region: Region) -> list[IPv4Network]:
    """The ranges behind the routers of a site that no other site has."""
    counted = Counter(cidr for each in ground.regions for cidr in inside(each))
    return sorted(cidr for cidr, via in inside(region).items() if via and counted[cidr] == 1)


def routes(ground: Ground) -> Iterator[tuple[str, Route]]:
    """Each route of the backbone, with the namespace that has it."""
    street, operators = (names.place(ground.params, place) for place in (STREET, OPERATORS))
    for region in ground.regions:
        here = names.place(ground.params, edge(region.index))
        up, down = (interface.ip for interface in ground.pair(_UPLINK + region.index))
        across = ground.pair(_WAN)[1 - region.index].ip
        yield here, Route(to=EVERYWHERE[4], via=up, link=STREET)
        yield from ((here, route) for route in _to_routers(region))
        yield from ((here, Route(to=cidr, via=across, link=WAN)) for cidr in far(ground, region))
        yield from _to_districts(ground, region)
        for cidr in outside(region):
            yield street, Route(to=cidr, via=down, link=edge(region.index))
            yield operators, Route(to=cidr, via=ground.pair(_TO_STREET)[1].ip, link=STREET)
        yield from ((operators, route) for route in _from_operators(region))
        yield from ((names.place(ground.params, probe_host(region.index)), route) for route in _from_probe_host(region))
    if ground.gated:
        yield ROOT, from_machine(ground.params)


def _to_districts(ground: Ground, region: Region) -> Iterator[tuple[str, Route]]:
    """Both ways; a site's hosts come there under the address of their router, as everywhere outside. Devices come to a
    site's hosts as they are, and the rules of the site say to which."""
    if ground.districts:
        near, there = (interface.ip for interface in ground.pair(_TO_DISTRICTS + region.index))
        here, districts = (names.place(ground.params, place) for place in (edge(region.index), DISTRICTS))
        for cidr in collapse_addresses(one.network for one in ground.districts):
            yield here, Route(to=cidr, via=there, link=DISTRICTS)
        sites = [*outside(region), *_alone(ground, region)]
        yield from ((districts, Route(to=cidr, via=near, link=edge(region.index))) for cidr in sites)


def _to_routers(region: Region) -> Iterator[Route]:
    for cidr, via in inside(region).items():
        for network in region.networks:
            if network.external and via is not None and any(via in outer_cidr for outer_cidr, _ in _ranges(network)):
                yield Route(to=cidr, via=via, link=outer(network))


def _from_operators(region: Region) -> Iterator[Route]:
    """Everything behind the routers, by way of the management network's own gateway."""
    for network in region.networks:
        if MANAGEMENT in network.tags and not network.external:
            for near, gateway in _ranges(network):
                if gateway is not None:
                    for cidr in inside(region):
                        if cidr != near:
                            yield Route(to=cidr, via=gateway, link=inner(network))
                    return


def _from_probe_host(region: Region) -> Iterator[Route]:
    """Everything, by way of the management network's own gateway, as any host there."""
    for network in region.networks:
        if MANAGEMENT in network.tags and not network.external:
            for _, gateway in _ranges(network):
                if gateway is not None:
                    yield Route(to=EVERYWHERE[4], via=gateway, link=inner(network))
                    return


def seen_from_street(params: LabParams, index: int) -> IPv4Address:
    """The address of a site's edge at its end of the street's cable."""
    return point_to_point(params.backbone, _UPLINK + index)[1].ip


def reached_from(params: LabParams) -> IPv4Address:
    """The machine's address from which the lab is reached."""
    return point_to_point(params.backbone, 0)[0].ip


def from_machine(params: LabParams) -> Route:
    """Everything that is said from there goes to the operators, who know the way."""
    via, link = point_to_point(params.backbone, 0)[1].ip, names.place(params, GATE)
    return Route(to=EVERYWHERE[4], via=via, link=link, table=names.table(params))


def lookup(params: LabParams) -> Lookup:
    return Lookup(source=reached_from(params), table=names.table(params))
