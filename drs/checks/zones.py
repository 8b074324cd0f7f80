"""Does the recovery site's own DNS answer for the city's zone?"""

from collections.abc import Iterator
from dataclasses import replace

from drs.check import PLAN, Check, Finding, Weight, judged, the_one, where_seen
from drs.compared import Sites
from drs.observed import known


def _find(sites: Sites, blank: Finding) -> Iterator[Finding]:
    finding = replace(blank, subject=f"zone {sites.city.dns_zone}", services=sites.services)
    found = the_one(known(sites.recovery.zones), sites.city.dns_zone, sites.here.id)
    trouble = found if isinstance(found, str) else found.trouble and f"it is in {found.trouble}"
    yield where_seen(judged(finding, [trouble]), sites.recovery, "zones")


CHECK = Check(
    name="zones",
    area="names",
    order=70,
    weight=Weight.BLOCKING,
    compares="the city's zone in the recovery site's own DNS, and its state",
    remedy=f"{PLAN} A zone that stays in ERROR: look at Designate's worker.",
    find=_find,
)
