"""What stands at the recovery site for each service, whether the rest would fit, and whether it can be found."""

from collections.abc import Iterable, Iterator

from city.model.services import Workload
from drs.checks import Answer, Check, Sites, met, where_seen
from drs.expected import NOTHING, in_the_cloud, room
from drs.observed import SeenBalancer, SeenServer, SeenSite, known

_COUNTED_IN = {
    "cores": "servers",
    "ram_mb": "servers",
    "servers": "servers",
    "volumes": "volumes",
    "volume_gb": "volumes",
}
"""The part that shows how much of a quota's resource the services have."""


def quotas(sites: Sites) -> Iterator[Check]:
    """What is not placed here yet fits into what the project may still have.

    Where nobody could see what is placed, all of it is needed: if even that fits, it fits.
    """
    limits = {quota.resource: quota for quota in known(sites.recovery.quotas)}
    for resource, need in missing(sites).items():
        quota = limits.get(resource)
        free = 0 if quota is None else quota.free
        fits = quota is not None and free >= need
        check = Check(
            area="quotas",
            subject=f"quota of {resource}",
            services=sites.services,
            answer=met(yes=fits),
            problem=f"{need} more are needed at {sites.here.id} to bring all services there, {free:.0f} are free",
            remedy=f"Have it raised by {need - free:.0f}.",
        )
        yield where_seen(check, sites.recovery, "quotas", *([] if fits else [_COUNTED_IN[resource]]))


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
        here = sites.recovery
        for part, kind, count, found in (
            ("servers", "servers", wanted.servers, _ready(known(here.servers), service)),
            ("volumes", "data volumes", wanted.volumes, _volumes(here, service, workload)),
            ("balancers", "load balancers", wanted.balancers, _ready(known(here.balancers), service)),
        ):
            if count:
                yield where_seen(_placement(sites, service, kind, count, found), here, part)


def _placement(sites: Sites, service: str, kind: str, wanted: int, found: int) -> Check:
    return Check(
        area="placement",
        subject=f"{kind} of {service}",
        services=frozenset({service}),
        answer=met(yes=found >= wanted),
        problem=f"{found} of {wanted} stand ready at {sites.here.id} ({sites.city.service(service).recovery} recovery)",
    )


def _ready(found: Iterable[SeenServer | SeenBalancer], service: str) -> int:
    return sum(one.service == service and one.ready for one in found)


def _volumes(site: SeenSite, service: str, workload: Workload) -> int:
    volumes = (one for one in known(site.volumes) if one.service == service and one.ready)
    return sum(one.size_gb >= workload.volume_gb for one in volumes)


def names(sites: Sites) -> Iterator[Check]:
    """The name of each service that runs there is in the recovery site's own DNS."""
    listed = {record.name for record in known(sites.recovery.records)}
    for service, (_, workload) in in_the_cloud(sites.city).items():
        if sites.standing.get(service, NOTHING).balancers:
            fqdn = f"{workload.dns_name}.{sites.city.dns_zone}"
            check = Check(
                area="names",
                subject=f"name {fqdn}",
                services=frozenset({service}),
                answer=met(yes=fqdn in listed),
                problem=f"the DNS of {sites.here.id} does not know it",
            )
            yield where_seen(check, sites.recovery, "records")


def dependencies(sites: Sites) -> Iterator[Check]:
    """What a service depends on is in the cloud too, or nobody here can see whether it survives."""
    cloud = in_the_cloud(sites.city)
    for service, (declared, _) in cloud.items():
        for other in declared.depends_on:
            if other not in cloud:
                yield Check(
                    area="dependencies",
                    subject=f"{service} depends on {other}",
                    services=frozenset({service}),
                    answer=Answer.UNKNOWN,
                    alone=False,
                    problem=f"{other} is not in the cloud, so nothing here shows whether it is recovered",
                    remedy=f"Declare a workload for {other}, or ask whoever runs it.",
                )
