"""Were the copies that services declare as backups seen where they belong, and is the newest young enough?"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from city.model.services import Backup, Recovery, Service
from drs.check import Answer, Check, Finding, Weight, judged, where_seen
from drs.compared import Sites
from drs.expected import in_the_cloud
from drs.observed import known


def _find(sites: Sites, blank: Finding) -> Iterator[Finding]:
    """Where nothing else stands at the site, the service is made of its backup alone: then it blocks."""
    for name, (service, workload) in in_the_cloud(sites.city).items():
        if service.backup is None or service.backup.to != sites.here.id:
            continue
        weight = Weight.BLOCKING if service.recovery is Recovery.COLD else Weight.WARNING
        finding = replace(blank, services=frozenset({name}), weight=weight)
        if service.database:
            yield _unseen(finding, f"database {service.database}", sites)
        if workload.volume_gb:
            told = _judged(sites, replace(finding, subject=f"backups of {name}"), service, service.backup)
            yield where_seen(told, sites.recovery, "volumes")


def _unseen(finding: Finding, what: str, sites: Sites) -> Finding:
    """A cloud does not tell of what a database's own tools keep."""
    problem = f"nobody saw a copy of {what} at {sites.here.id}"
    return replace(finding, subject=f"backups of {what}", answer=Answer.UNKNOWN, problem=problem)


def _judged(sites: Sites, finding: Finding, service: Service, backup: Backup) -> Finding:
    moments = [_newest(sites, volume) for volume in sites.declared_there.full[service.id].volumes]
    seen = [moment for moment in moments if moment is not None]
    if not seen:
        return _unseen(finding, f"any volume of {service.id}", sites)
    return judged(replace(finding, weight=Weight.WARNING), _too_old(sites, max(seen), backup))


def _newest(sites: Sites, volume: str) -> datetime | None:
    origin = f"{sites.there.id}/{volume}"
    copies = [one for one in known(sites.recovery.volumes) if one.copy_of == origin and one.ready]
    return max((one.data_as_of for one in copies if one.data_as_of is not None), default=None)


def _too_old(sites: Sites, moment: datetime, backup: Backup) -> Iterator[str]:
    age = sites.at - moment
    if age < timedelta():
        yield f"the newest copy says that it is of {moment:%Y-%m-%d %H:%M} UTC, which is to come"
    elif age > backup.every:
        yield f"the newest copy is {age} old, one is declared every {backup.every}"


CHECK = Check(
    name="backups",
    area="data",
    order=135,
    weight=Weight.BLOCKING,
    compares="the age of each declared backup's newest copy at the site it goes to, with how often it is made",
    remedy=(
        "Look at what makes the copies, and restore the newest into a scratch host. A copy of a volume says what it is "
        "by the properties copy_of and data_as_of of a snapshot; of a database, ask its own tools "
        "(`pgbackrest info`)."
    ),
    find=_find,
)
