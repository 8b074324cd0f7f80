"""Whether the recovery site lets the same traffic pass as the data centre does, each in its own addresses."""

from collections.abc import Iterator
from dataclasses import replace
from ipaddress import IPv4Network

from city.model.city import City
from city.model.places import Site
from drs.checks import Check, Sites, Weight, incomparable, met
from drs.observed import SeenGroup, SeenRule, Unseen


def groups(sites: Sites) -> Iterator[Check]:
    """Each security group of the data centre has its like here; a service's own, where some of it stands here.

    More traffic than at the data centre blocks, for nobody agreed to it; less is a warning.
    """
    if isinstance(sites.datacentre.groups, Unseen) or isinstance(sites.recovery.groups, Unseen):
        yield incomparable(sites, "security groups", "groups")
        return
    twins = {_portable_name(group.name, sites.here): group for group in sites.recovery.groups}
    for group in sites.datacentre.groups:
        twin = twins.get(_portable_name(group.name, sites.there))
        if twin is not None:
            yield _alike(sites, group, twin)
        elif group.name not in sites.services or group.name in sites.standing:
            yield _absent(sites, group)


def _absent(sites: Sites, group: SeenGroup) -> Check:
    return Check(
        area="security groups",
        subject=f"security group {group.name}",
        services=frozenset(),
        answer=met(yes=False),
        weight=Weight.WARNING,
        alone=False,
        problem=f"{sites.here.id} has none like it",
    )


def _alike(sites: Sites, there: SeenGroup, here: SeenGroup) -> Check:
    wanted = {_portable(rule, sites.city, sites.there) for rule in there.rules}
    found = {_portable(rule, sites.city, sites.here) for rule in here.rules}
    missing, extra = sorted(wanted - found), sorted(found - wanted)
    return Check(
        area="security groups",
        subject=f"security group {here.name}",
        services=frozenset(),
        answer=met(yes=not missing and not extra),
        weight=Weight.BLOCKING if extra else Weight.WARNING,
        alone=False,
        problem=_told(missing, extra),
        remedy="Run `asty plan` and apply it; what was opened by hand has to be declared, or goes.",
    )


def _portable(rule: SeenRule, city: City, site: Site) -> SeenRule:
    """The rule without the addresses and names that are the site's own."""
    return replace(rule, remote=_own_range(rule.remote, city, site) or _portable_name(rule.remote, site))


def _own_range(remote: str, city: City, site: Site) -> str:
    """`remote` as a network of the site, or a part of one: services have other blocks at the other site."""
    try:
        cidr = IPv4Network(remote)
    except ValueError:
        return ""
    for network in city.networks_at(site.id):
        if cidr.subnet_of(network.cidr):
            return f"{'' if cidr == network.cidr else 'part of '}network {network.purpose}"
    return ""


def _portable_name(name: str, site: Site) -> str:
    return name.replace(site.id, "SITE")


def _told(missing: list[SeenRule], extra: list[SeenRule]) -> str:
    parts = [("lacks", missing), ("adds", extra)]
    return "it " + " and ".join(f"{verb} {'; '.join(map(_rule, rules))}" for verb, rules in parts if rules)


def _rule(rule: SeenRule) -> str:
    return f"{rule.direction} {rule.protocol} {rule.ports} {rule.remote or 'everybody'}"
