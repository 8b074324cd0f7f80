"""A service's data are copied to the other site, as often as was promised, and no faster recovery is promised than the
way in which the service stands ready can keep."""

from city.load.declared import Declared
from city.load.defects import nearest
from city.load.durations import shown
from city.load.identity import once
from city.load.record import Found, Record
from city.model.places import SiteRole
from city.model.services import Backup, Recovery, RecoveryTimes, Service


def check_keeping(declared: Declared) -> None:
    services = declared.services.items
    once((found for found in services if found.value.database), "database", lambda service: service.database)
    for found in services:
        _check_time(found, declared.ground.general.recovery)
        if found.value.backup is not None:
            record = found.record.child("backup")
            _check_target(declared, found.value.backup, record)
            _check_interval(found, found.value.backup, record)
        elif found.value.database and found.record.is_good("database", "backup"):
            problem = f"database {found.value.database} has no backup: what is deleted at one site is deleted at both"
            found.record.defect("database", problem, f"Add backup, as in `backup: {{to: {_other_site(declared)}}}`.")


def _check_target(declared: Declared, backup: Backup, record: Record) -> None:
    sites = declared.ground.sites
    if not sites.complete or not record.is_good("to"):
        return
    roles = {found.value.id: found.value.role for found in sites.items if found.record.is_good("role")}
    remedy = f"Write `to: {_other_site(declared)}`."
    if backup.to not in {site.id for site in sites.values}:
        problem = f"to names the site {backup.to!r}, which is not there"
        record.defect("to", problem, nearest(backup.to, (site.id for site in sites.values)))
    elif roles.get(backup.to) is SiteRole.DATACENTRE:
        record.defect("to", "the copy is lost with the data, for both are at the data centre", remedy)
    elif roles.get(backup.to) is SiteRole.DISTRICT:
        record.defect("to", f"{backup.to} is a district, where no copy can be kept", remedy)


def _other_site(declared: Declared) -> str:
    return next((site.id for site in declared.ground.sites.values if site.role is SiteRole.RECOVERY), "SITE")


def _check_interval(found: Found[Service], backup: Backup, record: Record) -> None:
    """In the cloud a database streams to the other site; all else is as old as its last copy."""
    service = found.value
    streams = service.database and (service.workload is not None or service.recovery is not Recovery.COLD)
    if not streams and backup.every > service.rpo and record.is_good("every") and found.record.is_good("rpo"):
        problem = f"a backup every {shown(backup.every)} loses more than the {shown(service.rpo)} of rpo"
        key = "every" if record.has("every") else "to"
        record.defect(key, problem, f"Write `every: {shown(service.rpo)}` or less, or a longer rpo.")


def _check_time(found: Found[Service], times: RecoveryTimes) -> None:
    service, least = found.value, times.of(found.value.recovery)
    if service.rto < least and found.record.is_good("rto", "recovery"):
        problem = f"rto {shown(service.rto)} cannot be kept: a service that is {service.recovery} takes {shown(least)}"
        remedy = f"Let it be {_ready_within(found, times)}, or write `rto: {shown(least)}` or more."
        found.record.defect("recovery", problem, remedy)
    if service.mtd is not None and service.mtd < service.rto and found.record.is_good("rto", "mtd"):
        problem = f"mtd {shown(service.mtd)} is over before rto {shown(service.rto)}"
        found.record.defect("mtd", problem, f"Write `mtd: {shown(service.rto)}` or more, or a shorter rto.")


def _ready_within(found: Found[Service], times: RecoveryTimes) -> Recovery:
    """The cheapest way of standing ready that keeps the RTO."""
    return [mode for mode in Recovery if times.of(mode) <= found.value.rto][-1]
