"""What somebody changed in a cloud by hand is told beside a plan that would not change it."""

from dataclasses import replace

from asty.by_hand import as_json, findings, lines
from city.model.places import SiteRole
from drs.observed import SeenRule, known
from tests.drs.twins import DATACENTRE, spoilt, twins, whole

WORLD = SeenRule(direction="ingress", protocol="tcp", ports="22", remote="0.0.0.0/0")


def opened() -> tuple[object, ...]:
    """The groups of the data centre, the first of them open to everybody's SSH."""
    first, *rest = known(whole(DATACENTRE).groups)
    return (replace(first, rules=first.rules | {WORLD}), *rest)


def test_of_sites_that_are_as_declared_nothing_is_told() -> None:
    assert findings(twins(), at_rest=True) == ()


def test_a_port_that_was_opened_by_hand_is_told_with_what_helps_where_no_step_would_close_it() -> None:
    sites = twins(datacentre=spoilt(SiteRole.DATACENTRE, groups=opened()))
    found = findings(sites, at_rest=True)
    assert [("0.0.0.0/0" in one.problem, bool(one.remedy)) for one in found] == [(True, True)]
    assert next(lines(found)).startswith("otherwise than declared (")
    assert as_json(found)[0].keys() == {"weight", "subject", "problem", "remedy"}
    assert findings(sites, at_rest=False) == (), "a step may be about to close it"


def test_what_nobody_declared_is_told_in_every_plan() -> None:
    first, *rest = known(whole(DATACENTRE).servers)
    stranger = replace(first, name="miner-1", service="")
    sites = twins(datacentre=spoilt(SiteRole.DATACENTRE, servers=(first, stranger, *rest)))
    told = [list(lines(findings(sites, at_rest=rest_or_not))) for rest_or_not in (True, False)]
    assert all(any("miner-1" in line for line in those) for those in told)
