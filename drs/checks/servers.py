"""Does each member that shall run there run, on its own port, with its own data volume?"""

from collections.abc import Iterator
from dataclasses import replace

from city.model.places import SiteRole
from city.model.services import Workload
from drs import mending
from drs.check import PLAN, Answer, Check, Finding, InPlans, Weight, the_one, where_seen
from drs.compared import Sites
from drs.expected import Member, in_the_cloud
from drs.observed import SeenPort, SeenServer, SeenSite, SeenVolume, known

_OFF = "SHUTOFF"


def _find(sites: Sites, blank: Finding) -> Iterator[Finding]:
    for service, (_, workload) in in_the_cloud(sites.city).items():
        standing = sites.declared_here.standing.get(service)
        if standing and standing.entrance:
            finding = replace(blank, subject=f"servers of {service}", services=frozenset({service}))
            yield compared(sites, finding, standing.members, service, workload)


def compared(sites: Sites, finding: Finding, members: tuple[Member, ...], service: str, workload: Workload) -> Finding:
    """These machines of a service: how many of them are of use, and what is not as declared."""
    parts = ("servers", "ports", *(["volumes"] if any(member.volume for member in members) else []))
    return where_seen(_judged(sites, finding, members, service, workload), sites.recovery, *parts)


def _judged(sites: Sites, finding: Finding, members: tuple[Member, ...], service: str, workload: Workload) -> Finding:
    """A member serves where its server, its port and its volume do; it may serve, and not be as declared."""
    here = sites.recovery
    useless = {member.name: list(_useless(here, member)) for member in members}
    odd = {member.name: list(_odd(here, member, service, workload)) for member in members}
    ready = sum(not problems for problems in useless.values())
    if ready == len(members) and not any(odd.values()):
        return replace(finding, answer=Answer.MET)
    told = [f"{name}: {problem}" for name in useless for problem in (*useless[name], *odd[name])]
    of_it = f" ({sites.city.service(service).recovery} recovery)" if sites.here.role is SiteRole.RECOVERY else ""
    return replace(
        finding,
        answer=Answer.PARTLY if ready else Answer.UNMET,
        problem=f"{ready} of {len(members)} stand ready at {here.site}{of_it}: {'; '.join(told)}",
        remedy=_remedy(sites, members) or finding.remedy,
    )


def _useless(here: SeenSite, member: Member) -> Iterator[str]:
    server = the_one(known(here.servers), member.name, here.site)
    if isinstance(server, str):
        yield server
        return
    if not server.ready or server.trouble:
        yield f"it is in {server.trouble or 'a state of no use'}"
    yield from _unplugged(the_one(known(here.ports), member.name, here.site), server)
    if member.volume:
        yield from _detached(the_one(known(here.volumes), member.volume, here.site), server, member.volume)


def _unplugged(port: SeenPort | str, server: SeenServer) -> Iterator[str]:
    if isinstance(port, str):
        yield f"its port: {port}"
    elif port.device_id != server.id:
        yield "its port is not plugged into it"
    elif port.trouble:
        yield f"its port is {port.trouble}"


def _detached(volume: SeenVolume | str, server: SeenServer, name: str) -> Iterator[str]:
    if isinstance(volume, str):
        yield f"its volume {name}: {volume}"
    elif volume.attached_to != server.id:
        yield f"its volume {name} is not attached to it"


def _odd(here: SeenSite, member: Member, service: str, workload: Workload) -> Iterator[str]:
    server = the_one(known(here.servers), member.name, here.site)
    if isinstance(server, str):
        return
    if server.flavour != workload.flavour:
        yield f"its flavour is {server.flavour or 'unknown'}, not {workload.flavour}"
    if server.service != service:
        yield f"its property service says {server.service or 'nothing'}"


def _remedy(sites: Sites, members: tuple[Member, ...]) -> str:
    """What helps those that are in a state which a plan leaves as it is."""
    cloud, names = sites.here.role.value, {member.name for member in members}
    servers = [one for one in known(sites.recovery.servers) if one.name in names and one.trouble]
    ports = [one for one in known(sites.recovery.ports) if one.name in names and one.trouble]
    fenced = {one.name for one in servers if one.trouble == _OFF} & {one.name for one in ports}
    mended = [mending.server(cloud, one.name, one.trouble) for one in servers if one.name not in fenced]
    plugged = [mending.switched_on(cloud, "port", one.name) for one in ports if one.name not in fenced]
    return "; ".join([*mended, *plugged, *(mending.fenced(cloud, name) for name in sorted(fenced))])


CHECK = Check(
    name="servers",
    area="placement",
    order=120,
    weight=Weight.BLOCKING,
    compares="each member that shall run there: its server's state and flavour, its port and its volume",
    remedy=PLAN,
    find=_find,
    in_plans=InPlans.AT_REST,
    mended_by=frozenset({"Instance", "Port", "VolumeAttach"}),
)
