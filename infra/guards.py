"""What is refused before any resource is declared, in preview as in the real run. Pure.

Each finding says what is wrong, and what to do; most can be overridden by somebody who writes down why:

    pulumi config set --path 'asty:overrides.single-zone/portal' 'second zone opens in March, ticket 4711'

An address that two services share, or a name that OpenStack will not take, cannot be overridden: it cannot work.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from city.errors import Refused
from city.model.city import City
from city.model.places import SiteRole
from city.model.services import Tier
from city.model.wired import Network
from infra.addresses import MEMBERS_MAX, capacity, pool
from infra.blocks import home, neighbours, slots
from infra.management import exposed
from infra.placement import Placed, placed

EVERY_SERVICE = "*"
_HOSTNAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)  # RFC 1123, 2.1
_FQDN_MAX = 253  # RFC 1035, 2.3.4, written with its dots and without the last


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Finding:
    """`key` is what an override names; findings that cannot be overridden have `final`."""

    guard: str
    subject: str
    problem: str
    remedy: str
    final: bool = False

    @property
    def key(self) -> str:
        return f"{self.guard}/{self.subject}"

    def __str__(self) -> str:
        way_out = f" To do it all the same: pulumi config set --path 'asty:overrides.{self.key}' 'REASON'."
        return f"[{self.key}] {self.problem}. {self.remedy}{'' if self.final else way_out}"


def findings(
    city: City, role: SiteRole, released: Mapping[str, str], released_addresses: Mapping[str, str] | None = None
) -> tuple[Finding, ...]:
    """Everything that the guards have against the workloads of one site, sorted.

    `released` are the services whose data volumes are no longer protected, with the reason; so are
    `released_addresses` of their addresses.
    """
    standing = placed(city, role)
    found = [
        *_management(city, role, standing),
        *_unprotected("volumes", released),
        *_unprotected("addresses", released_addresses or {}),
        *_single_zone(role, standing),
        *_names(city, standing),
        *_addresses(city, role),
    ]
    return tuple(sorted(found))


def refuse(found: Iterable[Finding], overrides: Mapping[str, str]) -> tuple[str, ...]:
    """The overrides that were needed, as `key: reason`. Raises Refused with every finding that stands."""
    needed = list(found)
    standing = [finding for finding in needed if finding.final or not overrides.get(finding.key, "").strip()]
    if standing:
        listed = "".join(f"\n  {finding}" for finding in standing)
        raise Refused("the declared city", f"the guards refuse it:{listed}\n", "Nothing was changed.")
    return tuple(f"{finding.key}: {overrides[finding.key]}" for finding in needed)


def _management(city: City, role: SiteRole, standing: Sequence[Placed]) -> Iterator[Finding]:
    """By what a flow opens, not by what its source is called."""
    for placement in standing:
        for opening, what in exposed(city, city.site_of(role), placement.workload):
            yield Finding(
                guard="management",
                subject=f"{placement.service.id}-{opening.port}",
                problem=f"service {placement.service.id} opens {what} ({opening.protocol} {opening.port}) to "
                f"{opening.source}, which is no management network: there it is attacked within minutes",
                remedy="Let its flow come from `network:management`.",
            )


def _unprotected(what: str, released: Mapping[str, str]) -> Iterator[Finding]:
    for service, reason in released.items():
        if not reason.strip():
            yield Finding(
                guard=f"unprotected-{what}",
                subject=service,
                problem=f"the {what} of {service} are released without a reason",
                remedy=f"Say why: pulumi config set --path 'asty:release-{what}.{service}' 'REASON'.",
                final=True,
            )


def _single_zone(role: SiteRole, standing: Sequence[Placed]) -> Iterator[Finding]:
    """Standby copies may stand in one zone: the other site is what they are one half of."""
    for placement in standing:
        full = role is SiteRole.DATACENTRE or placement.members == placement.workload.instances
        critical = placement.service.tier is Tier.CRITICAL
        if critical and placement.running and full and len(set(placement.zones)) == 1:
            yield Finding(
                guard="single-zone",
                subject=placement.service.id,
                problem=f"tier 1 service {placement.service.id} stands in zone {placement.zones[0]} alone, "
                "so that zone's loss is its loss",
                remedy="Give it at least two instances, and its site at least two zones.",
            )


def _names(city: City, standing: Sequence[Placed]) -> Iterator[Finding]:
    for placement in standing:
        name = placement.service.id
        server = placement.database_host or f"{name}-{placement.members}"
        fqdn = f"{placement.workload.dns_name}.{city.dns_zone}".rstrip(".")
        labels = [server, *fqdn.split(".")]
        wrong = [label for label in labels if not _HOSTNAME.fullmatch(label)]
        if wrong or len(fqdn) > _FQDN_MAX:
            yield Finding(
                guard="name",
                subject=name,
                problem=f"{wrong[0] if wrong else fqdn} is no host name (RFC 1123: a-z, 0-9, -, at most 63 in a label)",
                remedy="Choose a shorter id or dns_name.",
                final=True,
            )


def _addresses(city: City, role: SiteRole) -> Iterator[Finding]:
    """Of every workload, placed here or not: a service that moves in later must find its block free."""
    site = city.site_of(role)
    tenants: dict[str, list[Placed]] = defaultdict(list)
    networks: dict[str, Network] = {}
    for placement in placed(city, SiteRole.DATACENTRE):
        network = home(city, site, placement.workload)
        networks[network.id] = network
        tenants[network.id].append(placement)
    for network_id, placements in tenants.items():
        network = networks[network_id]
        taken = slots(neighbours(city, network.purpose.value), network.cidr)
        yield from _too_many(network, placements, taken)
        yield from _clashes(network, placements, taken)
    yield from _handed_out(city, site.id)


def _handed_out(city: City, site_id: str) -> Iterator[Finding]:
    """Devices at addresses that the cloud gives away: it knows nothing of them, and would give one to a server."""
    for network in city.networks_at(site_id):
        for device in city.devices:
            if device.address in pool(network.cidr):
                yield Finding(
                    guard="address",
                    subject=device.id,
                    problem=f"the cloud hands out address {device.address} of {device.id} by itself: it is in the last "
                    f"quarter of {network.id}",
                    remedy=f"Give {device.id} an address below {pool(network.cidr)[0]}, in switches.csv or "
                    "access_points.csv",
                    final=True,
                )


def _too_many(network: Network, placements: Sequence[Placed], taken: Mapping[str, int]) -> Iterator[Finding]:
    for placement in placements:
        most = MEMBERS_MAX - bool(placement.database_host)
        if placement.workload.instances > most:
            beside = " beside its database" if placement.database_host else ""
            yield _address_finding(
                placement,
                f"has {placement.workload.instances} instances, a block of addresses holds {most}{beside}",
                "Make them fewer and larger.",
            )
        if taken[placement.service.id] >= capacity(network.cidr):
            yield _address_finding(
                placement,
                f"has no block in {network.id} ({network.cidr}), which has {capacity(network.cidr)} of them",
                "Declare a lower `slot` in its workload, or let it stand in another network of the site.",
            )


def _clashes(network: Network, placements: Sequence[Placed], taken: Mapping[str, int]) -> Iterator[Finding]:
    """Between those alone that declare one slot: the others make room."""
    holders: dict[int, list[Placed]] = defaultdict(list)
    for placement in placements:
        holders[taken[placement.service.id]].append(placement)
    free = sorted(set(range(capacity(network.cidr))) - set(holders))
    for number, sharing in sorted(holders.items()):
        for placement in sorted(sharing, key=lambda one: one.service.id)[:-1]:
            others = ", ".join(other.service.id for other in sharing if other is not placement)
            yield _address_finding(
                placement,
                f"falls to block {number} of {network.id}, and so does {others}",
                f"Declare `slot: {free.pop(0)}` in its workload: that one is free."
                if free
                else f"Let it stand in another network: none of the {capacity(network.cidr)} blocks here is free.",
            )


def _address_finding(placement: Placed, problem: str, remedy: str) -> Finding:
    return Finding(
        guard="address",
        subject=placement.service.id,
        problem=f"service {placement.service.id} {problem}",
        remedy=remedy,
        final=True,
    )
