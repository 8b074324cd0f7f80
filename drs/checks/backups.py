"""Were the copies that services declare as backups seen where they belong, young enough, and restored as a test?"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from city.model.services import Backup, Recovery, Service
from city.model.vaults import copied
from drs.check import Answer, Check, Finding, Weight, judged, where_seen
from drs.compared import Sites
from drs.databases import SeenDatabase
from drs.expected import in_the_cloud
from drs.observed import Unseen, known


def _find(sites: Sites, blank: Finding) -> Iterator[Finding]:
    """Where nothing else stands at the site, the service is made of its backup alone: then it blocks."""
    for name, (service, workload) in in_the_cloud(sites.city).items():
        if service.backup is None or service.backup.to != sites.here.id:
            continue
        weight = Weight.BLOCKING if service.recovery is Recovery.COLD else Weight.WARNING
        finding = replace(blank, services=frozenset({name}), weight=weight)
        if service.database:
            yield from _of_database(sites, finding, service, service.backup)
        if workload.volume_gb:
            told = _judged(sites, replace(finding, subject=f"backups of {name}"), service, service.backup)
            yield where_seen(told, sites.recovery, "volumes")


def _of_database(sites: Sites, finding: Finding, service: Service, backup: Backup) -> Iterator[Finding]:
    """Its hosts tell, at either site: they share one repository."""
    kept = replace(finding, subject=f"backups of database {service.database}")
    restored = replace(finding, subject=f"restore of database {service.database}")
    asked = [sites.database(site.id, service.id) for site in (sites.here, sites.there)]
    seen = [one for one in asked if isinstance(one, SeenDatabase)]
    if seen:
        yield _archived(kept, seen, backup, sites)
        yield _restored(restored, seen, sites)
        return
    problem = "; ".join(
        dict.fromkeys(f"its hosts did not tell: {one.reason}" for one in asked if isinstance(one, Unseen))
    )
    yield from (replace(one, answer=Answer.UNKNOWN, problem=problem) for one in (kept, restored))


def _archived(finding: Finding, seen: list[SeenDatabase], backup: Backup, sites: Sites) -> Finding:
    """Late is a warning; that nothing is archived any more is worse each minute."""
    if any(one.archive_failing for one in seen):
        return judged(finding, ["what is written is not archived any more: whoever keeps the copies gets no log"])
    newest = max((one.backup_at for one in seen if one.backup_at is not None), default=None)
    if newest is None:
        return replace(finding, answer=Answer.UNKNOWN, problem="its hosts know of no good base backup")
    return judged(replace(finding, weight=Weight.WARNING), _too_old(sites, newest, backup))


def _restored(finding: Finding, seen: list[SeenDatabase], sites: Sites) -> Finding:
    """By the newest test that ended: a backup that nobody restored is a hope."""
    tests = [(one.restored_at, one) for one in seen if one.restored_at is not None]
    if not tests:
        return replace(finding, answer=Answer.UNKNOWN, problem="no test of a restore came to its end yet")
    at, newest = max(tests, key=lambda test: test[0])
    test = f"the test of {at:%Y-%m-%d %H:%M} UTC"
    if newest.restored_well is None:
        return replace(finding, answer=Answer.UNKNOWN, problem=f"nobody saw what came of {test}")
    if not newest.restored_well:
        return judged(finding, [f"{test} failed: {newest.restore_problem or 'its host does not say why'}"])
    age = sites.at - at
    late = [f"the last test was {age} ago, one is made each night"] if age > _NIGHTLY else []
    return judged(replace(finding, weight=Weight.WARNING), late)


_NIGHTLY = timedelta(hours=26)
"""A day, and as long as a test may take longer than the one before."""


def _unseen(finding: Finding, what: str, sites: Sites) -> Finding:
    """Nobody noted a copy."""
    problem = f"nobody saw a copy of {what} at {sites.here.id}"
    return replace(finding, subject=f"backups of {what}", answer=Answer.UNKNOWN, problem=problem)


def _judged(sites: Sites, finding: Finding, service: Service, backup: Backup) -> Finding:
    if service in copied(sites.city) and isinstance(sites.vault_here, Unseen):
        return replace(
            finding, subject=f"backups of {service.id}", answer=Answer.UNKNOWN, problem=sites.vault_here.reason
        )
    moments = [_newest(sites, service, volume) for volume in _volumes(sites, service)]
    seen = [moment for moment in moments if moment is not None]
    if not seen:
        return _unseen(finding, f"any volume of {service.id}", sites)
    return judged(replace(finding, weight=Weight.WARNING), _too_old(sites, max(seen), backup))


def _volumes(sites: Sites, service: Service) -> list[str]:
    """Those of its members; what the host of its database has, the database's own tools keep."""
    return [member.volume for member in sites.declared_there.full[service.id].members if member.volume]


def _newest(sites: Sites, service: Service, volume: str) -> datetime | None:
    """In the vault, where the city has one and it finds them whole; else among the snapshots of volumes."""
    if service in copied(sites.city):
        kept = None if isinstance(sites.vault_here, Unseen) else sites.vault_here.of(service.id, _server(volume))
        return kept.newest if kept and kept.good else None
    origin = f"{sites.there.id}/{volume}"
    copies = [one for one in known(sites.recovery.volumes) if one.copy_of == origin and one.ready]
    return max((one.data_as_of for one in copies if one.data_as_of is not None), default=None)


def _server(volume: str) -> str:
    return volume.removesuffix("-data")


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
    compares="the age of each declared backup's newest copy at the site it goes to, with how often it is made, and "
    "whether a database was restored from its own last night",
    remedy=(
        "Look at what makes the copies, and restore the newest into a scratch host. A copy of a volume says what it is "
        "by the properties copy_of and data_as_of of a snapshot; of a database, `asty drill points` tells."
    ),
    find=_find,
)
