"""The example city's two sites, as they look when everything is as it should be; tests then spoil one thing."""

from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from city.load import load
from city.model.city import City
from city.model.places import SiteRole
from city.model.services import Recovery
from drs.checks import Answer, Sites, StackEvidence, Weight
from drs.expected import Standing, in_the_cloud, room
from drs.observed import (
    SeenBalancer,
    SeenFlavour,
    SeenGroup,
    SeenImage,
    SeenKey,
    SeenQuota,
    SeenRecord,
    SeenRule,
    SeenServer,
    SeenSite,
    SeenSubnet,
    SeenVolume,
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


@cache
def city() -> City:
    return load(EXAMPLE)


def standing() -> dict[str, Standing]:
    """Active in full, warm with one, a pilot light's volume alone, cold not at all."""
    found = {}
    for name, (service, workload) in in_the_cloud(city()).items():
        members = workload.instances if service.recovery is Recovery.ACTIVE else 1
        running = service.recovery in {Recovery.ACTIVE, Recovery.WARM}
        if service.recovery is not Recovery.COLD:
            found[name] = Standing(
                servers=members if running else 0, volumes=members if workload.volume_gb else 0, balancers=int(running)
            )
    return found


def whole(role: SiteRole) -> SeenSite:
    """A site with all that the city declares for it."""
    site = city().site_of(role)
    in_full = {
        name: Standing(servers=w.instances, volumes=w.instances if w.volume_gb else 0, balancers=1)
        for name, (_, w) in in_the_cloud(city()).items()
    }
    there = in_full if role is SiteRole.DATACENTRE else standing()
    workloads = {name: workload for name, (_, workload) in in_the_cloud(city()).items()}
    application = next(n for n in city().networks_at(site.id) if n.purpose == "application")
    management = next(n for n in city().networks_at(site.id) if n.purpose == "management")
    block = str(list(application.cidr.subnets(new_prefix=29))[3 if role is SiteRole.DATACENTRE else 5])
    return SeenSite(
        site=site.id,
        flavours=tuple(
            SeenFlavour(name=f.id, vcpus=f.vcpus, ram_mb=f.ram_mb, disk_gb=f.disk_gb) for f in city().platform.flavours
        ),
        images=tuple(
            SeenImage(name=i.id, active=True, algorithm="sha512", digest=DIGEST, sha256=i.sha256)
            for i in city().platform.images
        ),
        quotas=tuple(SeenQuota(resource=r, limit=None, used=3) for r in room(city(), workloads["portal"])),
        subnets=tuple(SeenSubnet(network=n.id, cidr=n.cidr) for n in city().networks_at(site.id)),
        groups=(
            SeenGroup(
                name=f"{site.id}-management",
                rules=frozenset(
                    {SeenRule(direction="ingress", protocol="tcp", ports="22", remote=str(management.cidr))}
                ),
            ),
            SeenGroup(
                name="portal",
                rules=frozenset({SeenRule(direction="ingress", protocol="tcp", ports="443", remote=block)}),
            ),
            *([SeenGroup(name="monitoring", rules=frozenset())] if role is SiteRole.DATACENTRE else []),
        ),
        keys=(SeenKey(name="operators", public_key=" ".join(city().platform.operators_key.split()[:2])),),
        servers=tuple(
            SeenServer(name=f"{s}-{i}", service=s, ready=True)
            for s, ready in there.items()
            for i in range(ready.servers)
        ),
        volumes=tuple(
            SeenVolume(name=f"{s}-{i}-data", service=s, size_gb=workloads[s].volume_gb, ready=True)
            for s, ready in there.items()
            for i in range(ready.volumes)
        ),
        balancers=tuple(SeenBalancer(name=s, service=s, ready=True) for s, ready in there.items() if ready.balancers),
        records=tuple(
            SeenRecord(
                zone=city().dns_zone, name=f"{workloads[s].dns_name}.{city().dns_zone}", kind="A", values=("10.0.0.1",)
            )
            for s, ready in there.items()
            if ready.balancers
        ),
    )


def twins(*, datacentre: SeenSite | None = None, recovery: SeenSite | None = None) -> Sites:
    return Sites(
        city=city(),
        standing=standing(),
        datacentre=datacentre or whole(SiteRole.DATACENTRE),
        recovery=recovery or whole(SiteRole.RECOVERY),
    )


def spoilt(role: SiteRole, **parts: object) -> SeenSite:
    """The whole site with these parts instead."""
    return replace(whole(role), **parts)  # type: ignore[arg-type]  # a table's parts, each of its own type


def assessed(sites: Sites, stacks: tuple[StackEvidence, ...] = STACKS) -> Readiness:
    return assess(sites, stacks, NOW)


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
