"""Will those who know the old address of a service ask again in time?

A resolver keeps an answer of the data centre's DNS for the time to live that came with it. Until it is over, its
clients go to the address that is gone, however fast the service is back.
"""

from collections.abc import Iterator
from dataclasses import replace

from drs.check import Check, Finding, Weight, judged, where_seen
from drs.compared import Sites
from drs.observed import SeenRecord, known


def _find(sites: Sites, blank: Finding) -> Iterator[Finding]:
    """Of each service that has a name at the site which it would leave."""
    for name, standing in sites.declared_there.standing.items():
        if standing.entrance is None:
            continue
        fqdn, rto = standing.entrance.fqdn, sites.city.service(name).rto.total_seconds()
        finding = replace(blank, subject=f"time to live of {fqdn}", services=frozenset({name}), alone=False)
        records = [one for one in known(sites.datacentre.records) if one.name == fqdn and one.kind == "A"]
        longest = max(map(_kept, records), default=0)
        told = f"resolvers keep its address for {longest} s, and it is to be back within {rto:g} s (RTO)"
        found = judged(finding, [told]) if longest > rto else _longer(finding, longest, sites)
        yield where_seen(found, sites.datacentre, "records")


def _longer(finding: Finding, longest: int, sites: Sites) -> Finding:
    """Longer than declared, and not too long."""
    ttl = sites.declared_there.record_ttl_s
    odd = [f"resolvers keep its address for {longest} s, not for {ttl} s"] if longest > ttl else []
    return judged(replace(finding, weight=Weight.WARNING), odd)


def _kept(record: SeenRecord) -> int:
    """What the zone says counts as nothing here: `names` asks for a time of its own."""
    return record.ttl_s or 0


CHECK = Check(
    name="lifetimes",
    area="names",
    order=152,
    weight=Weight.BLOCKING,
    compares="how long resolvers keep the address of each service at the data centre, with its RTO",
    remedy="Run `asty plan` and apply it: the record gets its declared time to live.",
    find=_find,
    both=True,
)
