"""Does the site's router join its networks to each other and to the outside?"""

from collections.abc import Iterator
from dataclasses import replace

from city.model.wired import Purpose
from drs import mending
from drs.check import PLAN, Check, Finding, InPlans, Weight, judged, the_one, where_seen
from drs.compared import Sites
from drs.observed import SeenRouter, known


def _find(sites: Sites, blank: Finding) -> Iterator[Finding]:
    name = sites.declared_here.router
    found = the_one(known(sites.recovery.routers), name, sites.here.id)
    finding = replace(blank, subject=f"router {name}", services=sites.services)
    if isinstance(found, SeenRouter) and found.trouble:
        finding = replace(finding, remedy=mending.switched_on(sites.here.role.value, "router", name))
    problems = [found] if isinstance(found, str) else _problems(sites, found)
    yield where_seen(judged(finding, problems), sites.recovery, "routers")


def _problems(sites: Sites, found: SeenRouter) -> Iterator[str]:
    if found.trouble:
        yield f"it is {found.trouble}"
    if not found.uplink:
        yield "it has no gateway to the outside"
    here = sites.city.networks_at(sites.here.id)
    wanted = {network.cidr for network in here if network.purpose is not Purpose.PUBLIC}
    if missing := sorted(wanted - found.subnets):
        yield f"it does not reach {', '.join(map(str, missing))}"
    if extra := sorted(found.subnets - wanted):
        yield f"it reaches {', '.join(map(str, extra))}, which the city does not declare"


CHECK = Check(
    name="routers",
    area="networks",
    order=60,
    weight=Weight.BLOCKING,
    compares="the site's router: its state, its gateway and the ranges that it joins",
    remedy=PLAN,
    find=_find,
    in_plans=InPlans.AT_REST,
    mended_by=frozenset({"Router", "RouterInterface"}),
)
