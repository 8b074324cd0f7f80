"""What is scanned, and from where: what the clouds give addresses to, and a host in each network."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from keystoneauth1.exceptions import ClientException
from openstack.connection import Connection
from openstack.exceptions import SDKException

from asty.declared_sites import declaration
from city.errors import AstyError
from city.model.city import City
from city.outcome import Outcome, Status
from city.silence import why_silent
from drs.expected import Entrance, SiteDeclaration
from drs.observed import SeenRule
from infra.hosts.access import Access
from infra.hosts.host import Host
from infra.hosts.of_cloud import fixed_address, hosts
from infra.hosts.scan import Target, Way
from infra.hosts.spots import Far
from infra.stacks import Stack


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """`spots` are hosts of this site, one in each network that has any; `unseen` says what nobody could ask."""

    targets: tuple[Target, ...] = ()
    spots: tuple[Far, ...] = ()
    unseen: tuple[Outcome, ...] = ()


def ground(city: City, stack: Stack, connect: Callable[[], Connection], access: Access) -> Ground:
    """Of the site whose workloads these are. Raises nothing of the cloud's."""
    begun = time.monotonic()
    try:
        cloud = connect()
        return Ground(
            targets=tuple(targets(declaration(city, stack.role), stack.site, cloud)),
            spots=tuple(_spots(city, stack, cloud, access)),
        )
    except AstyError as error:
        said = f"{error.problem}. {error.remedy}"
    except (SDKException, ClientException) as error:
        said = why_silent(error, time.monotonic() - begun) or str(error).strip().partition("\n")[0]
    reason = f"its cloud does not tell what it has: {said}"
    return Ground(unseen=(Outcome(subject=stack.site, status=Status.UNKNOWN, reason=reason),))


def targets(declared: SiteDeclaration, site: str, cloud: Connection) -> Iterator[Target]:
    """Every server that runs at a site, every balancer, and its public address: declared or not."""
    own = {
        machine.name: frozenset(map(_way, standing.rules if machine in standing.members else standing.database_rules))
        for standing in declared.standing.values()
        for machine in standing.machines
    }
    management = frozenset(_way(rule) for rules in declared.groups.values() for rule in rules)
    for server in cloud.compute.servers():
        address = fixed_address(server)
        if server.status == "ACTIVE" and address is not None:
            allowed = own.get(server.name, frozenset()) | management
            yield Target(name=f"{server.name} ({site})", address=address, allowed=allowed)
    yield from _doors(declared, site, cloud)


def _doors(declared: SiteDeclaration, site: str, cloud: Connection) -> Iterator[Target]:
    public = {one.fixed_ip_address: one.floating_ip_address for one in cloud.network.ips() if one.fixed_ip_address}
    for balancer in cloud.load_balancer.load_balancers():
        standing = declared.standing.get(balancer.name)
        allowed = frozenset(_gates(standing.entrance)) if standing and standing.entrance else frozenset[Way]()
        name, vip = f"balancer {balancer.name} ({site})", str(balancer.vip_address)
        yield Target(name=name, address=IPv4Address(vip), allowed=allowed)
        if vip in public:
            yield Target(name=f"{name}, {public[vip]}", address=IPv4Address(public[vip]), allowed=allowed)


def _gates(entrance: Entrance) -> Iterator[Way]:
    for listener in entrance.listeners:
        for clients in listener.clients:
            yield Way(protocol=listener.protocol.lower(), port=listener.port, source=clients)


def _way(rule: SeenRule) -> Way:
    return Way(protocol=rule.protocol, port=int(rule.ports), source=IPv4Network(rule.remote))


def _spots(city: City, stack: Stack, cloud: Connection, access: Access) -> Iterator[Far]:
    for services in _by_network(city).values():
        found = (one for service in services for one in hosts(stack.site, lambda: cloud, service))
        if (host := next((one for one in found if isinstance(one, Host)), None)) is not None:
            yield Far(host=host, access=access)


def _by_network(city: City) -> Mapping[str, Sequence[str]]:
    found: dict[str, list[str]] = {}
    for service in city.services:
        if service.workload is not None:
            found.setdefault(service.workload.network, []).append(service.id)
    return found
