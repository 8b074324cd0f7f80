"""Is each network there with its addresses, its gateway, and switched on?"""

from collections.abc import Iterator
from dataclasses import replace

from city.model.wired import Network
from drs import mending
from drs.check import PLAN, Answer, Check, Finding, Weight, judged, where_seen
from drs.compared import Sites
from drs.expected import in_the_cloud
from drs.observed import known


def _find(sites: Sites, blank: Finding) -> Iterator[Finding]:
    """Each network that is declared for the recovery site, and each that a workload needs there."""
    declared = {network.purpose.value: network for network in sites.city.networks_at(sites.here.id)}
    needed = {workload.network for _, workload in in_the_cloud(sites.city).values()}
    for purpose in sorted({*declared, *needed}):
        services = sites.having(network=purpose)
        weight = Weight.BLOCKING if services else Weight.WARNING
        finding = replace(blank, subject=f"network {purpose}", services=services, weight=weight)
        yield _judged(sites, finding, declared.get(purpose))


def _judged(sites: Sites, finding: Finding, network: Network | None) -> Finding:
    if network is None:
        problem, remedy = f"none is declared for {sites.here.id}", "Declare it in the city's networks."
        return replace(finding, answer=Answer.UNMET, problem=problem, remedy=remedy)
    off = any(one.network == network.id and one.trouble for one in known(sites.recovery.subnets))
    if off:
        finding = replace(finding, remedy=mending.switched_on(sites.here.role.value, "network", network.id))
    return where_seen(judged(finding, _problems(sites, network)), sites.recovery, "subnets")


def _problems(sites: Sites, network: Network) -> Iterator[str]:
    found = [one for one in known(sites.recovery.subnets) if one.network == network.id and one.cidr == network.cidr]
    if len(found) != 1:
        yield f"{len(found) or 'no'} subnet of {network.id} at {sites.here.id} is {network.cidr}"
        return
    wanted = sites.declared_here.gateways[network.id]
    if found[0].gateway != wanted:
        yield f"its gateway is {found[0].gateway or 'not set'}, not {wanted}"
    if found[0].trouble:
        yield f"it is {found[0].trouble}"


CHECK = Check(
    name="networks",
    area="networks",
    order=50,
    weight=Weight.BLOCKING,
    compares="each declared network: its name, range, gateway and state",
    remedy=PLAN,
    find=_find,
)
