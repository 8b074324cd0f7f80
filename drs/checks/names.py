"""Does the name of each service that runs there lead to its balancer there?"""

from collections.abc import Iterator
from dataclasses import replace

from drs.check import PLAN, Answer, Check, Finding, Weight, where_seen
from drs.compared import Sites
from drs.expected import Entrance
from drs.observed import SeenRecord, known


def _find(sites: Sites, blank: Finding) -> Iterator[Finding]:
    for service, standing in sites.declared_here.standing.items():
        if standing.entrance is not None:
            finding = replace(blank, subject=f"name {standing.entrance.fqdn}", services=frozenset({service}))
            parts = ("records", *(["floating"] if standing.entrance.floating else []))
            yield where_seen(_judged(sites, finding, standing.entrance), sites.recovery, *parts)


def _judged(sites: Sites, finding: Finding, entrance: Entrance) -> Finding:
    found = [one for one in known(sites.recovery.records) if one.name == entrance.fqdn]
    useless = list(_useless(sites, found, entrance))
    odd = [] if useless else list(_odd(sites, found))
    answer = Answer.UNMET if useless else Answer.PARTLY if odd else Answer.MET
    return replace(finding, answer=answer, problem="; ".join([*useless, *odd]))


def _useless(sites: Sites, found: list[SeenRecord], entrance: Entrance) -> Iterator[str]:
    answers = [one for one in found if one.kind == "A" and one.zone == sites.city.dns_zone]
    if not found:
        yield f"the DNS of {sites.here.id} does not know it"
    elif len(answers) != 1:
        yield f"{len(answers) or 'no'} record of type A is in {sites.city.dns_zone}, beside {_kinds(found)}"
    else:
        wanted = address(sites, entrance)
        if answers[0].values != wanted:
            yield f"it leads to {', '.join(answers[0].values) or 'nothing'}, not to {', '.join(wanted) or 'an address'}"
        if answers[0].trouble:
            yield f"its record is in {answers[0].trouble}"


def address(sites: Sites, entrance: Entrance) -> tuple[str, ...]:
    """Where clients of a service at the recovery site connect."""
    if not entrance.floating:
        return (entrance.address,)
    return tuple(one.address for one in known(sites.recovery.floating) if one.leads_to == entrance.address)


def _odd(sites: Sites, found: list[SeenRecord]) -> Iterator[str]:
    for record in found:
        if record.kind != "A" or record.zone != sites.city.dns_zone:
            yield f"it also has a record {record.kind} in {record.zone}, which the city does not declare"
        elif record.ttl_s != sites.declared_here.record_ttl_s:
            ttl = "the zone's" if record.ttl_s is None else f"{record.ttl_s} s"
            yield f"resolvers keep it for {ttl}, not for {sites.declared_here.record_ttl_s} s"


def _kinds(found: list[SeenRecord]) -> str:
    return ", ".join(sorted(f"{one.kind} in {one.zone}" for one in found))


CHECK = Check(
    name="names",
    area="names",
    order=150,
    weight=Weight.BLOCKING,
    compares="the record of each service that runs there: type, zone, address, time to live, state",
    remedy=PLAN,
    find=_find,
)
