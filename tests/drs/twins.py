"""The example city's two sites, as they look when everything is as it should be; tests then spoil one thing."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from ipaddress import IPv4Network
from pathlib import Path

from city.load import load
from city.model.city import City
from city.model.places import SiteRole
from city.model.services import Recovery, Workload
from city.model.wired import Network, Purpose
from drs.check import Answer, Weight
from drs.compared import Sites, StackEvidence
from drs.databases import AskedDatabase, SeenDatabase
from drs.expected import Entrance, Listener, Member, SiteDeclaration, Standing, in_the_cloud, room
from drs.observed import (
    SeenBalancer,
    SeenFlavour,
    SeenFloatingAddress,
    SeenGroup,
    SeenImage,
    SeenKey,
    SeenListener,
    SeenMember,
    SeenPort,
    SeenQuota,
    SeenRecord,
    SeenRouter,
    SeenRule,
    SeenServer,
    SeenSite,
    SeenSubnet,
    SeenVolume,
    SeenZone,
    Unseen,
)
from drs.readiness import Alone, Readiness, assess

EXAMPLE = Path(__file__).parents[2] / "cities" / "example"
DIGEST = "5f" * 64
NOW = datetime(2030, 3, 31, 12, tzinfo=UTC)
RECOVERY, DATACENTRE = SiteRole.RECOVERY, SiteRole.DATACENTRE
AWAY = Unseen(reason="connection refused")
STACKS = (
    StackEvidence(stack="lab-recovery", readable=True, resources=30),
    StackEvidence(stack="lab-workloads-recovery", readable=True, resources=40),
)
WORLD = IPv4Network("0.0.0.0/0")
BLOCKS = {
    RECOVERY: {"portal": 5, "identity": 6, "open-data": 7, "iot-platform": 8, "monitoring": 9},
    DATACENTRE: {"portal": 3, "identity": 4, "open-data": 5, "iot-platform": 6, "monitoring": 7},
}
"""Which /29 of its network each service has: not the same at both sites."""
TTL_S = 60


@cache
def city() -> City:
    """Without its databases, of whose copies no cloud tells: tests/drs/test_database_hosts.py has them."""
    found = load(EXAMPLE)
    services = (replace(one, database="", backup=None) if one.workload is not None else one for one in found.services)
    return replace(found, services=tuple(services))


@cache
def declared(role: SiteRole) -> SiteDeclaration:
    """All of it at the data centre; here active in full, warm with one, a pilot light's data alone, cold nothing."""
    site = city().site_of(role)
    full, standing = {}, {}
    for name, (service, workload) in in_the_cloud(city()).items():
        full[name] = _standing(role, name, workload.instances, running=True)
        if role is DATACENTRE or service.recovery is Recovery.ACTIVE:
            standing[name] = full[name]
        elif service.recovery is not Recovery.COLD:
            standing[name] = _standing(role, name, 1, running=service.recovery is Recovery.WARM)
    management = network(role, "management").cidr
    return SiteDeclaration(
        standing=standing,
        full=full,
        groups={f"{site.id}-management": frozenset({tcp(22, management)})},
        gateways={one.id: str(one.cidr[1]) for one in city().networks_at(site.id)},
        router=site.id,
        key="operators",
        record_ttl_s=TTL_S,
    )


def network(role: SiteRole, purpose: str) -> Network:
    return city().network(city().site_of(role).id, Purpose(purpose))


def tcp(port: int, source: IPv4Network) -> SeenRule:
    return SeenRule(direction="ingress", protocol="tcp", ports=str(port), remote=str(source))


def block(role: SiteRole, name: str) -> IPv4Network:
    cidr = network(role, _workload(name).network).cidr
    return list(cidr.subnets(new_prefix=29))[BLOCKS[role][name]]


def _standing(role: SiteRole, name: str, count: int, *, running: bool) -> Standing:
    service, workload = in_the_cloud(city())[name]
    cidr, own = network(role, workload.network).cidr, block(role, name)
    world = any(flow.source == "world" for flow in workload.flows)
    clients = frozenset({WORLD} if world else {cidr})
    return Standing(
        members=tuple(
            Member(name=f"{name}-{n}", address=str(own[n]), volume=f"{name}-{n}-data" if workload.volume_gb else "")
            for n in range(1, count + 1)
        ),
        rules=frozenset({tcp(workload.port, own), tcp(workload.port, list(cidr.subnets(prefixlen_diff=2))[-1])}),
        entrance=Entrance(
            address=str(own[0]),
            listeners=(Listener(protocol="TCP", port=workload.port, clients=clients),),
            floating=world,
            fqdn=f"{workload.dns_name}.{city().dns_zone}",
        )
        if running
        else None,
        database=Member(name=f"{name}-db", address=str(own[7]), volume=f"{name}-db-data") if service.database else None,
        database_rules=frozenset(tcp(5432, block(one, name)) for one in (DATACENTRE, RECOVERY))
        if service.database
        else frozenset(),
    )


def whole(role: SiteRole) -> SeenSite:
    """A site with all that the city declares for it."""
    return SeenSite(
        site=city().site_of(role).id,
        flavours=tuple(_flavours()),
        images=tuple(_images()),
        quotas=tuple(SeenQuota(resource=resource, limit=None, used=3) for resource in _resources(role)),
        subnets=tuple(SeenSubnet(network=n.id, cidr=n.cidr, gateway=str(n.cidr[1])) for n in _networks(role)),
        routers=(_router(role),),
        groups=tuple(SeenGroup(name=name, rules=rules) for name, rules in declared(role).every_group.items()),
        keys=(SeenKey(name="operators", public_key=" ".join(city().platform.operators_key.split()[:2])),),
        ports=tuple(_ports(role)),
        servers=tuple(_servers(role)),
        volumes=tuple(_volumes(role)),
        balancers=tuple(_balancer(name, one, entrance) for name, one, entrance in _running(role)),
        floating=tuple(_floating(role)),
        zones=(SeenZone(name=city().dns_zone),),
        records=tuple(_record(role, entrance) for _, _, entrance in _running(role)),
    )


def _workload(service: str) -> Workload:
    return in_the_cloud(city())[service][1]


def _running(role: SiteRole) -> Iterator[tuple[str, Standing, Entrance]]:
    """Each service that serves at this site."""
    yield from ((name, one, one.entrance) for name, one in declared(role).standing.items() if one.entrance)


def _members(role: SiteRole) -> Iterator[tuple[str, Member, str]]:
    """Each service with each of its members, and the id of the member's server, empty where none shall run."""
    for name, one in declared(role).standing.items():
        running = {member.name for member in one.running}
        yield from ((name, each, f"id-of-{each.name}" if each.name in running else "") for each in one.machines)


def _networks(role: SiteRole) -> tuple[Network, ...]:
    return tuple(city().networks_at(city().site_of(role).id))


def _flavours() -> Iterator[SeenFlavour]:
    for one in city().platform.flavours:
        yield SeenFlavour(name=one.id, vcpus=one.vcpus, ram_mb=one.ram_mb, disk_gb=one.disk_gb)


def _images() -> Iterator[SeenImage]:
    for one in city().platform.images:
        yield SeenImage(
            name=one.id,
            active=True,
            algorithm="sha512",
            digest=DIGEST,
            sha256=one.sha256,
            disk_format=one.disk_format,
            min_disk_gb=one.min_disk_gb,
        )


def _resources(role: SiteRole) -> Iterator[str]:
    yield from room(city(), _workload("portal"), declared(role).full["portal"])


def _router(role: SiteRole) -> SeenRouter:
    inside = frozenset(network.cidr for network in _networks(role) if network.purpose is not Purpose.PUBLIC)
    return SeenRouter(name=city().site_of(role).id, uplink=True, subnets=inside)


def _ports(role: SiteRole) -> Iterator[SeenPort]:
    management = f"{city().site_of(role).id}-management"
    for service, member, server in _members(role):
        own = member.name if member.name.endswith("-db") else service
        groups = frozenset({own, management})
        yield SeenPort(name=member.name, device_id=server, addresses=(member.address,), groups=groups)


def _servers(role: SiteRole) -> Iterator[SeenServer]:
    for service, member, server in _members(role):
        if server:
            flavour = _workload(service).flavour
            yield SeenServer(name=member.name, service=service, ready=True, id=server, flavour=flavour)


def _volumes(role: SiteRole) -> Iterator[SeenVolume]:
    """The recovery site's hold a copy of two minutes ago; those of databases are streamed to."""
    for service, member, server in _members(role):
        copied = role is RECOVERY and not member.name.endswith("-db")
        yield SeenVolume(
            name=member.volume,
            service=service,
            size_gb=_workload(service).volume_gb,
            ready=True,
            attached_to=server,
            copy_of=f"datacentre/{member.volume}" if copied else "",
            data_as_of=NOW - timedelta(minutes=2) if copied else None,
        )


def _balancer(name: str, standing: Standing, entrance: Entrance) -> SeenBalancer:
    listeners = tuple(_listener(standing, one) for one in entrance.listeners)
    return SeenBalancer(name=name, service=name, ready=True, address=entrance.address, listeners=listeners)


def _listener(standing: Standing, one: Listener) -> SeenListener:
    members = frozenset(SeenMember(address=member.address, port=one.port) for member in standing.members)
    return SeenListener(
        protocol=one.protocol, port=one.port, clients=one.clients, members=members, name=f"listener-{one.port}"
    )


def _floating(role: SiteRole) -> Iterator[SeenFloatingAddress]:
    uplink = network(role, "public").cidr
    for name, _, entrance in _running(role):
        if entrance.floating:
            yield SeenFloatingAddress(address=str(uplink[100 + BLOCKS[role][name]]), leads_to=entrance.address)


def _record(role: SiteRole, entrance: Entrance) -> SeenRecord:
    """To the floating address where there is one, else to the balancer's own."""
    outside = tuple(one.address for one in _floating(role) if one.leads_to == entrance.address)
    return SeenRecord(
        zone=city().dns_zone, name=entrance.fqdn, kind="A", values=outside or (entrance.address,), ttl_s=TTL_S
    )


PRIMARY = SeenDatabase(
    at=NOW,
    standby=False,
    system="7301885112233445566",
    timeline=2,
    streams=True,
    backup_at=NOW - timedelta(minutes=50),
    restored_at=NOW - timedelta(hours=10),
    restored_well=True,
)
STANDBY = replace(PRIMARY, standby=True, lag=timedelta(milliseconds=20))


def databases() -> Iterator[AskedDatabase]:
    """The data centre's take writes, and those of the recovery site follow."""
    for role, answer in ((DATACENTRE, PRIMARY), (RECOVERY, STANDBY)):
        for name, one in declared(role).standing.items():
            if one.database:
                yield AskedDatabase(site=city().site_of(role).id, service=name, answer=answer)


def twins(*, datacentre: SeenSite | None = None, recovery: SeenSite | None = None) -> Sites:
    return Sites(
        city=city(),
        at=NOW,
        stacks=STACKS,
        declared_there=declared(DATACENTRE),
        declared_here=declared(RECOVERY),
        datacentre=datacentre or whole(DATACENTRE),
        recovery=recovery or whole(RECOVERY),
        databases=tuple(databases()),
    )


def spoilt(role: SiteRole, **parts: object) -> SeenSite:
    """The whole site with these parts instead."""
    return replace(whole(role), **parts)  # type: ignore[arg-type]  # a table's parts, each of its own type


def assessed(sites: Sites, stacks: tuple[StackEvidence, ...] = STACKS) -> Readiness:
    return assess(replace(sites, stacks=stacks))


def alone(readiness: Readiness) -> dict[str, Alone]:
    return {service.service: service.alone for service in readiness.services}


def gap_of(readiness: Readiness, subject: str) -> tuple[Answer, Weight, str]:
    (found,) = [gap for gap in readiness.gaps if gap.subject == subject]
    return found.answer, found.weight, found.problem


def without(part: str, dropped: str) -> SeenSite:
    """The recovery site without what is called so."""
    kept = tuple(one for one in getattr(whole(RECOVERY), part) if dropped not in str(one))
    return spoilt(RECOVERY, **{part: kept})


def depending(sites: Sites, **needs: tuple[str, ...]) -> Sites:
    """The sites of a city in which these services depend on those, and job-platform on nothing."""
    needs = {"job-platform": ()} | needs
    services = tuple(
        replace(service, depends_on=needs.get(service.id, service.depends_on)) for service in sites.city.services
    )
    return replace(sites, city=replace(sites.city, services=services))
