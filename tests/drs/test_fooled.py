"""Each field of all that is seen gets a wrong value, one by one, and readiness finds it. Generated, not listed."""

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import datetime, timedelta
from ipaddress import IPv4Network
from typing import Any

import pytest

from city.model.places import SiteRole
from drs import observed
from drs.checks.quotas import missing
from drs.compared import Sites
from drs.observed import PARTS, SeenQuota, SeenSite, known
from tests.drs.twins import DATACENTRE, RECOVERY, assessed, twins, whole

NOT_READ_THERE = {"data_as_of", "copy_of", "device_id"}
"""At the data centre stands the original, no copy; which server a port carries there is no matter of recovery."""


def tight(role: SiteRole) -> SeenSite:
    """The whole site, with exactly the quotas that it needs: one less would be too few."""
    site = whole(role)
    needs = {q.resource: q.used for q in known(site.quotas)}
    return replace(
        site, quotas=tuple(SeenQuota(resource=r, limit=used + _need(r), used=used) for r, used in needs.items())
    )


def _need(resource: str) -> int:
    return sum(missing(twins())[resource].values())


def spoiled(role: SiteRole, site: SeenSite) -> Sites:
    return twins(recovery=site) if role is RECOVERY else twins(recovery=tight(RECOVERY), datacentre=site)


def others(value: object) -> list[Any]:  # noqa: PLR0911 - one for each kind of value
    """Values of the same kind that are wrong, for this one is right."""
    match value:
        case bool():
            return [not value]
        case int():
            return [value + 1, value - 1, 0] if value else [1]
        case str():
            return ["nobody-s", *([""] if value else [])]
        case datetime():
            return [value - timedelta(days=365), value + timedelta(days=365), None]
        case None:
            return []
        case IPv4Network():
            return [IPv4Network("192.0.2.0/24"), next(iter(value.subnets()))] if value.prefixlen < 32 else []
        case tuple() | frozenset():
            return list(collections(value))
        case _:
            raise TypeError(f"{value!r}: say here what a wrong one would be")


def collections(value: tuple[Any, ...] | frozenset[Any]) -> Iterator[Any]:
    """Without one of it, with something more in it, and with one of it spoilt."""
    kind = type(value)
    for one in value:
        rest = [other for other in value if other != one]
        yield kind(rest)
        for wrong in wrong_ones(one):
            yield kind([*rest, wrong])
    if not value and kind is tuple:
        yield (("key", "value"),)


def wrong_ones(one: Any) -> Iterator[Any]:  # noqa: ANN401 - a thing of any kind that is seen
    if not is_dataclass(one) or isinstance(one, type):
        yield from others(one)
        return
    for field in fields(one):
        for wrong in others(getattr(one, field.name)):
            yield replace(one, **{field.name: wrong})


@dataclass(frozen=True, slots=True, kw_only=True)
class Lie:
    told: str
    role: SiteRole
    site: SeenSite


def lies(role: SiteRole, part: str) -> Iterator[Lie]:
    """Of each thing of a part: it is gone, it is there twice, or one of its fields is wrong."""
    site = tight(role)
    things = known(getattr(site, part))
    for number, thing in enumerate(things):
        before, after = things[:number], things[number + 1 :]
        if not isinstance(thing, SeenQuota):
            yield Lie(told=f"{part}: two {thing}", role=role, site=having(site, part, *things, thing))
        yield Lie(told=f"{part}: no {thing}", role=role, site=having(site, part, *before, *after))
        for field in fields(thing):
            unread = role is DATACENTRE and field.name in NOT_READ_THERE
            for wrong in [] if unread else others(getattr(thing, field.name)):
                spoilt = having(site, part, *before, replace(thing, **{field.name: wrong}), *after)
                yield Lie(told=f"{part}: {field.name} of {thing} is {wrong!r}", role=role, site=spoilt)


def having(site: SeenSite, part: str, *things: object) -> SeenSite:
    return replace(site, **{part: things})  # type: ignore[arg-type]  # any part


def harmless(lie: Lie) -> bool:
    """A quota that is larger than needed, or used less, is no gap."""
    before = {q.resource: q for q in known(tight(lie.role).quotas)}
    after = {q.resource: q for q in known(lie.site.quotas)}
    return before != after and before.keys() == after.keys() and all(after[r].free >= before[r].free for r in before)


def test_the_twins_with_tight_quotas_are_ready() -> None:
    assert assessed(twins(recovery=tight(RECOVERY))).gaps == ()


@pytest.mark.parametrize("part", PARTS)
def test_a_wrong_value_anywhere_at_the_recovery_site_is_found(part: str) -> None:
    tried = [lie for lie in lies(RECOVERY, part) if not harmless(lie)]
    assert tried, f"nothing of {part} is there to be spoilt"
    missed = [lie.told for lie in tried if not assessed(spoiled(lie.role, lie.site)).gaps]
    assert missed == []


def read_there() -> list[str]:
    """The parts of the data centre that readiness reads by value: where one of them is empty, it says so."""
    return [part for part in PARTS if assessed(twins(datacentre=having(whole(DATACENTRE), part))).gaps]


@pytest.mark.parametrize("part", read_there())
def test_a_wrong_value_of_the_data_centre_is_found_where_readiness_reads_it(part: str) -> None:
    missed = [lie.told for lie in lies(DATACENTRE, part) if not assessed(spoiled(lie.role, lie.site)).gaps]
    assert missed == []


def test_what_is_the_same_at_both_sites_is_still_compared_with_the_declaration() -> None:
    """The data centre is not the truth: a flavour and a rule that are wrong at both sites are wrong."""
    sites = {}
    for role in (RECOVERY, DATACENTRE):
        site = whole(role)
        flavours = tuple(replace(one, ram_mb=1) for one in known(site.flavours))
        groups = tuple(replace(one, rules=frozenset()) for one in known(site.groups))
        sites[role] = replace(site, flavours=flavours, groups=groups)
    subjects = {gap.subject for gap in assessed(twins(datacentre=sites[DATACENTRE], recovery=sites[RECOVERY])).gaps}
    assert {"flavour small", "flavour small of datacentre"} <= subjects
    assert {"security group portal", "security group portal of datacentre"} <= subjects


def test_every_kind_of_thing_that_is_seen_stands_in_the_twins() -> None:
    """Else the tests above would not spoil it."""
    kinds = {kind for name, kind in vars(observed).items() if name.startswith("Seen") and name != "SeenSite"}
    there = set()
    queue: list[object] = [thing for part in PARTS for thing in known(getattr(whole(RECOVERY), part))]
    while queue:
        thing = queue.pop()
        there.add(type(thing))
        for field in fields(thing):  # type: ignore[arg-type]  # each is a Seen something
            value = getattr(thing, field.name)
            queue += [one for one in value if is_dataclass(one)] if isinstance(value, tuple | frozenset) else []
    assert kinds == there
