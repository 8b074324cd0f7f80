"""What would be seen at a site if it were as declared: what infra makes there, told in the words of recovery."""

from collections.abc import Iterator
from ipaddress import IPv4Network, collapse_addresses

from city.model.city import City
from city.model.places import Site, SiteRole
from city.model.services import Service, Workload
from city.model.wired import Purpose
from drs.expected import Entrance, Listener, Member, SiteDeclaration, Standing, in_the_cloud
from drs.observed import SeenRule
from infra.addresses import Block, gateway, pool
from infra.blocks import block_of, home
from infra.components.entrance import RECORD_TTL_S
from infra.components.site_network import SSH
from infra.flows import WORLD, Opening, gates, openings, past_the_balancer
from infra.placement import DATABASE_PORT, database_host, members, runs, standing_at, stands


def declaration(city: City, role: SiteRole) -> SiteDeclaration:
    """Of the site of this role; `full` is as at the data centre, in this site's own addresses."""
    site = city.site_of(role)
    cloud = in_the_cloud(city)
    counts = {name: members(service, role) for name, (service, _) in cloud.items()}
    here = list(city.networks_at(site.id))
    return SiteDeclaration(
        standing={
            name: _standing(city, site, service, counts[name], running=runs(service, role))
            for name, (service, _) in cloud.items()
            if stands(service, role)
        },
        full={
            name: _standing(city, site, service, workload.instances, running=True)
            for name, (service, workload) in cloud.items()
        },
        groups={f"{site.id}-management": frozenset(_ssh(city, site))},
        gateways={network.id: str(gateway(network.cidr)) for network in here},
        router=site.id,
        key=f"{city.id}-operators",
        record_ttl_s=RECORD_TTL_S,
    )


def _ssh(city: City, site: Site) -> Iterator[SeenRule]:
    for network in city.networks_at(site.id):
        if network.purpose is Purpose.MANAGEMENT:
            yield _rule("tcp", SSH, network.cidr)


def _rule(protocol: str, port: int, source: IPv4Network) -> SeenRule:
    return SeenRule(direction="ingress", protocol=protocol, ports=str(port), remote=str(source))


def member_name(service: str, number: int) -> str:
    """Of the server with this number, the first is 1, and of its port."""
    return f"{service}-{number}"


def volume_name(member: str) -> str:
    return f"{member}-data"


def _standing(city: City, site: Site, service: Service, count: int, *, running: bool) -> Standing:
    workload = service.workload
    if workload is None:
        raise KeyError(service.id)
    network = home(city, site, workload)
    block = block_of(city, site, service)
    opened = openings(city, site, workload)
    names = [member_name(service.id, number) for number in range(1, count + 1)]
    return Standing(
        members=tuple(
            Member(name=name, address=str(block.member(index)), volume=volume_name(name) if workload.volume_gb else "")
            for index, name in enumerate(names)
        ),
        rules=frozenset(
            {
                *(_rule(*way, near) for way in gates(opened, workload) for near in (pool(network.cidr), block.cidr)),
                *(_rule(*one.way, one.source) for one in past_the_balancer(opened, workload)),
            }
        ),
        entrance=_entrance(city, workload, str(block.vip), block.cidr, opened) if running else None,
        database=_database(service, block) if service.database else None,
        database_rules=frozenset(_database_rules(city, service)) if service.database else frozenset(),
    )


def _database(service: Service, block: Block) -> Member:
    name = database_host(service)
    return Member(name=name, address=str(block.database), volume=volume_name(name))


def _database_rules(city: City, service: Service) -> Iterator[SeenRule]:
    for site in standing_at(city, service):
        yield _rule("tcp", DATABASE_PORT, block_of(city, site, service).cidr)


def _entrance(city: City, workload: Workload, vip: str, block: IPv4Network, opened: tuple[Opening, ...]) -> Entrance:
    clients = {way: [block, *ranges] for way, ranges in gates(opened, workload).items()}
    return Entrance(
        address=vip,
        listeners=tuple(
            Listener(protocol=protocol.upper(), port=port, clients=frozenset(collapse_addresses(ranges)))
            for (protocol, port), ranges in clients.items()
        ),
        floating=any(WORLD in ranges for ranges in clients.values()),
        fqdn=f"{workload.dns_name}.{city.dns_zone}",
    )
