"""Does the balancer of each service that runs there take what is declared, and hand it to its members alone?"""

from collections.abc import Iterator
from dataclasses import replace

from drs import mending
from drs.check import PLAN, Answer, Check, Finding, InPlans, Weight, the_one, where_seen
from drs.compared import Sites
from drs.expected import Entrance, Listener, Standing
from drs.observed import CHANGING, SeenBalancer, SeenListener, SeenSite, known


def _find(sites: Sites, blank: Finding) -> Iterator[Finding]:
    for service, standing in sites.declared_here.standing.items():
        if standing.entrance is not None:
            finding = replace(blank, subject=f"load balancers of {service}", services=frozenset({service}))
            parts = ("balancers", *(["floating"] if standing.entrance.floating else []))
            told = _judged(sites, finding, service, standing, standing.entrance)
            yield where_seen(told, sites.recovery, *parts)


def _judged(sites: Sites, finding: Finding, service: str, standing: Standing, entrance: Entrance) -> Finding:
    here, cloud = sites.recovery, sites.here.role.value
    found = the_one(known(here.balancers), service, here.site)
    if isinstance(found, str):
        return replace(finding, answer=Answer.UNMET, problem=f"0 of 1 stand ready at {here.site}: {found}")
    useless = [*_useless(found, entrance), *_unreached(here, entrance)]
    odd = list(_odd(found, service, standing, entrance))
    answer = Answer.UNMET if useless else Answer.PARTLY if odd else Answer.MET
    remedy = _remedy(cloud, found) or finding.remedy
    return replace(finding, answer=answer, problem="; ".join([*useless, *odd]), remedy=remedy)


def _remedy(cloud: str, found: SeenBalancer) -> str:
    if found.trouble:
        return mending.balancer(cloud, found.name, found.trouble)
    off = [listener.name for listener in found.listeners if listener.trouble == "off"]
    return "; ".join(mending.switched_on(cloud, "loadbalancer listener", name) for name in off)


def _useless(found: SeenBalancer, entrance: Entrance) -> Iterator[str]:
    if not found.ready or found.trouble not in {"", CHANGING}:
        yield f"it is in {found.trouble or 'a state of no use'}"
    if found.address != entrance.address:
        yield f"its address is {found.address or 'not set'}, not {entrance.address}"
    there = {(one.protocol, one.port): one for one in found.listeners}
    for wanted in entrance.listeners:
        listener = there.get((wanted.protocol, wanted.port))
        if listener is None:
            yield f"nothing listens on {wanted.protocol} {wanted.port}"
        elif listener.trouble not in {"", CHANGING}:
            yield f"its listener on {wanted.protocol} {wanted.port} is {listener.trouble}"
        elif not any(not member.trouble for member in listener.members):
            yield f"no member of its pool on {wanted.protocol} {wanted.port} answers"


def _unreached(here: SeenSite, entrance: Entrance) -> Iterator[str]:
    if not entrance.floating:
        return
    leading = [one for one in known(here.floating) if one.leads_to == entrance.address]
    if len(leading) != 1:
        yield f"{len(leading) or 'no'} floating address leads to it"
    elif leading[0].trouble:
        yield f"its floating address {leading[0].address} is {leading[0].trouble}"


def _odd(found: SeenBalancer, service: str, standing: Standing, entrance: Entrance) -> Iterator[str]:
    if CHANGING in {found.trouble, *(listener.trouble for listener in found.listeners)}:
        yield "it is being changed"
    if found.service != service:
        yield f"its tag service says {found.service or 'nothing'}"
    declared = {(one.protocol, one.port): one for one in entrance.listeners}
    for listener in found.listeners:
        wanted = declared.get((listener.protocol, listener.port))
        if wanted is None:
            yield f"it listens on {listener.protocol} {listener.port}, which the city does not declare"
        else:
            yield from _otherwise(listener, wanted, {member.address for member in standing.members})


def _otherwise(listener: SeenListener, wanted: Listener, addresses: set[str]) -> Iterator[str]:
    if listener.clients != wanted.clients:
        yield f"it lets in {_client_list(listener.clients)}, not {_client_list(wanted.clients)}"
    members = {(member.address, member.port) for member in listener.members}
    due = {(address, wanted.port) for address in addresses}
    if missing := sorted(due - members):
        yield f"its pool lacks {', '.join(f'{address}:{port}' for address, port in missing)}"
    if foreign := sorted(members - due):
        yield f"its pool has the foreign member {', '.join(f'{address}:{port}' for address, port in foreign)}"
    for member in sorted(listener.members):
        if member.trouble:
            yield f"its member {member.address} is {member.trouble}"


def _client_list(clients: frozenset[object]) -> str:
    return ", ".join(sorted(map(str, clients))) or "everybody"


CHECK = Check(
    name="balancers",
    area="placement",
    order=140,
    weight=Weight.BLOCKING,
    compares="each balancer that shall run there: state, address, listeners, clients, members, floating address",
    remedy=PLAN,
    find=_find,
    in_plans=InPlans.AT_REST,
    mended_by=frozenset({"FloatingIp", "Listener", "LoadBalancer", "Member", "Monitor", "Pool"}),
)
