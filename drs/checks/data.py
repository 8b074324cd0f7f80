"""Did the services' data come to the recovery site, and how old is it?"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from city.model.services import Service
from drs.check import Answer, Check, Finding, Weight, judged, where_seen
from drs.compared import Sites
from drs.expected import in_the_cloud
from drs.observed import SeenVolume, known


def _find(sites: Sites, blank: Finding) -> Iterator[Finding]:
    """It blocks where a service would start from that data; where servers run, they may have it by another way."""
    for service, (declared, _) in in_the_cloud(sites.city).items():
        standing = sites.declared_here.standing.get(service)
        in_use = {member.volume for member in standing.running} if standing else set()
        for name in (member.volume for member in standing.members if member.volume) if standing else ():
            weight = Weight.WARNING if name in in_use else Weight.BLOCKING
            finding = replace(blank, subject=f"data on {name}", services=frozenset({service}), weight=weight)
            yield where_seen(_judged(sites, finding, declared, name), sites.recovery, "volumes")


def _judged(sites: Sites, finding: Finding, service: Service, name: str) -> Finding:
    volume = next((one for one in known(sites.recovery.volumes) if one.name == name), None)
    origin = f"{sites.there.id}/{name}"
    if volume is None:
        return judged(finding, [f"the volume is not at {sites.here.id}"])
    if volume.copy_of not in {"", origin}:
        return judged(finding, [f"it holds a copy of {volume.copy_of}, not of {origin}"])
    if not volume.copy_of or volume.data_as_of is None:
        problem = "nobody saw that a copy ever came to it, nor of when"
        return replace(finding, answer=Answer.UNKNOWN, problem=problem)
    return judged(finding, _too_old(sites, service, volume))


def _too_old(sites: Sites, service: Service, volume: SeenVolume) -> Iterator[str]:
    if volume.data_as_of is None:
        return
    age = sites.at - volume.data_as_of
    if age < timedelta():
        yield f"it says that its data is of {volume.data_as_of:%Y-%m-%d %H:%M} UTC, which is to come"
    elif age > service.rpo:
        yield f"its data is of {volume.data_as_of:%Y-%m-%d %H:%M} UTC: {age} old, {service.rpo} were promised (RPO)"


CHECK = Check(
    name="data",
    area="data",
    order=130,
    weight=Weight.BLOCKING,
    compares="whose copy each data volume holds and as of when, with the service's RPO",
    remedy=(
        "Copy the data, and let what copies it take a snapshot that says so: `openstack --os-cloud recovery volume "
        "snapshot create --volume VOLUME --property copy_of=SITE/VOLUME --property data_as_of=MOMENT NAME`."
    ),
    find=_find,
)
