"""Drills of the portal over a real pair of PostgreSQL, with clouds and names made up here."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from city.clock import SystemClock
from city.model.places import SiteRole
from drs.drill.conduct import Conductor, Hands, Pace
from drs.drill.entry import Approved, Entry
from drs.drill.journal import Journal
from drs.drill.moves import Wait
from drs.drill.of_city import StepHands, plan_of
from drs.drill.run import Run
from drs.drill.status import sentence
from drs.mode import Mode
from drs.postgres.cluster import Cluster
from drs.postgres.pair import Pair
from tests.drs.postgres.pairs import pair, sql
from tests.drs.scenes import FakeGround, FakeStreet
from tests.drs.twins import DATACENTRE, RECOVERY, twins

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
    def kept_at(self) -> str:
        return "in the folder of a test"

    def reaches(self, _vantage: SiteRole, role: SiteRole, _service: str) -> str:
        return "" if self.clusters[role].state().running else "nobody answers there"


@contextmanager
def ground() -> Iterator[Ground]:
    """Whose portal has the database of a real pair that streams."""
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

    def hands(self) -> Hands:
        return StepHands.of(self.ground.sites.city, self.plan, lambda: self.ground.sites, self.ground)

    def conduct(self, by: str) -> Run:
        conductor = Conductor(
            journal=Journal(self.path, self.plan),
            hands=self.hands(),
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
