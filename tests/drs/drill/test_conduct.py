"""A drill is conducted: what is done, what is looked at, and what happens when something breaks."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier, Event, Lock
from time import sleep
from unittest.mock import patch

import pytest

from city.clock import SystemClock
from city.errors import Failed
from drs.check import Answer
from drs.drill.conduct import Conductor, Pace
from drs.drill.entry import Approved, Begun, Closed, Ended, Entry, Opened, Seen, Stopped, TakenOver
from drs.drill.journal import Journal
from drs.drill.known import Stage
from drs.drill.moves import Wait, Waiting
from drs.drill.plan import Plan, Task
from drs.drill.run import Run
from drs.step import Proof
from tests.drs.drill.plans import FAILOVER, task

QUICK = Pace(pause=timedelta(milliseconds=5))
IN_ORDER = Plan(mode="switchover", tasks=(task("one"), task("two", "one"), task("three", "two")))


@dataclass(kw_only=True)
class Scripted:
    """Hands over a small world: what was done is seen, unless a script says otherwise."""

    doing: dict[str, Callable[[], str]] = field(default_factory=dict)
    looking: dict[str, Callable[[], Proof]] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)
    looks: list[str] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    def do(self, task: Task) -> str:
        told = self.doing.get(task.id, lambda: f"did {task.id}")()
        with self.lock:
            self.done.append(task.id)
        return told

    def look(self, task: Task) -> Proof:
        with self.lock:
            self.looks.append(task.id)
            done = task.id in self.done
        if task.id in self.looking:
            return self.looking[task.id]()
        return Proof(answer=Answer.MET if done else Answer.UNMET, reason="looked", witnesses=("cloud", "client"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.jsonl"


@dataclass(kw_only=True)
class Told:
    entries: list[Entry] = field(default_factory=list)
    waits: list[Wait] = field(default_factory=list)

    def __call__(self, what: Entry | Wait) -> None:
        (self.waits if isinstance(what, Wait) else self.entries).append(what)  # type: ignore[arg-type] # as its kind says


def conduct(path: Path, plan: Plan, hands: Scripted, by: str = "maria", told: Told | None = None) -> Run:
    conductor = Conductor(
        journal=Journal(path, plan), hands=hands, clock=SystemClock(), by=by, report=told or Told(), pace=QUICK
    )
    conductor.open("d1")
    return conductor.conduct()


def agree(path: Path, plan: Plan, name: str, *persons: str) -> None:
    journal = Journal(path, plan)
    now = datetime.now(UTC)
    for person in persons:
        journal.append(Approved(at=now, by=person, task=name, until=now + timedelta(hours=1)))


def kinds(journal: Journal, name: str) -> list[str]:
    return [type(entry).__name__ for entry in journal.entries if getattr(entry, "task", "") == name]


def test_each_task_is_looked_at_done_and_looked_at_again_in_order(path: Path) -> None:
    hands, told = Scripted(), Told()
    run = conduct(path, IN_ORDER, hands, told=told)
    assert run.closed
    assert run.closed.left == ()
    assert hands.done == ["one", "two", "three"]
    journal = Journal(path, IN_ORDER)
    journal.refresh()
    assert journal.entries == told.entries
    assert all(kinds(journal, name) == ["Seen", "Begun", "Ended", "Seen"] for name in hands.done)
    assert (type(journal.entries[0]), type(journal.entries[-1])) == (Opened, Closed)


def test_what_is_done_already_is_not_done_again(path: Path) -> None:
    hands = Scripted(done=["one", "two"])
    assert conduct(path, IN_ORDER, hands).closed
    assert hands.done == ["one", "two", "three"]


def test_what_residents_do_not_need_is_done_once_the_other_services_have_come(path: Path) -> None:
    plan = Plan(mode="switchover", tasks=(replace(task("early", "a"), afterwards=True), task("a"), task("b")))

    def slowly() -> str:
        sleep(0.3)
        return "took its time"

    hands = Scripted(doing={"b": slowly})
    assert conduct(path, plan, hands).closed
    assert hands.done == ["a", "b", "early"] and hands.looks.index("early") > hands.looks.index("b")


def test_what_yielded_to_a_task_that_never_comes_back_is_done_after_its_minute(path: Path) -> None:
    plan = Plan(
        mode="switchover", tasks=(replace(task("early", "a"), afterwards=True), task("a"), task("b", limit=0.1))
    )
    ends, hands = Event(), Scripted()
    hands.doing["b"] = lambda: str(ends.wait(120))
    with patch("drs.drill.moves.YIELDS", timedelta(seconds=1)):
        run = conduct(path, plan, hands)
    ends.set()
    assert hands.done[:2] == ["a", "early"] and run.left == ("b",)


def test_tasks_that_do_not_need_each_other_are_under_way_at_once(path: Path) -> None:
    plan = Plan(mode="switchover", tasks=(task("a"), task("b")))
    here = {"a": Event(), "b": Event()}

    def meet(own: str, other: str) -> Callable[[], str]:
        def do() -> str:
            here[own].set()
            assert here[other].wait(120)
            return "met"

        return do

    assert conduct(path, plan, Scripted(doing={"a": meet("a", "b"), "b": meet("b", "a")})).closed


def _noted(journal: Journal) -> tuple[Callable[..., Run], list[tuple[str, ...]]]:
    """The journal's `append`, and the kinds of entries of each call of it."""
    written, append = list[tuple[str, ...]](), journal.append

    def noting(*entries: Entry) -> Run:
        written.append(tuple(type(entry).__name__ for entry in entries))
        return append(*entries)

    return noting, written


def test_what_is_begun_and_seen_at_the_same_time_is_kept_in_one_go(path: Path) -> None:
    many = [task(str(number)) for number in range(QUICK.at_once)]
    journal = Journal(path, Plan(mode="switchover", tasks=tuple(many)))
    all_here = Barrier(len(many))
    noting, written = _noted(journal)
    hands = Scripted(doing={one.id: lambda: str(all_here.wait(120)) for one in many})
    with patch.object(journal, "append", noting):
        conductor = Conductor(journal=journal, hands=hands, clock=SystemClock(), by="maria", report=Told(), pace=QUICK)
        conductor.open("d1")
        conductor.conduct()
    begun = [kinds for kinds in written if "Begun" in kinds]
    assert sum(kinds.count("Begun") for kinds in begun) == len(many)
    assert len(begun) < len(many), "what could begin at the same time was kept together"


def test_what_came_back_and_what_begins_for_it_are_kept_in_one_go(path: Path) -> None:
    journal = Journal(path, IN_ORDER)
    noting, written = _noted(journal)
    with patch.object(journal, "append", noting):
        conductor = Conductor(
            journal=journal, hands=Scripted(), clock=SystemClock(), by="maria", report=Told(), pace=QUICK
        )
        conductor.open("d1")
        assert conductor.conduct().closed
    assert [kinds for kinds in written if "Begun" in kinds] == [("Seen", "Begun")] * len(IN_ORDER.tasks)


def test_what_came_back_is_kept_where_nothing_may_begin_any_more(path: Path) -> None:
    journal, hands = Journal(path, IN_ORDER), Scripted()
    append = journal.append

    def silent(*entries: Entry) -> Run:
        if any(isinstance(entry, Begun) for entry in entries):
            raise Failed("keeper", "the connection broke", "Look at that host.")
        return append(*entries)

    with patch.object(journal, "append", silent):
        conductor = Conductor(journal=journal, hands=hands, clock=SystemClock(), by="maria", report=Told(), pace=QUICK)
        conductor.open("d1")
        with pytest.raises(Failed, match="the connection broke"):
            conductor.conduct()
    assert Journal(path, IN_ORDER).refresh().known("one").stage is Stage.NOT_DONE
    assert hands.done == []


def test_a_task_that_cannot_be_done_stops_those_that_need_it_and_no_others(path: Path) -> None:
    plan = Plan(mode="switchover", tasks=(*IN_ORDER.tasks, task("beside")))

    def fail() -> str:
        raise Failed("the volume", "it is in use", "Detach it.")

    hands, told = Scripted(doing={"two": fail}), Told()
    run = conduct(path, plan, hands, told=told)
    assert sorted(hands.done) == ["beside", "one"]
    assert run.left == ("two", "three")
    assert not run.closed
    failures = [entry for entry in told.entries if isinstance(entry, Ended) and entry.failed]
    assert [(one.task, one.told) for one in failures] == [("two", "the volume: it is in use. Detach it.")]
    assert {(wait.task.id, wait.why) for wait in told.waits} >= {
        ("two", Waiting.FAILED),
        ("three", Waiting.NEEDS),
    }


def test_who_takes_over_tries_what_failed_once_more(path: Path) -> None:
    def fail() -> str:
        raise RuntimeError("the wire was cut")

    conduct(path, IN_ORDER, Scripted(doing={"two": fail}))
    hands = Scripted(done=["one"])
    run = conduct(path, IN_ORDER, hands, by="nikos")
    assert run.closed
    assert run.known("two").attempts == 2
    assert hands.done == ["one", "two", "three"]


def test_a_failure_that_worked_is_seen_and_not_repeated(path: Path) -> None:
    hands = Scripted()

    def lost() -> str:
        hands.done.append("two")
        raise TimeoutError

    hands.doing["two"] = lost
    run = conduct(path, IN_ORDER, hands)
    assert run.closed
    assert run.known("two").attempts == 1


def test_what_takes_a_moment_to_show_is_waited_for(path: Path) -> None:
    looks = iter([Answer.UNMET, Answer.UNMET, Answer.UNKNOWN, Answer.PARTLY])
    hands = Scripted(looking={"two": lambda: Proof(answer=next(looks, Answer.MET), reason="")})
    assert conduct(path, IN_ORDER, hands).closed
    assert hands.done.count("two") == 1


@pytest.mark.slow
def test_what_is_seen_of_a_task_is_told_while_it_is_looked_at_again(path: Path) -> None:
    """A person may know more than can be seen, and answer for it at once."""
    said = iter(["no cloud answers", "no cloud answers", "one host answers"])
    told = Told()

    def look() -> Proof:
        reason = next(said, "")
        until = datetime.now(UTC) + timedelta(seconds=120)
        while previous[-1] and f"not yet: {previous[-1]}" not in [wait.told for wait in told.waits]:
            if datetime.now(UTC) > until:
                break
            sleep(0.005)
        previous.append(reason)
        return Proof(answer=Answer.UNKNOWN if reason else Answer.MET, reason=reason)

    previous = [""]
    conduct(path, Plan(mode="switchover", tasks=(task("one"),)), Scripted(looking={"one": look}), told=told)
    seen = [wait.told for wait in told.waits if wait.told.startswith("not yet")]
    assert seen == ["not yet: no cloud answers", "not yet: one host answers"], "each once"


def test_what_nobody_can_see_is_left_to_a_person_after_its_time_and_seen_by_the_next(path: Path) -> None:
    plan = Plan(mode="switchover", tasks=(task("one", limit=1.5), task("two", "one")))

    def blind() -> Proof:
        raise ConnectionError("the site does not answer")

    hands = Scripted(looking={"one": blind})
    run = conduct(path, plan, hands)
    assert hands.done == []
    assert (run.known("one").stage, run.known("one").reason) == (Stage.UNSEEN, "the site does not answer")
    assert len(hands.looks) > 2
    assert conduct(path, plan, Scripted(done=["one"])).closed


@pytest.mark.slow
def test_a_fence_that_only_one_way_shows_is_not_proven(path: Path) -> None:
    plan = Plan(mode="failover", tasks=(task("fence", fences="db", limit=0.2), task("promote", "fence", promotes="db")))
    one = Proof(answer=Answer.MET, reason="powered off", witnesses=("cloud",))
    hands = Scripted(looking={"fence": lambda: one})
    run = conduct(path, plan, hands)
    assert "promote" not in hands.done
    assert run.known("fence").reason == "1 of 2 proofs that db is fenced: powered off"


def test_a_step_that_takes_longer_than_it_does_as_a_rule_is_told_while_it_runs(path: Path) -> None:
    plan = Plan(mode="switchover", tasks=(task("one"), task("two", "one")))
    warned = Event()
    told = Told()

    def watch(what: Entry | Wait) -> None:
        told(what)
        if isinstance(what, Wait) and what.why is Waiting.SLOW:
            warned.set()

    def linger() -> str:
        assert warned.wait(120)
        return "at last"

    conductor = Conductor(
        journal=Journal(path, plan),
        hands=Scripted(doing={"one": linger}),
        clock=SystemClock(),
        by="maria",
        report=watch,
        pace=QUICK,
        usual={"one": timedelta(milliseconds=10), "two": timedelta(hours=1)},
    )
    conductor.open("d1")
    assert conductor.conduct().closed
    slow = [wait for wait in told.waits if wait.why is Waiting.SLOW]
    assert [(wait.task.id, wait.told) for wait in slow] == [
        ("one", "three quarters of its earlier runs took no longer than 0.01 s")
    ]


@pytest.mark.slow
def test_what_never_comes_back_is_told_after_its_time_and_holds_nobody_else(path: Path) -> None:
    plan = Plan(mode="switchover", tasks=(task("hangs", limit=0.2), task("beside")))
    forever = Event()

    def hang() -> str:
        forever.wait(60)
        return ""

    hands, told = Scripted(doing={"hangs": hang}), Told()
    run = conduct(path, plan, hands, told=told)
    forever.set()
    assert hands.done[:1] == ["beside"]
    assert run.known("hangs").reason == "it is still under way after 0.2 s"
    assert not run.closed


def test_a_promotion_waits_for_two_who_agree_from_elsewhere(path: Path) -> None:
    told, hands = Told(), Scripted()
    asked = Event()

    def watch(what: Entry | Wait) -> None:
        told(what)
        if isinstance(what, Wait) and what.why is Waiting.APPROVAL and not asked.is_set():
            asked.set()
            agree(path, FAILOVER, "promote", "nikos", "eleni")

    conductor = Conductor(
        journal=Journal(path, FAILOVER), hands=hands, clock=SystemClock(), by="maria", report=watch, pace=QUICK
    )
    conductor.open("d1")
    run = conductor.conduct()
    assert run.closed
    assert run.known("promote").approvals.keys() == {"nikos", "eleni"}
    assert hands.done.index("fence") < hands.done.index("promote") < hands.done.index("serve")


def test_a_stop_from_elsewhere_lets_what_runs_end_and_begins_nothing(path: Path) -> None:
    hands = Scripted()

    def stop() -> str:
        Journal(path, IN_ORDER).append(Stopped(at=datetime.now(UTC), by="nikos", reason="false alarm"))
        return "did it"

    hands.doing["one"] = stop
    run = conduct(path, IN_ORDER, hands)
    assert hands.done == ["one"]
    assert run.closed
    assert run.closed.left == ("two", "three")
    assert run.known("one").stage is Stage.PROVEN


def test_a_stop_that_comes_just_before_a_task_begins_begins_nothing_and_ends_the_drill(path: Path) -> None:
    journal, hands = Journal(path, IN_ORDER), Scripted()
    append = journal.append

    def late(*entries: Entry) -> Run:
        if any(isinstance(entry, Begun) for entry in entries):
            Journal(path, IN_ORDER).append(Stopped(at=datetime.now(UTC), by="nikos", reason="enough"))
        return append(*entries)

    with patch.object(journal, "append", late):
        conductor = Conductor(journal=journal, hands=hands, clock=SystemClock(), by="maria", report=Told(), pace=QUICK)
        conductor.open("d1")
        run = conductor.conduct()
    assert run.closed and run.stopped
    assert hands.done == []


@pytest.mark.parametrize("length", range(1, 14))
def test_from_every_moment_at_which_it_may_die_the_next_goes_on(tmp_path: Path, length: int) -> None:
    """Each prefix of the journal is a moment of death: nothing that is done is done twice, and the end is the same."""
    whole = tmp_path / "whole"
    hands = Scripted()
    conduct(whole, IN_ORDER, hands)
    lines = whole.read_bytes().splitlines(keepends=True)
    assert len(lines) == 14
    cut = tmp_path / "cut"
    cut.write_bytes(b"".join(lines[:length]))
    before = Journal(cut, IN_ORDER)
    before.refresh()
    ended = [entry.task for entry in before.entries if isinstance(entry, Ended)]
    begun = [entry.task for entry in before.entries if isinstance(entry, Begun)]
    for really in {tuple(ended), tuple(begun)}:  # what was begun last may have worked, or not
        again = tmp_path / f"again-{len(really)}"
        again.write_bytes(cut.read_bytes())
        late = Scripted(done=list(really))
        assert conduct(again, IN_ORDER, late, by="nikos").closed
        assert late.done == ["one", "two", "three"]


def test_whoever_opens_a_drill_again_is_its_conductor(path: Path) -> None:
    plan = Plan(mode="switchover", tasks=(task("one", limit=0.05),))
    conduct(path, plan, Scripted(looking={"one": lambda: Proof(answer=Answer.UNMET, reason="")}))
    journal = Journal(path, plan)
    conductor = Conductor(journal=journal, hands=Scripted(), clock=SystemClock(), by="nikos", report=Told(), pace=QUICK)
    conductor.open("d1")
    assert isinstance(journal.entries[-1], TakenOver)
    assert journal.run.conductor == "nikos"


def test_text_of_a_step_cannot_fake_a_line(path: Path) -> None:
    hands = Scripted(doing={"one": lambda: "done\n\x1b[2Jall is well"})
    told = Told()
    conduct(path, IN_ORDER, hands, told=told)
    first = next(entry for entry in told.entries if isinstance(entry, Ended))
    assert first.told == "done^J^[[2Jall is well"


def test_a_look_is_kept_with_its_witnesses(path: Path) -> None:
    told = Told()
    conduct(path, IN_ORDER, Scripted(), told=told)
    assert {entry.witnesses for entry in told.entries if isinstance(entry, Seen)} == {("cloud", "client")}
