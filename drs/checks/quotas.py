"""Would all that is not there yet fit into what the project may still have?"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from city.model.services import Workload
from drs.check import Answer, Check, Finding, Weight, judged, where_seen
from drs.compared import Sites
from drs.expected import DEFAULT_RULES, Standing, in_the_cloud, room
from drs.observed import known

_COUNTED_IN = {
    "cores": ("servers",),
    "ram_mb": ("servers",),
    "servers": ("servers",),
    "server_groups": ("servers",),
    "volumes": ("volumes",),
    "volume_gb": ("volumes",),
    "ports": ("ports", "balancers"),
    "floating_ips": ("floating",),
    "security_groups": ("groups",),
    "security_group_rules": ("groups",),
    "load_balancers": ("balancers",),
    "server_group_members": (),
    "gb_of_one_volume": (),
}
"""The parts that show how much of a quota's resource the services have."""
_EACH = frozenset({"server_group_members", "gb_of_one_volume"})
"""Limits of each single group or volume: not the sum of all services counts, but the largest."""


def _find(sites: Sites, blank: Finding) -> Iterator[Finding]:
    """Where nobody could see what is placed, all of it is needed: if even that fits, it fits."""
    quotas = {quota.resource: quota for quota in known(sites.recovery.quotas)}
    for resource, needs in missing(sites).items():
        need, quota = together(resource, needs), quotas.get(resource)
        services = frozenset(service for service, more in needs.items() if more) or sites.services
        finding = replace(blank, subject=f"quota of {resource}", services=services)
        if quota is None:
            told = replace(finding, answer=Answer.UNKNOWN, problem=f"{sites.here.id} names no quota of {resource}")
            yield where_seen(told, sites.recovery, "quotas")
            continue
        fits = quota.free >= need
        problem = f"{need} more are needed at {sites.here.id} to bring all services there, {quota.free:.0f} are free"
        finding = replace(finding, remedy=blank.remedy if fits else f"Have it raised by {need - quota.free:.0f}.")
        told = judged(finding, [] if fits else [problem])
        yield where_seen(told, sites.recovery, "quotas", *(() if fits else _COUNTED_IN[resource]))


def together(resource: str, needs: Mapping[str, int]) -> int:
    """What the needs of all services come to."""
    return max(needs.values(), default=0) if resource in _EACH else sum(needs.values())


def missing(sites: Sites) -> dict[str, dict[str, int]]:
    """How much of each quota each service would take beyond what it has at the recovery site already."""
    need: dict[str, dict[str, int]] = {resource: {} for resource in _COUNTED_IN}
    for service, (_, workload) in in_the_cloud(sites.city).items():
        full = sites.declared_here.full[service]
        has = _placed(sites, service, workload, full)
        for resource, wanted in room(sites.city, workload, full).items():
            need[resource][service] = max(wanted - has.get(resource, 0), 0)
    return need


def _placed(sites: Sites, service: str, workload: Workload, full: Standing) -> dict[str, int]:
    here = sites.recovery
    servers = sum(server.service == service for server in known(here.servers))
    volumes = [volume.size_gb for volume in known(here.volumes) if volume.service == service]
    balancers = sum(balancer.service == service for balancer in known(here.balancers))
    own = {service, full.database.name if full.database else service}
    groups = [group for group in known(here.groups) if group.name in own]
    members = {member.name for member in full.machines}
    vip = full.entrance.address if full.entrance else ""
    flavour = next(flavour for flavour in sites.city.platform.flavours if flavour.id == workload.flavour)
    return {
        "cores": servers * flavour.vcpus,
        "ram_mb": servers * flavour.ram_mb,
        "servers": servers,
        "server_groups": int(servers > int(full.database is not None)),
        "volumes": len(volumes),
        "volume_gb": sum(volumes),
        "ports": sum(port.name in members for port in known(here.ports)) + balancers,
        "floating_ips": sum(one.leads_to == vip for one in known(here.floating)),
        "security_groups": len(groups),
        "security_group_rules": sum(len(group.rules) + DEFAULT_RULES for group in groups),
        "load_balancers": balancers,
    }


CHECK = Check(
    name="quotas",
    area="quotas",
    order=100,
    weight=Weight.BLOCKING,
    compares="what all services would take of each quota beyond what they have there, with what is free",
    remedy="Ask whoever runs the cloud for its quotas.",
    find=_find,
)
