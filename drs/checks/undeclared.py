"""What stands at either site that the city does not declare? Whoever opened it by hand may have forgotten it."""

from collections.abc import Iterator
from dataclasses import replace

from drs.check import Check, Finding, InPlans, Weight, judged, where_seen
from drs.checks.rehearsals import copies
from drs.compared import Sites
from drs.expected import SiteDeclaration, Standing
from drs.observed import SeenSite, known

_OWN_KINDS = {"NS", "SOA"}
"""Records that a zone brings itself."""
_DEFAULT_GROUP = "default"
"""Neutron gives it to each project."""


def _find(sites: Sites, blank: Finding) -> Iterator[Finding]:
    for site, declared, seen in sites.both:
        base = replace(blank, alone=False)
        if not seen.reachable:
            yield where_seen(replace(base, subject=f"undeclared things at {site.id}"), seen, "servers")
            continue
        for part, kind, found in _undeclared(sites, declared, seen):
            names = found - (copies(sites, seen) if seen is sites.recovery else set())
            finding = replace(base, subject=f"undeclared {kind} at {site.id}")
            problems = [f"{', '.join(sorted(names))}: the city does not declare this"] if names else []
            yield where_seen(judged(finding, problems), seen, part)


def _undeclared(sites: Sites, declared: SiteDeclaration, seen: SeenSite) -> Iterator[tuple[str, str, set[str]]]:
    """The part in which things of a kind are seen, the kind, and what is not declared of it."""
    standing = declared.standing.values()
    entrances = [one.entrance for one in standing if one.entrance]
    networks = {network.id for network in sites.city.networks_at(seen.site)}
    members = {member.name for one in standing for member in one.machines}
    yield "subnets", "networks", {one.network for one in known(seen.subnets)} - networks
    yield "routers", "routers", {one.name for one in known(seen.routers)} - {declared.router}
    groups = {*declared.every_group, _DEFAULT_GROUP}
    yield "groups", "security groups", {one.name for one in known(seen.groups)} - groups
    ports = {one.name or one.device_id for one in known(seen.ports)}
    yield "ports", "ports", ports - members
    yield "servers", "servers", {one.name for one in known(seen.servers)} - {s for one in standing for s in one.servers}
    yield "volumes", "volumes", {one.name for one in known(seen.volumes)} - {v for one in standing for v in one.volumes}
    balancers = {service for service, one in declared.standing.items() if one.entrance}
    yield "balancers", "load balancers", {one.name for one in known(seen.balancers)} - balancers
    yield "balancers", "pool members", _behind(seen) - {pair for one in standing for pair in _due(one)}
    inside = {one.address for one in entrances if one.floating}
    floating = {one.address for one in known(seen.floating) if one.leads_to not in inside}
    yield "floating", "floating addresses", floating
    names = {one.fqdn for one in entrances}
    records = {f"{r.name} {r.kind}" for r in known(seen.records) if r.name not in names and r.kind not in _OWN_KINDS}
    yield "records", "records", records


def _behind(seen: SeenSite) -> set[str]:
    """Address and port of all that stand behind a balancer."""
    listeners = [listener for balancer in known(seen.balancers) for listener in balancer.listeners]
    return {f"{member.address}:{member.port}" for listener in listeners for member in listener.members}


def _due(standing: Standing) -> set[str]:
    listeners = standing.entrance.listeners if standing.entrance else ()
    return {f"{member.address}:{listener.port}" for listener in listeners for member in standing.members}


CHECK = Check(
    name="undeclared",
    area="undeclared",
    order=170,
    weight=Weight.WARNING,
    compares="the names of what stands at both sites with what the city declares for them",
    remedy="Declare it, or find out whose it is; asty leaves it alone.",
    find=_find,
    in_plans=InPlans.ALWAYS,
    both=True,
)
