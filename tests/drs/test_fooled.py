"""Each field of all that is seen gets a wrong value, one by one, and readiness finds it. Generated, not listed."""

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import datetime, timedelta
from ipaddress import IPv4Network
from itertools import combinations
from types import NoneType
from typing import Any, get_args, get_type_hints

import pytest

from city.model.places import SiteRole
from drs import observed
from drs.checks.quotas import missing, together
from drs.observed import PARTS, SeenListener, SeenQuota, SeenSite, known
from tests.drs.twins import DATACENTRE, NOW, RECOVERY, STACKS, assessed, city, twins, whole

NOT_READ_THERE = {"data_as_of", "copy_of", "device_id"}
"""At the data centre stands the original, no copy; which server a port carries there is no matter of recovery."""

TOLD_ALONE = {(SeenListener, "name")}
"""Nothing is declared of it; a remedy names it."""


def tight(role: SiteRole) -> SeenSite:
    """The whole site, with exactly the quotas that it needs: one less would be too few.

    For lies about quotas alone: with these, whatever else is gone is missed by a quota, too.
    """
    site = whole(role)
    need = {resource: together(resource, more) for resource, more in missing(twins()).items()}
    quotas = (SeenQuota(resource=q.resource, limit=q.used + need[q.resource], used=q.used) for q in known(site.quotas))
    return replace(site, quotas=tuple(quotas))


def wrong(value: object) -> list[Any]:  # noqa: PLR0911 - one for each kind of value
    """Values of the same kind that are wrong, for this one is right: far from it, and near enough to be overlooked."""
    match value:
        case None:
            return []
        case bool():
            return [not value]
        case int():
            return sorted({value + 1, value - 1, -value, 0, value * 10} - {value})
        case str():
            near = {value[:-1], value[1:], f"{value}0", f"0{value}", f"{value} ", value.swapcase(), ""}
            return ["nobody-s", *sorted(near - {value})]
        case datetime():
            return [value - timedelta(days=365), value + timedelta(days=365)]
        case IPv4Network():
            nets = [value.supernet(), next(value.subnets())] if value.prefixlen < 32 else [value.supernet()]
            return [IPv4Network("192.0.2.0/24"), *(net for net in nets if net != value)]
        case tuple() | frozenset():
            return list(collections(value))
        case _:
            raise TypeError(f"{value!r}: say here what a wrong one would be")


def collections(value: tuple[Any, ...] | frozenset[Any]) -> Iterator[Any]:
    """Without one of it, with one of it spoilt, and with a spoilt one beside it."""
    kind = type(value)
    for one in value:
        rest = [other for other in value if other != one]
        yield kind(rest)
        for odd in (thing for _, thing in spoilt_ones(one)):
            yield kind([*rest, odd])
            yield kind([*value, odd])
    if not value and kind is tuple:
        yield (("key", "value"),)


def spoilt_ones(one: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - a thing of any kind that is seen
    """Each field's name, and the thing with a wrong value in it, or none where it may have none."""
    if not is_dataclass(one) or isinstance(one, type):
        yield from (("", odd) for odd in wrong(one))
        return
    hints = get_type_hints(type(one))
    for field in fields(one):
        value = getattr(one, field.name)
        if (type(one), field.name) in TOLD_ALONE:
            continue
        may_be_none = value is not None and NoneType in get_args(hints[field.name])
        for odd in [*wrong(value), *([None] if may_be_none else [])]:
            yield field.name, replace(one, **{field.name: odd})


@dataclass(frozen=True, slots=True, kw_only=True)
class Lie:
    told: str
    role: SiteRole
    part: str
    things: tuple[Any, ...]

    @property
    def site(self) -> SeenSite:
        return replace(whole(self.role), **{self.part: self.things})  # type: ignore[arg-type]  # any part

    @property
    def found(self) -> bool:
        sites = twins(recovery=self.site) if self.role is RECOVERY else twins(datacentre=self.site)
        gaps = assessed(sites).gaps
        assert all(gap.problem and gap.remedy for gap in gaps), "each says what is wrong, and what helps"
        return bool(gaps)


def lies(role: SiteRole, part: str) -> Iterator[Lie]:
    """Of each thing of a part: it is gone, it is there twice, a field of it is wrong, or is another's."""
    things = known(getattr(tight(role), part))

    def lie(told: str, *instead: object) -> Lie:
        return Lie(told=f"{part}: {told}", role=role, part=part, things=instead)

    for number, thing in enumerate(things):
        before, after = things[:number], things[number + 1 :]
        yield lie(f"no {thing}", *before, *after)
        if part != "quotas":
            yield lie(f"two {thing}", *before, thing, thing, *after)
        for name, odd in spoilt_ones(thing):
            if role is RECOVERY or name not in NOT_READ_THERE:
                yield lie(f"{odd} instead of {thing}", *before, odd, *after)
    for one, other in combinations(things, 2):
        rest = [thing for thing in things if thing not in {one, other}]
        for name, pair in exchanged(one, other):
            if role is RECOVERY or name not in NOT_READ_THERE:
                yield lie(f"{name} of {one} and {other} are each other's", *rest, *pair)


def exchanged(one: Any, other: Any) -> Iterator[tuple[str, tuple[Any, Any]]]:  # noqa: ANN401 - as above
    """Two things with the value of a field that is the other's: each field by which that changes anything."""
    for field in fields(one):
        mine, theirs = getattr(one, field.name), getattr(other, field.name)
        pair = replace(one, **{field.name: theirs}), replace(other, **{field.name: mine})
        if {*pair} != {one, other}:
            yield field.name, pair


def harmless(lie: Lie) -> bool:
    """A quota that is larger than needed, or used less, is no gap."""
    if lie.part != "quotas":
        return False
    before, after = ({q.resource: q for q in quotas} for quotas in (known(tight(lie.role).quotas), lie.things))
    return before.keys() == after.keys() and all(after[r].free >= before[r].free for r in before)


def test_the_twins_with_tight_quotas_are_ready() -> None:
    assert assessed(twins(recovery=tight(RECOVERY))).gaps == ()


@pytest.mark.slow
@pytest.mark.parametrize("part", PARTS)
def test_a_wrong_value_anywhere_at_the_recovery_site_is_found(part: str) -> None:
    tried = [lie for lie in lies(RECOVERY, part) if not harmless(lie)]
    assert tried, f"nothing of {part} is there to be spoilt"
    assert [lie.told for lie in tried if not lie.found] == []


def read_there() -> list[str]:
    """The parts of the data centre that readiness reads by value: where one of them is empty, it says so."""
    return [part for part in PARTS if Lie(told="", role=DATACENTRE, part=part, things=()).found]


@pytest.mark.slow
@pytest.mark.parametrize("part", read_there())
def test_a_wrong_value_of_the_data_centre_is_found_where_readiness_reads_it(part: str) -> None:
    assert [lie.told for lie in lies(DATACENTRE, part) if not lie.found] == []


@pytest.mark.parametrize("role", [RECOVERY, DATACENTRE])
def test_the_order_in_which_an_api_lists_things_is_no_gap(role: SiteRole) -> None:
    site = whole(role)
    turned = replace(site, **{part: known(getattr(site, part))[::-1] for part in PARTS})  # type: ignore[arg-type]  # each of its part
    assert assessed(twins(recovery=turned) if role is RECOVERY else twins(datacentre=turned)).gaps == ()


@pytest.mark.parametrize("number", range(len(STACKS)))
def test_a_stack_that_is_not_as_it_should_be_is_found(number: int) -> None:
    for told in (replace(STACKS[number], readable=False), *(replace(STACKS[number], resources=r) for r in (0, -1))):
        stacks = (*STACKS[:number], told, *STACKS[number + 1 :])
        assert [gap.subject for gap in assessed(twins(), stacks).gaps] == [f"stack {told.stack}"]


def test_where_no_stack_was_looked_at_nobody_knows() -> None:
    (gap,) = assessed(twins(), ()).gaps
    assert (gap.area, gap.answer) == ("state", "unknown")


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


@pytest.mark.parametrize("role", [RECOVERY, DATACENTRE])
@pytest.mark.parametrize(
    "part", ["subnets", "routers", "groups", "ports", "servers", "volumes", "balancers", "floating", "records"]
)
def test_what_stands_there_besides_and_nobody_declared_is_found_as_that(part: str, role: SiteRole) -> None:
    """Flavours, images and zones beside the declared ones are the provider's."""
    things = known(getattr(whole(role), part))
    called = "name" if part == "records" else fields(things[0])[0].name
    foreign = replace(things[0], **{called: "nobody-s", **({"leads_to": ""} if part == "floating" else {})})
    site = Lie(told="", role=role, part=part, things=(*things, foreign)).site
    gaps = assessed(twins(recovery=site) if role is RECOVERY else twins(datacentre=site)).gaps
    assert ["nobody-s" in gap.problem for gap in gaps if gap.area == "undeclared"] == [True]


@pytest.mark.parametrize(
    ("part", "field", "told"),
    [
        pytest.param("volumes", "service", "its property service says nothing", id="a volume of nobody"),
        pytest.param("servers", "service", "its property service says nothing", id="a server of nobody"),
        pytest.param("servers", "flavour", "its flavour is unknown, not small", id="a server of no size"),
        pytest.param("balancers", "service", "its tag service says nothing", id="a balancer of nobody"),
        pytest.param("balancers", "address", "its address is not set", id="a balancer nowhere"),
        pytest.param("subnets", "gateway", "its gateway is not set", id="a network without a way out"),
        pytest.param("ports", "addresses", "its address is not set", id="a port without an address"),
        pytest.param("records", "values", "it leads to nothing", id="a name without an address"),
        pytest.param("images", "disk_format", "its format is unknown", id="an image of no format"),
    ],
)
def test_what_is_not_set_is_told_as_that(part: str, field: str, told: str) -> None:
    things = known(getattr(whole(RECOVERY), part))
    bare = replace(things[0], **{field: type(getattr(things[0], field))()})
    site = Lie(told="", role=RECOVERY, part=part, things=(bare, *things[1:])).site
    assert [gap for gap in assessed(twins(recovery=site)).gaps if told in gap.problem]


@pytest.mark.parametrize(("late", "found"), [(timedelta(), 0), (timedelta(microseconds=1), 1)])
def test_data_as_old_as_was_promised_are_not_too_old(late: timedelta, found: int) -> None:
    rpo = city().service("portal").rpo
    volumes = known(whole(RECOVERY).volumes)
    aged = tuple(replace(one, data_as_of=NOW - rpo - late) if one.service == "portal" else one for one in volumes)
    site = Lie(told="", role=RECOVERY, part="volumes", things=aged).site
    assert len([gap for gap in assessed(twins(recovery=site)).gaps if "were promised (RPO)" in gap.problem]) == found
