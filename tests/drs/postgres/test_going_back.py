"""A database that is taken back to a point, on a host that is a model of back.py: what is asked, and what proves it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from city.errors import Failed, Refused
from city.model.places import SiteRole
from drs.check import Answer
from drs.hands.shell import Declined
from drs.mode import Mode
from drs.postgres import going_back
from drs.postgres.cluster import Cluster
from drs.scene import Scene
from drs.steps import prove_point
from drs.steps.restore import STEP
from tests.drs.scenes import FakeGround, scene
from tests.drs.twins import twins

POINT = datetime(2030, 3, 30, 12, tzinfo=UTC)
FOLLOWS = {"recovering": True, "system": "7", "timeline": 2, "at": 5, "receiver": None, "leader": "", "followers": []}


@dataclass
class Host:
    """What stands there: `busy` looks long it is at work in quarantine; `good` is what comes of it."""

    good: bool = True
    busy: int = 0
    answers: bool = True
    known: dict[str, Any] = field(default_factory=lambda: {"follows": True, "working": False, "quarantine": {}})
    asked: list[str] = field(default_factory=list)

    def run(self, command: Sequence[str]) -> str:
        if command[0] != "python3":
            return self._sql()
        _, program, word, *more = command
        assert program == "/usr/lib/database/back.py"
        self.asked.append(" ".join((word, *more)))
        return str(getattr(self, f"_{word}")(*more) or "")

    def _sql(self) -> str:
        if not self.answers:
            raise Declined("portal-db", "psql", 2, "something is wrong with it")
        return json.dumps({**FOLLOWS, "recovering": self.known["follows"]})

    def _begin(self, point: str) -> None:
        told = {"good": self.good, "problem": "" if self.good else "the sum of a page is wrong", "rows": {"t": 5}}
        self.known |= {"phase": "asked", "point": point, "quarantine": told, "working": bool(self.busy)}

    def _told(self) -> str:
        told = json.dumps(self.known)
        self.busy = max(0, self.busy - 1)
        self.known["working"] = bool(self.busy)
        return told

    def _take(self, point: str) -> None:
        assert self.known["quarantine"]["good"] and self.known["point"] == point
        self.known |= {"phase": "taken", "follows": True, "rows": {"public.marks": 3, "public.notes": 4}}

    def _undo(self) -> None:
        self.known["phase"] = "undone"


class Ground(FakeGround):
    host: Host

    def cluster(self, role: SiteRole, service: str) -> Cluster:
        assert role is SiteRole.RECOVERY, "the copies are at the recovery site, and nothing else is asked"
        return Cluster(name=f"{service}-db (recovery)", address="10.2.1.15", shell=self.host)


def made(**told: Any) -> tuple[Host, Scene]:  # noqa: ANN401 - the fields of Host
    ground = Ground(twins())
    ground.host = Host(**told)
    return ground.host, replace(scene(twins(), "portal", Mode.FAILOVER, ground), point=POINT)


def act(at: Scene) -> str:
    assert STEP.do is not None
    return STEP.do(at)


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(going_back, "_LOOKS_EVERY_S", 0)


def test_a_copy_is_brought_looked_at_until_it_is_good_and_then_takes_the_place() -> None:
    host, at = made(busy=3)
    assert STEP.verify(at).answer is Answer.UNMET
    act(at)
    deeds = [one for one in host.asked if one != "told"]
    assert deeds == [f"begin {POINT.isoformat()}", f"take {POINT.isoformat()}"]
    proof = STEP.verify(at)
    assert proof.answer is Answer.MET and "7 rows in 2 tables" in proof.reason


def test_a_copy_that_is_not_good_takes_no_place_and_says_why() -> None:
    host, at = made(good=False)
    with pytest.raises(Failed, match="the copy is not good: the sum of a page is wrong"):
        act(at)
    assert not any(one.startswith("take") for one in host.asked)


def test_what_was_done_before_a_kill_is_not_done_again() -> None:
    host, at = made()
    act(at)
    host.asked.clear()
    act(at)
    assert set(host.asked) == {"told"}


def test_data_of_another_moment_or_that_somebody_wrote_to_since_prove_nothing() -> None:
    host, at = made()
    act(at)
    assert STEP.verify(replace(at, point=POINT.replace(hour=11))).answer is Answer.UNMET
    host.known["follows"] = False
    assert STEP.verify(at).answer is Answer.UNMET, "a second drill to the same moment does it again"
    act(at)
    assert [one.split()[0] for one in host.asked].count("begin") == 2


def test_a_database_that_does_not_answer_from_the_data_proves_nothing() -> None:
    host, at = made()
    act(at)
    host.answers = False
    with pytest.raises(Failed):
        STEP.verify(at)


def test_the_data_from_before_come_back_unless_the_copy_leads() -> None:
    host, at = made()
    act(at)
    assert STEP.undo is not None
    host.known["follows"] = False
    with pytest.raises(Refused, match="it leads from the point on"):
        STEP.undo(at)
    host.known["follows"] = True
    STEP.undo(at)
    assert host.known["phase"] == "undone" and STEP.verify(at).answer is Answer.UNMET


def test_a_rehearsal_proves_the_copy_of_a_point_in_quarantine_and_takes_no_place() -> None:
    host, at = made()
    at = replace(at, mode=Mode.REHEARSE)
    prove = prove_point.STEP
    assert prove.do is not None and prove.verify(at).answer is Answer.UNMET
    prove.do(at)
    proof = prove.verify(at)
    assert proof.answer is Answer.MET and "5 rows" in proof.reason
    assert {one.split()[0] for one in host.asked} == {"begin", "told"}, "the database goes on as it is"
    assert prove.verify(replace(at, point=POINT.replace(hour=11))).answer is Answer.UNMET
    host.good = False
    with pytest.raises(Failed, match="the sum of a page is wrong"):
        prove.do(at)
    assert prove.verify(at).answer is Answer.UNMET


@pytest.mark.parametrize("said", ["", "no JSON", "[]"])
def test_what_nobody_can_read_is_never_taken_for_done(said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _, at = made()
    monkeypatch.setattr(Host, "_told", lambda _: said)
    with pytest.raises(Failed):
        STEP.verify(at)
