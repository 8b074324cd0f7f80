"""Declared flows as address ranges: who may open a connection to a service at one site."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Literal

from city.model.city import City
from city.model.places import Site, SiteRole
from city.model.services import Flow, Workload
from city.model.vaults import vault
from city.model.wired import Network, Purpose
from infra.blocks import block_of
from infra.files import VAULT_PORT, comers

WORLD = IPv4Network("0.0.0.0/0")
_CLOUD = frozenset({SiteRole.DATACENTRE, SiteRole.RECOVERY})


Way = tuple[Literal["tcp", "udp"], int]
"""A protocol and one of its ports."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """One port that one range of addresses may reach. `label` names it in a URN: stable, and apart from others."""

    label: str
    source: IPv4Network
    port: int
    protocol: Literal["tcp", "udp"]
    direct: bool = False
    """Whether it leads to each member itself, past the load balancer: so do operators and their tools."""

    @property
    def world(self) -> bool:
        return self.source == WORLD

    @property
    def way(self) -> Way:
        return self.protocol, self.port


def openings(city: City, site: Site, workload: Workload) -> tuple[Opening, ...]:
    """Everything a workload's flows open at a site, each opening once; besides, of a vault, what brings copies to it.

    `network:PURPOSE` means the networks of that purpose at this site and in the districts, never those of the
    other cloud site: traffic between the two sites is not a resident's or a device's.
    """
    found = {opening.label: opening for flow in workload.flows for opening in _openings(city, site, flow)}
    return (*found.values(), *_to_the_vault(city, workload))


def gates(opened: Iterable[Opening], workload: Workload) -> dict[Way, list[IPv4Network]]:
    """What clients reach through the load balancer, and from where: the way that the service is known by comes first.

    Whoever may reach the port that the service is known by directly comes through the balancer all the same: a name
    server and a RADIUS server are asked over UDP at the port of their name.
    """
    found: dict[Way, list[IPv4Network]] = {("tcp", workload.port): []}
    for one in opened:
        if one.port == workload.port or one.way in found or not one.direct:
            found.setdefault(one.way, []).append(one.source)
    return found


def past_the_balancer(opened: Iterable[Opening], workload: Workload) -> tuple[Opening, ...]:
    """What leads to each member itself."""
    return tuple(one for one in opened if one.direct and one.port != workload.port)


def _to_the_vault(city: City, workload: Workload) -> Iterator[Opening]:
    keeper = vault(city)
    if keeper is not None and keeper.workload == workload:
        for name, source in comers(city, keeper):
            label = f"tcp-{VAULT_PORT}-from-{name}"
            yield Opening(label=label, source=source, port=VAULT_PORT, protocol="tcp", direct=True)


def _openings(city: City, site: Site, flow: Flow) -> list[Opening]:
    kind, _, name = flow.source.partition(":")
    if kind == "world":
        return [_opening("world", WORLD, flow)]
    if not name:
        return [_opening(f"range-{kind}", IPv4Network(kind), flow)]
    if kind == "service":
        return [_opening(f"service-{name}", block_of(city, site, city.service(name)).cidr, flow)]
    direct = name == Purpose.MANAGEMENT.value
    return [_opening(f"network-{near.id}", near.cidr, flow, direct=direct) for near in _near(city, site, name)]


def _opening(source: str, cidr: IPv4Network, flow: Flow, *, direct: bool = False) -> Opening:
    label = f"{flow.protocol}-{flow.port}-from-{source}"
    return Opening(label=label, source=cidr, port=flow.port, protocol=flow.protocol, direct=direct)


def _near(city: City, site: Site, purpose: str) -> list[Network]:
    far = {other.id for other in city.sites if other.role in _CLOUD and other.id != site.id}
    return [network for network in city.networks if network.purpose.value == purpose and network.site not in far]
