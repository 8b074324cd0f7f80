"""Are the data volumes there, of their size, and of use?"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from drs import mending
from drs.check import PLAN, Answer, Check, Finding, InPlans, Weight, counted, the_one, where_seen
from drs.compared import Sites
from drs.expected import in_the_cloud, volume_gb
from drs.observed import SeenVolume, known


def _find(sites: Sites, blank: Finding) -> Iterator[Finding]:
    for service, (_, workload) in in_the_cloud(sites.city).items():
        standing = sites.declared_here.standing.get(service)
        if standing and standing.volumes:
            finding = replace(blank, subject=f"data volumes of {service}", services=frozenset({service}))
            found = [(name, the_one(known(sites.recovery.volumes), name, sites.here.id)) for name in standing.volumes]
            sizes = {name: volume_gb(workload, standing, name) for name in standing.volumes}
            told = _judged(sites, finding, found, sizes, {member.volume for member in standing.running})
            yield where_seen(told, sites.recovery, "volumes")


def _judged(
    sites: Sites,
    finding: Finding,
    found: list[tuple[str, SeenVolume | str]],
    sizes: Mapping[str, int],
    in_use: Collection[str],
) -> Finding:
    """`sizes` are the declared ones in GB; `in_use` are those whose servers shall run."""
    useless = [(name, problem) for name, one in found if (problem := _useless(one, sizes[name]))]
    odd = [(name, problem) for name, one in found for problem in _odd(one, sizes[name], finding, name in in_use)]
    answer = counted(len(found) - len(useless), len(found))
    if answer is Answer.MET and odd:
        finding, answer = replace(finding, weight=Weight.WARNING), Answer.PARTLY
    ready = f"{len(found) - len(useless)} of {len(found)} stand ready at {sites.here.id}"
    problem = f"{ready}: {'; '.join(f'{name}: {told}' for name, told in (*useless, *odd))}" if useless or odd else ""
    return replace(finding, answer=answer, problem=problem, remedy=_remedy(sites, finding, found))


def _useless(found: SeenVolume | str, size_gb: int) -> str:
    if isinstance(found, str):
        return found
    if not found.ready or found.trouble:
        return f"it is in {found.trouble or 'a state of no use'}"
    return f"it has {found.size_gb} GB of {size_gb}" if found.size_gb < size_gb else ""


def _odd(found: SeenVolume | str, size_gb: int, finding: Finding, running: bool) -> Iterator[str]:  # noqa: FBT001 - what is declared of it
    if isinstance(found, str):
        return
    if found.size_gb > size_gb:
        yield f"it has {found.size_gb} GB, {size_gb} are declared; no volume shrinks: declare what it has"
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
