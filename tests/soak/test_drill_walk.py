"""Whole drills over a real pair of PostgreSQL, with clouds and names made up here: there and home, and after a loss."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from city.model.places import SiteRole
from drs.drill.entry import Overridden
from drs.drill.journal import Journal
from drs.mode import Mode
from tests.drs.postgres.pairs import kill, sql
from tests.drs.twins import DATACENTRE, RECOVERY
from tests.soak import drilling
from tests.soak.drilling import Desk, Ground, Killed

pytestmark = pytest.mark.slow


@pytest.fixture
def ground() -> Iterator[Ground]:
    with drilling.ground() as made:
        yield made


def leaders(ground: Ground) -> list[SiteRole]:
    return [role for role, cluster in ground.clusters.items() if cluster.state().writable]


def tokens(ground: Ground, role: SiteRole) -> set[str]:
    return set(sql(ground.clusters[role], "select token from marks").split())


def test_there_and_home_again_every_step_is_proven_and_nothing_is_lost(ground: Ground, tmp_path: Path) -> None:
    sql(ground.clusters[DATACENTRE], "insert into marks values ('before')")
    there = Desk(ground, tmp_path, Mode.SWITCHOVER)
    run = there.conduct("maria")
    assert run.closed and not run.left, there.said
    assert leaders(ground) == [RECOVERY] and ground.clusters[DATACENTRE].state().streaming
    sql(ground.clusters[RECOVERY], "insert into marks values ('there')")
    home = Desk(ground, tmp_path, Mode.FAILBACK)
    run = home.conduct("maria")
    assert run.closed and not run.left, home.said
    assert leaders(ground) == [DATACENTRE] and ground.clusters[RECOVERY].state().streaming
    assert tokens(ground, DATACENTRE) == {"before", "there"}


def test_a_lost_data_centre_waits_for_a_name_and_comes_back_as_one_that_follows(ground: Ground, tmp_path: Path) -> None:
    one = ground.clusters[DATACENTRE]
    sql(one, "insert into marks values ('kept')")
    ground.clusters[RECOVERY].stop()
    sql(one, "insert into marks values ('lost')")
    kill(one)
    ground.clusters[RECOVERY].start()
    ground.clouds[DATACENTRE].gone = True
    desk = Desk(ground, tmp_path, Mode.FAILOVER)
    desk.dies_at = "promote:portal: WaitForFencing"
    with pytest.raises(Killed):
        desk.conduct("maria")
    answered = Overridden(at=datetime.now(UTC), by="eleni", task="fence:portal", reason="firemen cut its power")
    Journal(desk.path, desk.plan).append(answered)
    desk.dies_at = "promote:portal: recovery leads"
    with pytest.raises(Killed):
        desk.conduct("nikos")
    desk.forget_last()
    desk.dies_at = ""
    run = desk.conduct("eleni")
    assert run.closed and not run.left, desk.said
    assert run.known("promote:portal").attempts == 1, "it was seen to be done, and not done again"
    assert leaders(ground) == [RECOVERY] and tokens(ground, RECOVERY) == {"kept"}
    ground.clouds[DATACENTRE].gone = False
    home = Desk(ground, tmp_path, Mode.FAILBACK)
    assert not home.conduct("maria").left, home.said
    assert leaders(ground) == [DATACENTRE] and tokens(ground, DATACENTRE) == {"kept"}


@pytest.mark.parametrize("task", ["drain:portal", "promote:portal", "reprotect:portal"])
def test_a_switchover_whose_conductor_was_killed_is_gone_on_with(ground: Ground, tmp_path: Path, task: str) -> None:
    desk = Desk(ground, tmp_path, Mode.SWITCHOVER)
    desk.dies_at = f"{task}: begun"
    with pytest.raises(Killed):
        desk.conduct("maria")
    assert len(leaders(ground)) <= 1
    desk.dies_at = ""
    run = desk.conduct("nikos")
    assert run.closed and not run.left, desk.said
    assert leaders(ground) == [RECOVERY]
