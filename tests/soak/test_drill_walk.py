"""Whole drills over a real pair of PostgreSQL, with clouds and names made up here: there and home, and after a loss."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from city.clock import SystemClock
from city.model.places import SiteRole
from drs.drill.conduct import Conductor, Pace
from drs.drill.entry import Approved, Entry, Overridden
from drs.drill.journal import Journal
from drs.drill.moves import Wait
from drs.drill.of_city import StepHands, plan_of
from drs.drill.run import Run
from drs.drill.status import sentence
from drs.mode import Mode
from drs.postgres.cluster import Cluster
from drs.postgres.pair import Pair
from tests.drs.postgres.pairs import kill, pair, sql
from tests.drs.scenes import FakeGround, FakeStreet
from tests.drs.twins import DATACENTRE, RECOVERY, twins

pytestmark = pytest.mark.slow
QUICK = Pace(pause=timedelta(milliseconds=100), listen=timedelta(milliseconds=20))


class Street(FakeStreet):
    """A write is taken where the site is there and some database leads, as the application finds the one that does."""

    clusters: Mapping[SiteRole, Cluster]

    def write(self, fqdn: str, port: int, address: str = "") -> str:
        there = {one.addresses[0] for one in self.ask(fqdn) if one.addresses}
        leads = any(cluster.state().writable for cluster in self.clusters.values())
        self.takes = there if leads else set()
        return super().write(fqdn, port, address)


class Ground(FakeGround):
    def reaches(self, _vantage: SiteRole, role: SiteRole, _service: str) -> str:
        return "" if self.clusters[role].state().running else "nobody answers there"


@pytest.fixture
def ground() -> Iterator[Ground]:
    with pair() as (one, other):
        assert Pair(leader=one, follower=other, slot="recovery").soon(lambda: other.state().streaming)
        sql(one, "create table marks (token text primary key)")
        sites = twins()
        services = (replace(one, database="portal" if one.id == "portal" else "") for one in sites.city.services)
        made = Ground(replace(sites, city=replace(sites.city, services=tuple(services))))
        made.clusters = {DATACENTRE: one, RECOVERY: other}
        made.outside = Street(clouds=made.clouds)
        made.outside.clusters = made.clusters
        yield made


class Killed(BaseException):
    """The process that conducts ends here."""


class Desk:
    """One drill about the portal; `dies_at` is what its conductor has just heard when it is killed."""

    def __init__(self, ground: Ground, folder: Path, mode: Mode) -> None:
        self.ground, self.plan = ground, plan_of(ground.sites.city, mode, ["portal"])
        self.path, self.said, self.dies_at = folder / f"{mode}.jsonl", list[str](), ""

    @property
    def journal(self) -> Journal:
        journal = Journal(self.path, self.plan)
        journal.refresh()
        return journal

    def agree(self) -> None:
        now = datetime.now(UTC)
        for task in (one for one in self.plan.tasks if one.approvers):
            for person in ("nikos", "eleni"):
                agreed = Approved(at=now, by=person, task=task.id, until=now + timedelta(hours=1))
                Journal(self.path, self.plan).append(agreed)

    def conduct(self, by: str) -> Run:
        conductor = Conductor(
            journal=Journal(self.path, self.plan),
            hands=StepHands.of(self.ground.sites.city, self.plan, lambda: self.ground.sites, self.ground),
            clock=SystemClock(),
            by=by,
            report=self._hear,
            pace=QUICK,
        )
        conductor.open("d1")
        self.agree()
        return conductor.conduct()

    def _hear(self, happened: Entry | Wait) -> None:
        self.said.append(sentence(happened))
        if self.dies_at and self.said[-1].startswith(self.dies_at):
            raise Killed

    def forget_last(self) -> None:
        """The last line was not on the disk yet."""
        self.path.write_bytes(b"".join(self.path.read_bytes().splitlines(keepends=True)[:-1]))


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
