"""Every order in which the two hosts of a database can start, ask, act, crash, be promoted and lose a volume.

What a host decides is the program's own code; the world around it is a model. Between a question and the deed that
follows from the answer, everything else may happen; any answer may be lost on its way.
"""

import importlib.util
import sys
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

PROGRAM = Path(__file__).parents[2] / "playbooks/roles/database/files/prepare.py"
HOSTS = ("10.1.1.14", "10.2.1.14")


class Data(Enum):
    """What a volume has: a cluster that follows, one that leads and that somebody followed, one that nobody did."""

    NONE = "none"
    FOLLOWS = "follows"
    FOLLOWED = "followed"
    ALONE = "alone"


class Life(Enum):
    OFF = "off"
    ASKS = "asks"
    KNOWS = "knows"
    RUNS = "runs"


@dataclass(frozen=True)
class Host:
    data: Data = Data.NONE
    life: Life = Life.OFF
    knows: str = ""
    fenced: bool = False

    @property
    def leads(self) -> bool:
        return self.life is Life.RUNS and self.data is not Data.FOLLOWS


World = tuple[Host, Host]


@dataclass
class Model:
    """`mends_promotion`: whether a planned promotion leaves a slot for the site that is left (drs/steps/promote.py)."""

    program: ModuleType
    folder: Path
    mends_promotion: bool = True

    def __post_init__(self) -> None:
        for data in Data:
            (self.folder / data.value).mkdir()
            if data is not Data.NONE:
                (self.folder / data.value / "main/pg_replslot").mkdir(parents=True)
                (self.folder / data.value / "main/PG_VERSION").write_text("15")
        (self.folder / "follows/main/standby.signal").touch()
        (self.folder / "followed/main/pg_replslot/recovery").mkdir()

    def decides(self, place: int, host: Host) -> str:
        """begun, copied, starts or waits: by the program itself."""
        program: Any = self.program
        program.CLUSTERS, program.of_other = self.folder / host.data.value, lambda *_: program.Other[host.knows]
        program.lost = lambda *_: False
        own = program.Host("portal", "portal", "portal-db", HOSTS, place)
        try:
            if host.data is Data.NONE:
                return {program.begun: "begun", program.copied: "copied"}[program.maker(own)]
            program.may_start(own)
        except program.WaitingError:
            return "waits"
        return "starts"

    def next(self, world: World) -> Iterator[tuple[str, World]]:
        for place in (0, 1):
            for told, own, other in self._steps(place, world[place], world[1 - place]):
                yield f"{'AB'[place]} {told}", (own, other) if place == 0 else (other, own)

    def _steps(self, place: int, own: Host, other: Host) -> Iterator[tuple[str, Host, Host]]:
        if own.life is Life.OFF:
            if not own.fenced:
                yield "boots", replace(own, life=Life.ASKS), other
            if own.data is not Data.NONE:
                yield "loses its volume", replace(own, data=Data.NONE), other
        else:
            yield "crashes", replace(own, life=Life.OFF, knows=""), other
            if place == 0:
                yield "is fenced", replace(own, life=Life.OFF, knows="", fenced=True), other
        if own.fenced:
            yield "is released", replace(own, fenced=False), other
        if own.life is Life.RUNS:
            yield "starts its server anew", replace(own, life=Life.ASKS), other
        if own.life is Life.ASKS:
            for heard in {answer(other), "UNKNOWN"}:
                yield f"hears {heard}", replace(own, life=Life.KNOWS, knows=heard), other
        if own.life is Life.KNOWS:
            yield from self._acts(place, own, other)
        yield from self._drilled(place, own, other)

    def _acts(self, place: int, own: Host, other: Host) -> Iterator[tuple[str, Host, Host]]:
        deed = self.decides(place, own)
        if deed == "begun":
            assert other.data is Data.NONE, "a second database is begun beside one"
            yield deed, Host(Data.ALONE, Life.RUNS), other
        elif deed == "starts":
            yield deed, replace(own, life=Life.RUNS, knows=""), other
        elif deed == "copied" and other.leads:
            yield deed, Host(Data.FOLLOWS, Life.RUNS), replace(other, data=Data.FOLLOWED)
        else:
            yield "waits", replace(own, life=Life.ASKS, knows=""), other

    def _drilled(self, place: int, own: Host, other: Host) -> Iterator[tuple[str, Host, Host]]:
        """What a drill does: it lets an old leader follow, and promotes where the other was drained, or is fenced.

        Only the data centre is ever fenced: the way home is a failback, which drains.
        """
        if own.life is Life.RUNS and own.data is Data.FOLLOWS:
            if other.fenced and place == 1:
                yield "is promoted after a fence", replace(own, data=Data.ALONE), other
            elif other.life is Life.OFF and other.data is Data.FOLLOWS:
                after = Data.FOLLOWED if self.mends_promotion else Data.ALONE
                yield "is promoted after a drain", replace(own, data=after), other
        if own.leads and other.life is Life.RUNS and other.data is Data.FOLLOWS:
            yield "is drained", replace(own, data=Data.FOLLOWS, life=Life.OFF), other
        if own.life in {Life.ASKS, Life.KNOWS} and own.data in {Data.FOLLOWED, Data.ALONE} and other.leads:
            yield "is let follow", Host(Data.FOLLOWS, Life.RUNS), replace(other, data=Data.FOLLOWED)


def answer(host: Host) -> str:
    """What a host says of itself; a server that starts refuses, whatever its volume has."""
    if host.life is Life.RUNS:
        return "LEADS" if host.leads else "FOLLOWS"
    return "EMPTY" if host.life is not Life.OFF and host.data is Data.NONE else "UNKNOWN"


def explored(model: Model) -> dict[World, tuple[str, ...]]:
    """Every world that can come to be, with a way to it. Raises AssertionError at the first with two that lead."""
    first: World = (Host(), Host())
    found: dict[World, tuple[str, ...]] = {first: ()}
    queue = deque([first])
    while queue:
        world = queue.popleft()
        for told, after in model.next(world):
            if after not in found:
                found[after] = (*found[world], told)
                assert not (after[0].leads and after[1].leads), "; ".join(found[after])
                queue.append(after)
    return found


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(PROGRAM.parent))
    spec = importlib.util.spec_from_file_location("prepare", PROGRAM)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "prepare", module)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "ALONE", tmp_path / "lead-alone")
    return module


def test_in_no_order_of_events_do_two_lead_or_is_a_second_database_begun(program: ModuleType, tmp_path: Path) -> None:
    found = explored(Model(program, tmp_path))
    assert len(found) > 300
    assert any(one.leads and other.life is Life.RUNS and other.data is Data.FOLLOWS for one, other in found)
    assert any(other.leads and one.life is Life.ASKS and one.data is Data.FOLLOWED for one, other in found)


def test_two_empty_hosts_come_to_be_a_pair_by_themselves(program: ModuleType, tmp_path: Path) -> None:
    """The first start of both, in either order, with nobody's word."""
    model = Model(program, tmp_path)
    own = {"boots", "hears EMPTY", "hears LEADS", "hears FOLLOWS", "begun", "copied", "starts", "waits"}
    seen, queue = {(Host(), Host())}, deque([(Host(), Host())])
    while queue:
        for told, after in model.next(queue.popleft()):
            if told[2:] in own and after not in seen:
                seen.add(after)
                queue.append(after)
    assert (Host(Data.FOLLOWED, Life.RUNS), Host(Data.FOLLOWS, Life.RUNS)) in seen


def test_the_model_finds_the_second_leader_of_a_host_that_takes_a_refusal_for_an_empty_volume(
    program: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = answer
    told = {"UNKNOWN": "EMPTY"}
    monkeypatch.setattr(sys.modules[__name__], "answer", lambda host: told.get(before(host), before(host)))
    with pytest.raises(AssertionError, match=r"a second database is begun|A begun"):
        explored(Model(program, tmp_path))


def test_the_model_finds_the_second_leader_where_a_planned_promotion_leaves_no_slot(
    program: ModuleType, tmp_path: Path
) -> None:
    with pytest.raises(AssertionError, match="is promoted after a drain"):
        explored(Model(program, tmp_path, mends_promotion=False))
