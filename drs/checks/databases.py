"""Does each database at the recovery site follow that of the data centre, closely enough to take over?"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from city.model.places import Site
from drs.check import Answer, Check, Finding, Weight, judged
from drs.compared import Sites
from drs.databases import SeenDatabase
from drs.expected import in_the_cloud
from drs.observed import Unseen


def _find(sites: Sites, blank: Finding) -> Iterator[Finding]:
    """Two questions of each: is it there, which the site alone can tell, and does one follow the other?"""
    for name, (service, _) in in_the_cloud(sites.city).items():
        standing = sites.declared_here.standing.get(name)
        if standing is None or standing.database is None:
            continue
        finding = replace(blank, services=frozenset({name}))
        here, there = (sites.database(site.id, name) for site in (sites.here, sites.there))
        told = replace(finding, subject=f"database {service.database}")
        yield _unknown(told, here, sites.here) if isinstance(here, Unseen) else judged(told, ())
        told = replace(finding, subject=f"replication of database {service.database}", alone=False)
        yield _compared(told, (sites.here, here), (sites.there, there), service.rpo)


def _unknown(finding: Finding, unseen: Unseen, site: Site) -> Finding:
    problem = f"what it is at {site.id} is not known: {unseen.reason}"
    return replace(finding, answer=Answer.UNKNOWN, problem=problem)


def _compared(
    finding: Finding,
    one: tuple[Site, SeenDatabase | Unseen],
    other: tuple[Site, SeenDatabase | Unseen],
    rpo: timedelta,
) -> Finding:
    for site, seen in (one, other):
        if isinstance(seen, Unseen):
            return _unknown(finding, seen, site)
    pair = [(site, seen) for site, seen in (one, other) if isinstance(seen, SeenDatabase)]
    followers, primaries = ([each for each in pair if each[1].standby is standby] for standby in (True, False))
    if len({seen.system for _, seen in pair}) > 1:
        return judged(finding, ["the sites hold two databases that never were one: one was made anew"])
    if len(primaries) != 1:
        return judged(finding, [_PRIMARIES[len(primaries)]])
    return _followed(finding, followers[0], primaries[0], rpo)


_PRIMARIES = {
    0: "neither site takes writes: each follows the other",
    2: "both sites take writes, and each has what the other has not",
}


def _followed(
    finding: Finding, follower: tuple[Site, SeenDatabase], primary: tuple[Site, SeenDatabase], rpo: timedelta
) -> Finding:
    (site, seen), (origin, leads) = follower, primary
    if primary_lost := leads.slot_state == LOST:
        finding = replace(finding, remedy=_COPY_ANEW.format(service=next(iter(finding.services)), site=site.id))
    problems = [
        f"{origin.id} has removed log that {site.id} needs: it can never follow again by itself"
        if primary_lost
        else "",
        f"{site.id} is on timeline {seen.timeline}, {origin.id} on {leads.timeline}"
        if seen.timeline != leads.timeline
        else "",
        "" if seen.streams or primary_lost else f"{site.id} does not stream from {origin.id}",
        f"{site.id} is {seen.lag} behind, {rpo} were promised (RPO)" if seen.lag is not None and seen.lag > rpo else "",
    ]
    if leads.slot_state == AT_RISK and not any(problems):
        told = f"{origin.id} removes log that {site.id} still needs with its next checkpoint"
        return judged(replace(finding, weight=Weight.WARNING), [told])
    if seen.lag is None and not any(problems):
        return replace(finding, answer=Answer.UNKNOWN, problem=f"how far {site.id} is behind is not known")
    return judged(finding, problems)


LOST, AT_RISK = "lost", "unreserved"
"""Of wal_status (PostgreSQL 15, 54.19): the log is gone, or goes next."""
_COPY_ANEW = (
    "Start it anew, and it is copied anew before it starts: on the host {service}-db of {site}, "
    "`systemctl restart postgresql@15-main`. The data that it has now stay beside the new ones."
)

CHECK = Check(
    name="databases",
    area="data",
    order=132,
    weight=Weight.BLOCKING,
    compares="which site's database takes writes, whether the other's follows it, and its lag with the service's RPO",
    remedy=(
        "Look at its hosts: `asty verify SERVICE`, and `asty run SERVICE -- journalctl --unit 'database*' --no-pager "
        "--lines 50`. A standby that lost its way is led back by `asty drill run --mode failback`."
    ),
    find=_find,
)
