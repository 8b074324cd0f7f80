"""What somebody changed in a cloud by hand is told beside a plan that would not change it."""

from dataclasses import replace

import pytest

from asty.by_hand import as_json, findings, lines
from city.model.places import SiteRole
from drs.observed import SeenRule, known
from tests.drs.twins import DATACENTRE, RECOVERY, spoilt, twins, whole

WORLD = SeenRule(direction="ingress", protocol="tcp", ports="22", remote="0.0.0.0/0")


def opened() -> tuple[object, ...]:
    """The groups of the data centre, the first of them open to everybody's SSH."""
    first, *rest = known(whole(DATACENTRE).groups)
    return (replace(first, rules=first.rules | {WORLD}), *rest)


def test_of_sites_that_are_as_declared_nothing_is_told() -> None:
    assert findings(twins(), {}) == ()


def test_a_port_that_was_opened_by_hand_is_told_with_what_helps_where_no_step_would_close_it() -> None:
    sites = twins(datacentre=spoilt(SiteRole.DATACENTRE, groups=opened()))
    found = findings(sites, {})
    assert [("0.0.0.0/0" in one.problem, bool(one.remedy)) for one in found] == [(True, True)]
    assert next(lines(found)).startswith("otherwise than declared (")
    assert as_json(found)[0].keys() == {"weight", "subject", "problem", "remedy"}
    its_own = {DATACENTRE: {"SecGroupRule datacentre-management-22"}}
    assert findings(sites, its_own) == (), "a step may be about to close it"
    assert findings(sites, {DATACENTRE: {"SecGroupRule portal-22"}}) == found, "another group's is not"
    assert findings(sites, {DATACENTRE: {"Instance portal-1"}}) == found, "another image closes no port"


@pytest.mark.parametrize("role", [DATACENTRE, RECOVERY])
@pytest.mark.parametrize(
    ("part", "trouble", "mended_by", "remedy"),
    [
        ("servers", "SHUTOFF", "Instance", "server start portal-1"),
        ("volumes", "error", "Volume", "volume set --state in-use portal-1-data"),
        ("balancers", "ERROR", "LoadBalancer", "loadbalancer failover portal"),
        ("routers", "off", "Router", "router set --enable"),
    ],
)
def test_what_is_troubled_is_told_of_either_site_with_a_command_for_that_site(
    part: str, trouble: str, mended_by: str, remedy: str, role: SiteRole
) -> None:
    things = known(getattr(whole(role), part))
    bad = next((one for one in things if one.name.startswith("portal")), things[0])
    worse = replace(bad, trouble=trouble, **({"ready": False} if hasattr(bad, "ready") else {}))
    site = spoilt(role, **{part: tuple(worse if one is bad else one for one in things)})
    sites = twins(**{role.value: site})
    told = list(lines(findings(sites, {})))
    assert any(f"`openstack --os-cloud {role} {remedy}" in line for line in told)
    assert all(role.value in line for line in told), "nothing is said of the other site"
    rest = list(lines(findings(sites, {role: {f"{mended_by} {bad.name}"}})))
    assert not any(remedy in line for line in rest), "a step for it may mend it"
    other = list(lines(findings(sites, {role: {f"{mended_by} other-1"}})))
    assert any(remedy in line for line in other), "a step for another thing of that kind starts nobody"


def test_a_port_whose_groups_are_not_in_force_is_told() -> None:
    ports = tuple(replace(one, guarded=one.name != "identity-1") for one in known(whole(DATACENTRE).ports))
    (told,) = lines(findings(twins(datacentre=spoilt(DATACENTRE, ports=ports)), {}))
    assert "port identity-1 of datacentre: its port security is off" in told


def test_what_nobody_declared_is_told_in_every_plan() -> None:
    first, *rest = known(whole(DATACENTRE).servers)
    stranger = replace(first, name="miner-1", service="")
    sites = twins(datacentre=spoilt(SiteRole.DATACENTRE, servers=(first, stranger, *rest)))
    told = [list(lines(findings(sites, steps))) for steps in ({}, {role: {"Instance portal-1"} for role in SiteRole})]
    assert all(any("miner-1" in line for line in those) for those in told)
