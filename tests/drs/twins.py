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
from city.model.services import Recovery
from city.model.wired import Network, Purpose
from drs.check import Answer, Weight
from drs.compared import Sites, StackEvidence
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
    return load(EXAMPLE)


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


def _standing(role: SiteRole, name: str, count: int, *, running: bool) -> Standing:
    _, workload = in_the_cloud(city())[name]
    cidr = network(role, workload.network).cidr
    block = list(cidr.subnets(new_prefix=29))[BLOCKS[role][name]]
    world = any(flow.source == "world" for flow in workload.flows)
    clients = frozenset({WORLD} if world else {cidr})
    return Standing(
        members=tuple(
            Member(name=f"{name}-{n}", address=str(block[n]), volume=f"{name}-{n}-data" if workload.volume_gb else "")
            for n in range(1, count + 1)
        ),
        rules=frozenset({tcp(workload.port, block), tcp(workload.port, list(cidr.subnets(prefixlen_diff=2))[-1])}),
        entrance=Entrance(
            address=str(block[0]),
            listeners=(Listener(protocol="TCP", port=workload.port, clients=clients),),
            floating=world,
            fqdn=f"{workload.dns_name}.{city().dns_zone}",
        )
        if running
        else None,
    )


def whole(role: SiteRole) -> SeenSite:
    """A site with all that the city declares for it."""
    site, wanted = city().site_of(role), declared(role)
    networks = list(city().networks_at(site.id))
    workloads = {name: workload for name, (_, workload) in in_the_cloud(city()).items()}
    running = {name: one for name, one in wanted.standing.items() if one.entrance}
    return SeenSite(
        site=site.id,
        flavours=tuple(
            SeenFlavour(name=f.id, vcpus=f.vcpus, ram_mb=f.ram_mb, disk_gb=f.disk_gb) for f in city().platform.flavours
        ),
        images=tuple(
            SeenImage(
                name=i.id,
                active=True,
                algorithm="sha512",
                digest=DIGEST,
                sha256=i.sha256,
                disk_format=i.disk_format,
                min_disk_gb=i.min_disk_gb,
            )
            for i in city().platform.images
        ),
        quotas=tuple(
            SeenQuota(resource=r, limit=None, used=3) for r in room(city(), workloads["portal"], wanted.full["portal"])
        ),
        subnets=tuple(SeenSubnet(network=n.id, cidr=n.cidr, gateway=str(n.cidr[1])) for n in networks),
        routers=(
            SeenRouter(
                name=site.id,
                uplink=True,
                subnets=frozenset(n.cidr for n in networks if n.purpose is not Purpose.PUBLIC),
            ),
        ),
        groups=tuple(SeenGroup(name=name, rules=rules) for name, rules in wanted.every_group.items()),
        keys=(SeenKey(name="operators", public_key=" ".join(city().platform.operators_key.split()[:2])),),
        ports=tuple(
            SeenPort(
                name=member.name,
                device_id=f"id-of-{member.name}" if one.entrance else "",
                addresses=(member.address,),
                groups=frozenset({name, f"{site.id}-management"}),
            )
            for name, one in wanted.standing.items()
            for member in one.members
        ),
        servers=tuple(
            SeenServer(name=server, service=name, ready=True, id=f"id-of-{server}", flavour=workloads[name].flavour)
            for name, one in running.items()
            for server in one.servers
        ),
        volumes=tuple(
            SeenVolume(
                name=member.volume,
                service=name,
                size_gb=workloads[name].volume_gb,
                ready=True,
                attached_to=f"id-of-{member.name}" if one.entrance else "",
                copy_of=f"datacentre/{member.volume}" if role is RECOVERY else "",
                data_as_of=NOW - timedelta(minutes=2) if role is RECOVERY else None,
            )
            for name, one in wanted.standing.items()
            for member in one.members
        ),
        balancers=tuple(_balancer(name, one, one.entrance) for name, one in running.items() if one.entrance),
        floating=tuple(_floating(role)),
        zones=(SeenZone(name=city().dns_zone),),
        records=tuple(
            SeenRecord(
                zone=city().dns_zone,
                name=one.entrance.fqdn,
                kind="A",
                values=tuple(f.address for f in _floating(role) if f.leads_to == one.entrance.address)
                or (one.entrance.address,),
                ttl_s=TTL_S,
            )
            for one in running.values()
            if one.entrance
        ),
    )


def _balancer(name: str, standing: Standing, entrance: Entrance) -> SeenBalancer:
    listeners = tuple(
        SeenListener(
            protocol=one.protocol,
            port=one.port,
            clients=one.clients,
            members=frozenset(SeenMember(address=member.address, port=one.port) for member in standing.members),
        )
        for one in entrance.listeners
    )
    return SeenBalancer(name=name, service=name, ready=True, address=entrance.address, listeners=listeners)


def _floating(role: SiteRole) -> Iterator[SeenFloatingAddress]:
    uplink = network(role, "public").cidr
    for name, one in declared(role).standing.items():
        if one.entrance and one.entrance.floating:
            yield SeenFloatingAddress(address=str(uplink[100 + BLOCKS[role][name]]), leads_to=one.entrance.address)


def twins(*, datacentre: SeenSite | None = None, recovery: SeenSite | None = None) -> Sites:
    return Sites(
        city=city(),
        at=NOW,
        stacks=STACKS,
        declared_there=declared(DATACENTRE),
        declared_here=declared(RECOVERY),
        datacentre=datacentre or whole(DATACENTRE),
        recovery=recovery or whole(RECOVERY),
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
