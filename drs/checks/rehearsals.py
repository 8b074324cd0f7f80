"""Is anything left of a rehearsal? What was promoted for it has no business outside of it."""

from collections.abc import Iterator
from dataclasses import replace

from drs.check import Check, Finding, InPlans, Weight, judged, where_seen
from drs.compared import Sites
from drs.observed import SeenSite, known

_NAME = "rehearsal-"
_PARTS = ("servers", "volumes", "ports", "subnets")


def _find(sites: Sites, blank: Finding) -> Iterator[Finding]:
    finding = replace(blank, subject=f"rehearsals at {sites.here.id}", services=sites.services)
    left = copies(sites, sites.recovery)
    told = judged(finding, [f"{', '.join(sorted(left))} of a rehearsal is there"] if left else [])
    yield where_seen(told, sites.recovery, *_PARTS)


def copies(sites: Sites, seen: SeenSite) -> set[str]:
    """The names of what rehearsals make, of those that are there, for services of the city."""
    own = {f"{_NAME}{service}{end}" for service in sites.services for end in ("", "-data")}
    names = {
        *(one.name for one in known(seen.servers)),
        *(one.name for one in known(seen.volumes)),
        *(one.name for one in known(seen.ports)),
        *(one.network for one in known(seen.subnets)),
    }
    return own & names


CHECK = Check(
    name="rehearsals",
    area="rehearsals",
    order=165,
    weight=Weight.WARNING,
    compares="that nothing of a rehearsal's copies is there, by their names",
    remedy="Go on with the rehearsal by `asty drill resume`; where it is over, run `asty drill tidy`.",
    find=_find,
    in_plans=InPlans.NEVER,
)
