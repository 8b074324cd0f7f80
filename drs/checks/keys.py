"""Can operators log in to servers that are made there?"""

from collections.abc import Iterator
from dataclasses import replace

from drs.check import PLAN, Check, Finding, Weight, judged, the_one, where_seen
from drs.compared import Sites
from drs.observed import known


def _find(sites: Sites, blank: Finding) -> Iterator[Finding]:
    finding = replace(blank, subject="the operators' key", services=sites.services)
    yield where_seen(judged(finding, _problems(sites)), sites.recovery, "keys")


def _problems(sites: Sites) -> Iterator[str]:
    found = the_one(known(sites.recovery.keys), sites.declared_here.key, sites.here.id)
    if isinstance(found, str):
        yield f"key pair {sites.declared_here.key}: {found}"
    elif found.public_key != " ".join(sites.city.platform.operators_key.split()[:2]):
        yield f"key pair {found.name} at {sites.here.id} holds another"


CHECK = Check(
    name="keys",
    area="keys",
    order=40,
    weight=Weight.BLOCKING,
    compares="the key pair that servers are made with, by name and by public key",
    remedy=PLAN,
    find=_find,
)
