"""Is what a server's port lets pass decided by the declared groups, at both sites?"""

from collections.abc import Iterator
from dataclasses import replace

from city.model.places import Site, SiteRole
from drs import mending
from drs.check import PLAN, Check, Finding, InPlans, Weight, judged, the_one, where_seen
from drs.compared import Sites
from drs.expected import Member
from drs.observed import SeenPort, SeenSite, Unseen, known


def _find(sites: Sites, blank: Finding) -> Iterator[Finding]:
    for site, declared, seen in sites.both:
        recovery = site == sites.here
        base = blank if recovery else replace(blank, weight=Weight.WARNING)
        if isinstance(seen.ports, Unseen) and not recovery:
            yield where_seen(replace(base, subject=f"ports of {site.id}", weight=Weight.WARNING), seen, "ports")
            continue
        for service, standing in declared.standing.items():
            for member in standing.machines:
                own = member.name if member == standing.database else service
                groups = frozenset({own, *declared.groups})
                subject = f"port {member.name}" if recovery else f"port {member.name} of {site.id}"
                finding = replace(base, subject=subject, services=frozenset({service}))
                told = _compared(finding, site, seen, member, groups, idle=member not in standing.running)
                yield where_seen(told, seen, "ports", *(["servers"] if recovery and standing.servers else []))


def _compared(  # noqa: PLR0913 - a port, where it is, and what it shall be
    finding: Finding, site: Site, seen: SeenSite, member: Member, groups: frozenset[str], *, idle: bool
) -> Finding:
    found = the_one(known(seen.ports), member.name, site.id)
    if isinstance(found, str):
        return judged(finding, [found])
    if not found.guarded or found.groups != groups:
        remedy = mending.port(site.role.value, member.name, groups, guarded=found.guarded)
        finding = replace(finding, remedy=remedy)
    plugged = _plugged(seen, found, idle=idle) if site.role is SiteRole.RECOVERY else ()
    return judged(finding, [*_problems(found, member, groups), *plugged])


def _problems(found: SeenPort, member: Member, groups: frozenset[str]) -> Iterator[str]:
    if found.trouble:
        yield f"it is {found.trouble}"
    if not found.guarded:
        yield "its port security is off, or lifted for other addresses: its groups do not decide what passes"
    if missing := sorted(groups - found.groups):
        yield f"it lacks the security group {', '.join(missing)}"
    if extra := sorted(found.groups - groups):
        yield f"it has the security group {', '.join(extra)}, which the city does not declare for it"
    if found.addresses != (member.address,):
        yield f"its address is {', '.join(found.addresses) or 'not set'}, not {member.address}"


def _plugged(seen: SeenSite, found: SeenPort, *, idle: bool) -> Iterator[str]:
    """A port carries the server of its name, and none where none shall run: one that a drill just opens there comes
    to its port in a moment, and whether it stands, the drill's own step says."""
    servers = {server.id for server in known(seen.servers) if server.name == found.name}
    free = {""} if idle or not servers else set[str]()
    if found.device_id not in servers | free:
        yield f"it is plugged into {found.device_id or 'nothing'}"


CHECK = Check(
    name="ports",
    area="security groups",
    order=90,
    weight=Weight.BLOCKING,
    compares="the port of each member: its address, its security groups, and whether they are in force",
    remedy=PLAN,
    find=lambda sites, blank: _find(sites, replace(blank, alone=False)),
    in_plans=InPlans.AT_REST,
    mended_by=frozenset({"Port"}),
    both=True,
)
