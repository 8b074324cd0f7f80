"""How many commands a move of a database gives to its two hosts: residents wait for each of them."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

import pytest

from city.errors import AstyError, Refused
from drs import steps
from drs.check import Answer
from drs.hands.shell import Shell
from drs.mode import Mode
from drs.postgres.cluster import Cluster
from drs.postgres.pair import Pair
from drs.scene import Scene
from drs.step import Step
from tests.drs.postgres.pairs import pair, sql
from tests.drs.scenes import FakeGround, scene
from tests.drs.twins import DATACENTRE, RECOVERY, twins

pytestmark = pytest.mark.slow


@dataclass
class Counting:
    """A host; `given` are the commands that it was given."""

    host: Shell
    given: list[Sequence[str]] = field(default_factory=list)

    def run(self, command: Sequence[str]) -> str:
        self.given.append(command)
        return self.host.run(command)


@dataclass(frozen=True)
class Move:
    """Of the portal's database, a real one, at a planned move."""

    scene: Scene
    hosts: tuple[Counting, Counting]
    clusters: tuple[Cluster, Cluster]

    def takes(self, name: str) -> int:
        """How many commands the step took, with the look that proves it."""
        step = self.step(name)
        before = sum(len(host.given) for host in self.hosts)
        assert not step.check(self.scene) and step.do is not None
        step.do(self.scene)
        assert step.verify(self.scene).answer is Answer.MET
        return sum(len(host.given) for host in self.hosts) - before

    def step(self, name: str) -> Step:
        (found,) = [one for one in steps.every() if one.name == name]
        return found


@pytest.fixture
def move() -> Iterator[Move]:
    with pair() as (leader, follower):
        assert Pair(leader=leader, follower=follower, slot="recovery").soon(lambda: follower.state().streaming)
        hosts = Counting(leader.shell), Counting(follower.shell)
        there, here = (replace(one, shell=host) for one, host in zip((leader, follower), hosts, strict=True))
        sites = twins()
        kept = tuple(replace(one, database="portal" if one.id == "portal" else "") for one in sites.city.services)
        sites = replace(sites, city=replace(sites.city, services=kept))
        ground = FakeGround(sites, clusters={DATACENTRE: there, RECOVERY: here})
        yield Move(scene(sites, "portal", Mode.SWITCHOVER, ground), hosts, (leader, follower))


def test_a_move_asks_each_host_no_more_than_its_proofs_need(move: Move, monkeypatch: pytest.MonkeyPatch) -> None:
    """It took 20 for the drain, 11 for the promotion, 22 to follow again. Of those who wait, the look counts that saw
    it: how often they look too early is the machine's."""

    def soon(_: Pair, holds: Callable[[], bool]) -> bool:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            given = [len(host.given) for host in move.hosts]
            with suppress(AstyError):
                if holds():
                    return True
            for host, count in zip(move.hosts, given, strict=True):
                del host.given[count:]
            time.sleep(0.05)
        return False

    monkeypatch.setattr(Pair, "soon", soon)
    assert [move.takes(step) for step in ("drain", "promote", "reprotect")] == [10, 7, 17]


def test_a_leader_that_does_not_lead_is_not_stopped(move: Move) -> None:
    """Both follow: nobody has all that was promised, and a person has to look."""
    leader, follower = move.clusters
    drain = move.step("drain").do
    assert drain is not None
    for one in (leader, follower):
        one.stop()
        one.follow(leader.conninfo() or follower.conninfo(), "x")
        one.start()
    with pytest.raises(Refused, match="does not lead"):
        drain(move.scene)
    assert leader.state().running


def test_whoever_leads_says_on_which_timeline_and_one_that_follows_has_no_row_of_its_own(move: Move) -> None:
    _, follower = move.clusters
    assert not follower.promoted()
    move.takes("drain")
    assert follower.promote(30) == follower.promote(30) == "2", "again after a kill"
    assert follower.promoted() and sql(follower, "select count(*) from asty_promotion where timeline = 2") == "1"
