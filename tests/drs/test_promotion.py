"""A planned promotion says at once who follows; one after a loss does not wait for a site that is gone."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from city.model.places import SiteRole
from drs.mode import REAL, Mode
from drs.postgres.cluster import Cluster
from drs.steps.promote import STEP
from tests.drs.scenes import FakeGround, scene
from tests.drs.twins import twins

STANDBY = '{"recovering": true, "system": "7", "timeline": 1, "at": 5, "receiver": null, "leader": "", "followers": []}'


class Recorded:
    """A host that keeps the statements which it was asked to run, and answers as a follower that is promoted."""

    def __init__(self) -> None:
        self.statements: list[str] = []

    def run(self, command: Sequence[str]) -> str:
        self.statements.append(command[-1])
        return STANDBY if "json_build_object" in command[-1] else "t"


class Hosts(FakeGround):
    def cluster(self, role: SiteRole, service: str) -> Cluster:
        shell = self.shells.setdefault(role, Recorded())
        return Cluster(name=f"{service}-db ({role.value})", address="10.0.0.1", shell=shell)

    shells: dict[SiteRole, Recorded]


@pytest.mark.parametrize("mode", sorted(REAL))
def test_the_slot_of_who_is_left_comes_before_a_planned_promotion_and_after_a_loss_there_is_none(mode: Mode) -> None:
    sites = twins()
    services = tuple(replace(one, database="portal" if one.id == "portal" else "") for one in sites.city.services)
    sites = replace(sites, city=replace(sites.city, services=services))
    ground = Hosts(sites)
    ground.shells = {}
    assert STEP.do is not None
    STEP.do(scene(sites, "portal", mode, ground))
    told = ground.shells[mode.here].statements
    promoted = next(at for at, one in enumerate(told) if "pg_promote" in one)
    slots = [at for at, one in enumerate(told) if f"'{mode.there.value}'" in one and "create_physical" in one]
    assert (slots == []) if mode is Mode.FAILOVER else (slots[0] < promoted)
