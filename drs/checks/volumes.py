"""Are the data volumes there, of their size, and of use?"""

from collections.abc import Iterator
from dataclasses import replace

from city.model.services import Workload
from drs import mending
from drs.check import PLAN, Answer, Check, Finding, InPlans, Weight, counted, the_one, where_seen
from drs.compared import Sites
from drs.expected import in_the_cloud
from drs.observed import SeenVolume, known


def _find(sites: Sites, blank: Finding) -> Iterator[Finding]:
    for service, (_, workload) in in_the_cloud(sites.city).items():
        standing = sites.declared_here.standing.get(service)
        if standing and standing.volumes:
            finding = replace(blank, subject=f"data volumes of {service}", services=frozenset({service}))
            found = [(name, the_one(known(sites.recovery.volumes), name, sites.here.id)) for name in standing.volumes]
            told = _judged(sites, finding, workload, found, running=bool(standing.servers))
            yield where_seen(told, sites.recovery, "volumes")


def _judged(
    sites: Sites, finding: Finding, workload: Workload, found: list[tuple[str, SeenVolume | str]], *, running: bool
) -> Finding:
    useless = [(name, problem) for name, one in found if (problem := _useless(one, workload))]
    odd = [(name, problem) for name, one in found for problem in _odd(one, workload, finding, running=running)]
    answer = counted(len(found) - len(useless), len(found))
    if answer is Answer.MET and odd:
        finding, answer = replace(finding, weight=Weight.WARNING), Answer.PARTLY
    ready = f"{len(found) - len(useless)} of {len(found)} stand ready at {sites.here.id}"
    problem = f"{ready}: {'; '.join(f'{name}: {told}' for name, told in (*useless, *odd))}" if useless or odd else ""
    return replace(finding, answer=answer, problem=problem, remedy=_remedy(sites, finding, found))


def _useless(found: SeenVolume | str, workload: Workload) -> str:
    if isinstance(found, str):
        return found
    if not found.ready or found.trouble:
        return f"it is in {found.trouble or 'a state of no use'}"
    return f"it has {found.size_gb} GB of {workload.volume_gb}" if found.size_gb < workload.volume_gb else ""


def _odd(found: SeenVolume | str, workload: Workload, finding: Finding, *, running: bool) -> Iterator[str]:
    if isinstance(found, str):
        return
    if found.size_gb > workload.volume_gb:
        yield f"it has {found.size_gb} GB, {workload.volume_gb} are declared; no volume shrinks: declare what it has"
    if found.service not in finding.services:
        yield f"its property service says {found.service or 'nothing'}"
    if found.attached_to and not running:
        yield f"it is attached to {found.attached_to}, a server that the city does not declare here"


def _remedy(sites: Sites, finding: Finding, found: list[tuple[str, SeenVolume | str]]) -> str:
    seen = [one for _, one in found if isinstance(one, SeenVolume)]
    cloud = sites.here.role.value
    mended = [
        mending.volume(cloud, one.name, one.trouble, attached=bool(one.attached_to)) for one in seen if one.trouble
    ]
    return "; ".join(mended) or finding.remedy


CHECK = Check(
    name="volumes",
    area="placement",
    order=110,
    weight=Weight.BLOCKING,
    compares="each data volume that shall stand there: its name, size, state and service",
    remedy=f"{PLAN} A volume that vanished took its data with it: restore a backup to the new one.",
    find=_find,
    in_plans=InPlans.AT_REST,
    mended_by=frozenset({"Volume"}),
)
