"""What stands at the recovery site for each service, whether the rest would fit, and whether it can be found."""

from collections.abc import Iterable, Iterator

from city.model.services import Workload
from drs.checks import Answer, Check, Sites, Weight, met, seen
from drs.expected import NOTHING, in_the_cloud, room
from drs.observed import Part, SeenBalancer, SeenServer, Unseen, known


def quotas(sites: Sites) -> Iterator[Check]:
    """What is not placed here yet fits into what the project may still have."""
    limits = {quota.resource: quota for quota in known(sites.recovery.quotas)}
    for resource, need in missing(sites).items():
        quota = limits.get(resource)
        free = 0 if quota is None else quota.free
        yield Check(
            area="quotas",
            subject=f"quota of {resource}",
            services=sites.services,
            answer=seen(sites.recovery.quotas, yes=quota is not None and free >= need),
            problem=f"{need} more are needed at {sites.here.id} to bring all services there, {free:.0f} are free",
            remedy=f"Have it raised by {need - free:.0f}.",
        )


def missing(sites: Sites) -> dict[str, int]:
    """How much of each quota all services would take beyond what they have at the recovery site already."""
    need: dict[str, int] = {}
    for service, (_, workload) in in_the_cloud(sites.city).items():
        has = _placed(sites, service, workload)
        for resource, wanted in room(sites.city, workload).items():
            need[resource] = need.get(resource, 0) + max(wanted - has[resource], 0)
    return need


def _placed(sites: Sites, service: str, workload: Workload) -> dict[str, int]:
    servers = sum(server.service == service for server in known(sites.recovery.servers))
    volumes = [volume.size_gb for volume in known(sites.recovery.volumes) if volume.service == service]
    flavour = next(flavour for flavour in sites.city.platform.flavours if flavour.id == workload.flavour)
    return {
        "cores": servers * flavour.vcpus,
        "ram_mb": servers * flavour.ram_mb,
        "servers": servers,
        "volumes": len(volumes),
        "volume_gb": sum(volumes),
    }


def placements(sites: Sites) -> Iterator[Check]:
    """What shall stand ready at all times does: servers, data volumes, load balancers."""
    for service, (_, workload) in in_the_cloud(sites.city).items():
        wanted = sites.standing.get(service, NOTHING)
        yield from _placement(sites, service, "servers", wanted.servers, _ready(sites.recovery.servers, service))
        yield from _placement(sites, service, "data volumes", wanted.volumes, _volumes(sites, service, workload))
        balancers = _ready(sites.recovery.balancers, service)
        yield from _placement(sites, service, "load balancers", wanted.balancers, balancers)


def _placement(sites: Sites, service: str, kind: str, wanted: int, found: int | None) -> Iterable[Check]:
    """Nothing to ask where nothing is wanted; `found` of None is what could not be seen."""
    if not wanted:
        return
    yield Check(
        area="placement",
        subject=f"{kind} of {service}",
        services=frozenset({service}),
        answer=Answer.UNKNOWN if found is None else met(yes=found >= wanted),
        problem=f"{found} of {wanted} stand ready at {sites.here.id} ({sites.city.service(service).recovery} recovery)",
    )


def _ready(part: Part[SeenServer] | Part[SeenBalancer], service: str) -> int | None:
    return None if isinstance(part, Unseen) else sum(one.service == service and one.ready for one in part)


def _volumes(sites: Sites, service: str, workload: Workload) -> int | None:
    part = sites.recovery.volumes
    if isinstance(part, Unseen):
        return None
    return sum(one.service == service and one.ready and one.size_gb >= workload.volume_gb for one in part)


def names(sites: Sites) -> Iterator[Check]:
    """The name of each service that runs there is in the recovery site's own DNS."""
    listed = {record.name for record in known(sites.recovery.records)}
    for service, (_, workload) in in_the_cloud(sites.city).items():
        if sites.standing.get(service, NOTHING).balancers:
            fqdn = f"{workload.dns_name}.{sites.city.dns_zone}"
            yield Check(
                area="names",
                subject=f"name {fqdn}",
                services=frozenset({service}),
                answer=seen(sites.recovery.records, yes=fqdn in listed),
                problem=f"the DNS of {sites.here.id} does not know it",
            )


def dependencies(sites: Sites) -> Iterator[Check]:
    """What a service depends on is in the cloud too, or nobody here can say that it survives."""
    cloud = in_the_cloud(sites.city)
    for service, (declared, _) in cloud.items():
        for other in declared.depends_on:
            if other not in cloud:
                yield Check(
                    area="dependencies",
                    subject=f"{service} depends on {other}",
                    services=frozenset({service}),
                    answer=Answer.UNMET,
                    weight=Weight.WARNING,
                    problem=f"{other} is not in the cloud, so nothing here recovers it",
                    remedy=f"Declare a workload for {other}, or say elsewhere how it is recovered.",
                )
