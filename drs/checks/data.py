"""Did the services' data come to the recovery site, and how old is it?"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from city.model import vaults
from city.model.services import Service
from drs.check import Answer, Check, Finding, Weight, judged, where_seen
from drs.compared import Sites
from drs.expected import in_the_cloud
from drs.observed import Unseen, known


def _find(sites: Sites, blank: Finding) -> Iterator[Finding]:
    """It blocks where a service would start from that data; where servers run, they may have it by another way."""
    for service, (declared, _) in in_the_cloud(sites.city).items():
        standing = sites.declared_here.standing.get(service)
        in_use = {member.volume for member in standing.running} if standing else set()
        for name in (member.volume for member in standing.members if member.volume) if standing else ():
            weight = Weight.WARNING if name in in_use else Weight.BLOCKING
            finding = replace(blank, subject=f"data on {name}", services=frozenset({service}), weight=weight)
            kept = _kept(sites, finding, declared, name)
            yield kept or where_seen(_judged(sites, finding, declared, name), sites.recovery, "volumes")


def _kept(sites: Sites, finding: Finding, service: Service, name: str) -> Finding | None:
    """By the vault, where the city has one: from its copies a drill brings the files. None where it has none, and
    files come to the other site in another way."""
    if service not in vaults.copied(sites.city):
        return None
    finding = replace(finding, remedy=_LOOK)
    if isinstance(sites.vault_here, Unseen):
        return replace(finding, answer=Answer.UNKNOWN, problem=sites.vault_here.reason)
    copy = sites.vault_here.of(service.id, name.removesuffix("-data"))
    if copy is None:
        return judged(finding, [f"the vault at {sites.here.id} has no copy of its files"])
    spoilt = "" if copy.good else f"the vault at {sites.here.id} finds its copies spoilt: {copy.problem}"
    return judged(finding, [spoilt, *_too_old(sites, service, copy.newest)])


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
    return judged(finding, _too_old(sites, service, volume.data_as_of))


def _too_old(sites: Sites, service: Service, made: datetime) -> Iterator[str]:
    age = sites.at - made
    if age < -_CLOCKS_DIFFER:
        yield f"it says that its data is of {made:%Y-%m-%d %H:%M} UTC, which is to come"
    elif age > service.rpo:
        yield f"its data is of {made:%Y-%m-%d %H:%M} UTC: {age} old, {service.rpo} were promised (RPO)"


_CLOCKS_DIFFER = timedelta(seconds=30)
"""By as much as this, clocks of hosts may; and a look at both sites takes some seconds."""
_LOOK = (
    "Look at the service's hosts (`asty run SERVICE -- journalctl -u files-copy`), and at the vault's"
    " (`asty run VAULT -- journalctl -u vault-keeper`)."
)


CHECK = Check(
    name="data",
    area="data",
    order=130,
    weight=Weight.BLOCKING,
    compares="of when the copy of each data volume is, in the vault or on the volume, with the service's RPO",
    remedy=(
        "Let a service have the role `vault`, which keeps copies of files; or copy the data, and let what copies it"
        " take a snapshot that says so: `openstack --os-cloud recovery volume snapshot create --volume VOLUME"
        " --property copy_of=SITE/VOLUME --property data_as_of=MOMENT NAME`."
    ),
    find=_find,
)
