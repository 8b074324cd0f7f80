"""Every kind of probe by its name, what a city's services declare of theirs, and a rule of `asty check`.

load(folder, declared.check) -> the City, or InvalidCity with each probe that cannot be meant, at its line
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from types import MappingProxyType
from typing import Any

import monitoring.probes as room
from city.discovery import records
from city.load.declared import Declared
from city.load.defects import Defects
from city.load.kinds import DNS_ZONE, DURATION, Kind, Unreadable
from city.load.record import Found, Record
from city.model.city import City
from city.model.places import Site, SiteRole
from city.model.probing import Probing, VantagePoint
from city.model.services import Service, Workload
from city.model.wired import Network, Purpose
from monitoring.probing.look import Ask
from monitoring.probing.probe import Probe
from monitoring.probing.trip import is_address


@cache
def probes() -> Mapping[str, Probe[Any]]:
    """By the key in the city's data. Raises TypeError for a module without a record: a mistake of ours."""
    return MappingProxyType({probe.name: probe for probe in records(room, Probe).values()})


@dataclass(frozen=True, slots=True, kw_only=True)
class Probed:
    """A service that is probed: what is asked of it, after how long its answer is slow, and from which points."""

    service: str
    ask: Ask
    within: timedelta
    points: tuple[VantagePoint, ...]


def probed(city: City) -> tuple[Probed, ...]:
    """Every service that declares a probe, in the order of the city's data. Raises InvalidCity where one is wrong."""
    defects = Defects()
    purposes = _purposes(city.networks, city.sites)
    found = [
        _read(service, Record(f"{service.id}: probe", service.probe, defects), city.dns_zone, city.probing)
        for service in city.services
        if service.probe is not None
    ]
    defects.raise_if_any()
    by_id = {service.id: service for service in city.services}
    return tuple(
        Probed(
            service=one.service,
            ask=one.ask,
            within=one.within,
            points=tuple(_let_in(by_id[one.service], one, city.probing.points, purposes)),
        )
        for one in found
        if one is not None
    )


def check(declared: Declared, defects: Defects) -> None:
    """Every probe of a service is one that can be made, from a vantage point that its service lets in."""
    for found in declared.services.items:
        if found.value.probe is not None:
            _check(found, declared, Record(f"{found.value.id}: probe", found.value.probe, defects))


def _check(found: Found[Service], declared: Declared, record: Record) -> None:
    service, general, networks = found.value, declared.ground.general, declared.ground.networks
    one = _read(service, record, general.dns_zone, general.probing.value)
    if one is None:
        return
    owner = _names(declared).get(one.ask.host, service.id)
    if owner != service.id:
        record.defect("host", f"{one.ask.host} is the name of {owner}", f"Let {owner} have this probe.")
    _check_needs(found, one, declared, record)
    sites = declared.ground.sites
    purposes = _purposes(networks.values, sites.values)
    sound = (
        networks.complete and sites.complete and found.record.is_good("workload") and general.probing.points.complete
    )
    if sound and not any(_let_in(service, one, general.probing.value.points, purposes)):
        flow = f"{one.ask.spec.port}/{one.ask.probe.protocol}"
        problem = f"no vantage point reaches {service.id} at {flow} by the flows of its workload"
        record.defect(one.ask.probe.name, problem, "Declare the flow, another port, or a vantage point in city.yaml.")


def _check_needs(found: Found[Service], one: Probed, declared: Declared, record: Record) -> None:
    """A probe that opens another service's database is red when that one is down: then the service depends on it."""
    opened = getattr(one.ask.spec, "database", "")
    services = declared.services
    owner = next((other.id for other in services.values if opened and other.database == opened), found.value.id)
    needed = _needed(found.value.id, {other.id: other.depends_on for other in services.values})
    if owner not in needed and services.complete and found.record.is_good("depends_on"):
        problem = f"it opens database {opened} of {owner}, on which {found.value.id} does not depend"
        record.defect(one.ask.probe.name, problem, f"Add {owner} to depends_on, or probe what is its own.")


def _needed(service: str, depends_on: Mapping[str, tuple[str, ...]]) -> set[str]:
    """The service, and all on which it depends, however far."""
    found, open_ = set[str](), [service]
    while open_:
        one = open_.pop()
        if one not in found:
            found.add(one)
            open_.extend(depends_on.get(one, ()))
    return found


def _names(declared: Declared) -> Mapping[str, str]:
    """Whose each name of a workload is."""
    zone = declared.ground.general.dns_zone
    return {
        f"{service.workload.dns_name}.{zone}".rstrip("."): service.id
        for service in declared.services.values
        if service.workload is not None
    }


def _read(service: Service, record: Record, zone: str, probing: Probing) -> Probed | None:
    """None where a defect was reported; who it is asked from is not known yet."""
    known = probes()
    named = [name for name in known if record.has(name)]
    if len(named) != 1:
        _not_one(record, named, known)
        return None
    probe = known[named[0]]
    spec = probe.read(record)
    host = _host(record, service.workload, zone)
    within = record.get("within", DURATION, default=probing.within)
    if record.is_good("within") and not timedelta() < within < probing.deadline:
        remedy = f"Write a time below {probing.deadline.total_seconds():g}s, the deadline."
        record.defect("within", "no answer can be slow then", remedy)
    record.finish()
    ask = Ask(probe=probe, host=host, spec=spec, deadline_s=probing.deadline.total_seconds())
    is_good = record.is_good(named[0], "host", "port")
    return Probed(service=service.id, ask=ask, within=within, points=()) if is_good else None


def _not_one(record: Record, named: list[str], known: Iterable[str]) -> None:
    if named:
        record.defect(named[0], f"two probes, {' and '.join(named)}", "Keep one of them.")
    elif record.is_good():
        record.defect("probe", "it names no kind of probe", f"Write one of {', '.join(known)}, as {{https: /healthz}}.")


def _host(record: Record, workload: Workload | None, zone: str) -> str:
    """The name of its workload, unless another is declared."""
    if workload is None and not record.has("host"):
        problem = "it has no workload whose name could be asked for"
        record.defect("host", problem, "Add host, the name or address of the service.")
        return "-"
    if workload is not None and not record.has("host"):
        return f"{workload.dns_name}.{zone}".rstrip(".")
    return record.get("host", HOST)


def _host_name(text: str) -> str:
    if is_address(text):
        return text
    try:
        return DNS_ZONE.parse(f"{text.rstrip('.')}.").rstrip(".")
    except Unreadable as error:
        raise Unreadable(f"{text[:60]!r} is no host", "Write a name in full or an IPv4 address.") from error


HOST = Kind(_host_name, "-")


def _purposes(networks: Iterable[Network], sites: Iterable[Site]) -> Mapping[str, Purpose]:
    """Of each network from which `network:PURPOSE` lets in: a service runs at the data centre until it is lost, and is
    opened to the networks there and in the districts, never to those of the recovery site."""
    far = {site.id for site in sites if site.role is SiteRole.RECOVERY}
    return {network.id: network.purpose for network in networks if network.site not in far}


def _let_in(
    service: Service, one: Probed, points: Iterable[VantagePoint], purposes: Mapping[str, Purpose]
) -> Iterator[VantagePoint]:
    """The points from which the service's flows let a client in at the port of the probe; all of them where nobody
    declares its flows."""
    for point in points:
        if service.workload is None or _sources(point, purposes) & _opened(service.workload, one):
            yield point


def _sources(point: VantagePoint, purposes: Mapping[str, Purpose]) -> set[str]:
    """What a point is to the flows: everybody is of the world."""
    purpose = purposes.get(point.network)
    return {"world"} if purpose is None else {"world", f"network:{purpose}"}


def _opened(workload: Workload, one: Probed) -> set[str]:
    wanted = (one.ask.spec.port, one.ask.probe.protocol)
    return {flow.source for flow in workload.flows if (flow.port, flow.protocol) == wanted}
