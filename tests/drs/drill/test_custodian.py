"""Drills that a host of the recovery site keeps: a line is there before anything goes on, and any machine finds it."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from city.errors import Failed, Refused
from drs.drill import on_host
from drs.drill.custodian import JOURNAL_STANDS, PROGRAM, Astray, Custodian
from drs.drill.entry import Entry, Overridden, Stopped, TakenOver
from drs.drill.folder import Drills, Kept
from drs.drill.journal import START, Tampered, digest
from drs.drill.on_host import LASTS_S, Keeper
from drs.drill.plan import Plan
from tests.drs.drill.keeping import PipeLine
from tests.drs.drill.plans import task
from tests.drs.drill.test_run import NOW, OPENED, begun, ended, not_done, seen

pytestmark = pytest.mark.slow
PLAN = Plan(mode="failover", tasks=(task(JOURNAL_STANDS), task("ready", JOURNAL_STANDS), task("portal", "ready")))
BEGINNING: tuple[Entry, ...] = (replace(OPENED, plan=PLAN.digest), seen(JOURNAL_STANDS), not_done("ready"))
STOPPED = Stopped(at=NOW, by="eleni", reason="enough")
ANSWERED = Overridden(at=NOW, by="eleni", task=JOURNAL_STANDS, reason="its rack burns")


class Machine:
    """An operator's, with a line of its own to the same host."""

    def __init__(self, home: Path, root: Path) -> None:
        self.line = PipeLine(root)
        self.drills = Drills(root=home / "drills", memory=home / "seen", custodian=Custodian(line=self.line))
        self._city = home / "city"
        self._city.mkdir(parents=True)
        (self._city / "city.yaml").write_text("id: πόλη\n")

    def begin(self) -> Kept:
        return self.drills.make(PLAN, self._city, NOW)

    def find(self) -> Kept:
        self.drills.meet()
        return self.drills.find(None)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "at the recovery site"


@pytest.fixture
def machines(tmp_path: Path, root: Path) -> Iterator[tuple[Machine, Machine]]:
    made = Machine(tmp_path / "one", root), Machine(tmp_path / "two", root)
    yield made
    for machine in made:
        machine.line.end()


def there(root: Path) -> Path:
    (found,) = root.glob("[!.]*/journal.jsonl")
    return found


def begin(machine: Machine) -> Kept:
    kept = machine.begin()
    journal = kept.shared()
    for entry in BEGINNING:
        journal.append(entry)
    return kept


def test_a_line_is_on_the_hosts_disk_when_append_returns_and_the_same_here(
    machines: tuple[Machine, Machine], root: Path
) -> None:
    kept = begin(machines[0])
    assert there(root).read_bytes() == (kept.folder / "journal.jsonl").read_bytes()
    kept.shared().append(begun("ready"))
    assert json.loads(there(root).read_bytes().splitlines()[-1])["what"] == "begun"


def test_a_machine_that_knows_nothing_finds_the_drill_with_its_plan_and_its_city(
    machines: tuple[Machine, Machine],
) -> None:
    kept = begin(machines[0])
    found = machines[1].find()
    assert found.name == kept.name
    assert (found.city / "city.yaml").read_text() == "id: πόλη\n"
    assert found.journal().entries == kept.journal().entries
    assert found.journal().run.plan == PLAN


def test_what_one_machine_adds_the_other_knows_before_it_adds(machines: tuple[Machine, Machine]) -> None:
    first, second = begin(machines[0]).shared(), machines[1].find().shared()
    second.append(STOPPED)
    assert first.refresh().stopped == STOPPED
    second.append(TakenOver(at=NOW, by="nikos", machine="two"))
    first.append(seen("portal"))
    assert [type(entry).__name__ for entry in first.entries[-3:]] == ["Stopped", "TakenOver", "Seen"]
    assert second.refresh() == first.run


def test_what_must_not_be_after_what_another_machine_wrote_is_not_written(
    machines: tuple[Machine, Machine], root: Path
) -> None:
    first, second = begin(machines[0]).shared(), machines[1].find().shared()
    second.append(STOPPED)
    with pytest.raises(Refused, match="eleni has stopped the drill"):
        first.append(begun("ready"))
    assert b"begun" not in there(root).read_bytes()


def test_two_machines_exclude_each_other_and_the_second_is_told_who(machines: tuple[Machine, Machine]) -> None:
    begin(machines[0])
    machines[1].find()
    with machines[0].drills.conducting() as held:
        told = rf"process {os.getpid()} on .* conducts one now"
        with pytest.raises(Refused, match=told), machines[1].drills.conducting():
            pass
        held.find(None).shared().append(begun("ready"))
    with machines[1].drills.conducting() as other:
        other.find(None).shared().append(ended("ready"))


def test_somebody_agrees_or_stops_beside_who_conducts(machines: tuple[Machine, Machine]) -> None:
    begin(machines[0])
    with machines[0].drills.conducting() as held:
        machines[1].find().shared().append(STOPPED)
        assert held.find(None).shared().run.stopped == STOPPED


def test_a_machine_that_was_switched_off_keeps_nobody_waiting(machines: tuple[Machine, Machine]) -> None:
    kept = begin(machines[0])
    dead = machines[0].drills.conducting()
    with dead.__enter__().find(kept.name).shared()._opened():
        machines[0].line.end()
    with machines[1].drills.conducting() as other:
        other.meet()
        assert other.find(None).shared().run.opened


def test_a_lease_runs_out_where_nobody_saw_the_connection_end(tmp_path: Path) -> None:
    now = [100.0]
    keeper = Keeper(tmp_path / "kept", clock=lambda: now[0])
    one, two = {"token": "1", "who": "one"}, {"token": "2", "who": "two"}
    assert keeper.answer({"do": "hold", "lease": one}) == {}
    now[0] += LASTS_S - 1
    assert keeper.answer({"do": "list", "lease": two}) == {"held": "one"}
    assert keeper.answer({"do": "list", "lease": one}) == {"drills": {}}, "and holds it anew"
    now[0] += LASTS_S - 1
    assert keeper.answer({"do": "hold", "lease": two}) == {"held": "one"}
    now[0] += 2
    assert keeper.answer({"do": "hold", "lease": two}) == {}
    assert keeper.answer({"do": "list", "lease": one}) == {"held": "two"}


def test_a_lease_is_nobodys_after_the_host_started_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keeper = Keeper(tmp_path / "kept")
    keeper.answer({"do": "hold", "lease": {"token": "1", "who": "one"}})
    boot = tmp_path / "boot"
    boot.write_text("another\n")
    monkeypatch.setattr(on_host, "BOOT", boot)
    assert keeper.answer({"do": "hold", "lease": {"token": "2", "who": "two"}}) == {}


def test_without_the_host_nothing_is_begun_and_what_was_seen_is_kept_here(
    machines: tuple[Machine, Machine], root: Path
) -> None:
    kept = begin(machines[0])
    machines[0].line.cut = True
    journal = kept.shared()
    with pytest.raises(Failed, match="nobody answers there"):
        journal.append(begun("ready"))
    journal.append(seen("ready"))
    assert journal.run.proven >= {"ready"}
    assert b"begun" not in (kept.folder / "journal.jsonl").read_bytes()
    machines[0].line.cut = False
    machines[0].drills.meet()
    assert there(root).read_bytes() == (kept.folder / "journal.jsonl").read_bytes()


def test_a_person_answers_for_going_on_without_the_host_and_it_learns_later(
    machines: tuple[Machine, Machine], root: Path
) -> None:
    machines[0].line.cut = True
    kept = machines[0].begin()
    journal = kept.shared()
    for entry in (BEGINNING[0], ANSWERED, not_done("ready"), begun("ready"), ended("ready")):
        journal.append(entry)
    machines[0].line.cut = False
    assert not root.exists()
    machines[0].drills.meet()
    assert machines[1].find().journal().entries == journal.entries
    assert there(root).read_bytes() == (kept.folder / "journal.jsonl").read_bytes()


def test_who_goes_on_alone_asks_the_host_no_more(machines: tuple[Machine, Machine]) -> None:
    journal = begin(machines[0]).shared()
    journal.append(ANSWERED)
    before = len(machines[0].line.asked)
    journal.append(begun("ready"))
    journal.refresh()
    assert len(machines[0].line.asked) == before


def test_an_answer_that_was_lost_does_not_write_twice(machines: tuple[Machine, Machine], root: Path) -> None:
    journal = begin(machines[0]).shared()
    machines[0].line.deaf = 1
    journal.append(begun("ready"))
    assert there(root).read_bytes() == journal.path.read_bytes()
    assert len(journal.entries) == len(BEGINNING) + 1


def test_two_histories_are_for_a_person_and_neither_is_changed(machines: tuple[Machine, Machine], root: Path) -> None:
    kept = begin(machines[0])
    other = machines[1].find()
    machines[0].line.cut = True
    kept.shared().append(seen("ready"))
    other.shared().append(STOPPED)
    machines[0].line.cut = False
    here, away = (kept.folder / "journal.jsonl").read_bytes(), there(root).read_bytes()
    with pytest.raises(Astray, match=r"monitoring-1 \(recovery\) keeps another history of it"):
        kept.shared()
    assert ((kept.folder / "journal.jsonl").read_bytes(), there(root).read_bytes()) == (here, away)


def test_a_host_that_was_taken_back_to_an_older_state_is_brought_what_it_lost(
    machines: tuple[Machine, Machine], root: Path
) -> None:
    journal = begin(machines[0]).shared()
    whole = there(root).read_bytes()
    there(root).write_bytes(b"".join(whole.splitlines(keepends=True)[:1]))
    journal.append(begun("ready"))
    assert there(root).read_bytes() == journal.path.read_bytes()


def test_a_host_that_lost_the_whole_drill_is_brought_it_anew(machines: tuple[Machine, Machine], root: Path) -> None:
    journal = begin(machines[0]).shared()
    there(root).parent.rename(root / ".gone")
    journal.append(begun("ready"))
    assert there(root).read_bytes() == journal.path.read_bytes()
    assert machines[1].find().journal().entries == journal.entries


@pytest.mark.parametrize("cut", [1, 40])
def test_what_a_power_cut_left_half_written_there_is_dropped(
    machines: tuple[Machine, Machine], root: Path, cut: int
) -> None:
    journal = begin(machines[0]).shared()
    with there(root).open("ab") as file:
        file.write((b'{"at": "2026-03-01T03:00:00+00:00", "by": "x", "what": "seen"}' * 2)[:cut])
    assert machines[1].find().journal().entries == list(BEGINNING)
    journal.append(begun("ready"))
    assert there(root).read_bytes() == journal.path.read_bytes()


def test_a_line_that_was_changed_there_is_for_a_person(machines: tuple[Machine, Machine], root: Path) -> None:
    begin(machines[0])
    first, *others = there(root).read_bytes().splitlines(keepends=True)
    there(root).write_bytes(b"".join([first.replace(b'"maria"', b'"fotis"'), *others[:-1], others[-1].upper()]))
    with pytest.raises((Astray, Tampered)):
        machines[0].find().shared().append(begun("ready"))
    machines[1].drills.meet()
    assert machines[1].drills.find(None).journal().entries == []


def test_the_host_refuses_to_append_behind_anything_but_the_last_line(tmp_path: Path) -> None:
    keeper = Keeper(tmp_path / "kept")
    keeper.answer({"do": "bring", "drill": "d", "made": {}})
    assert keeper.answer({"do": "append", "drill": "d", "at": 0, "head": START, "text": "one\n"}) == {}
    assert keeper.answer({"do": "append", "drill": "d", "at": 4, "head": START, "text": "two\n"}) == {
        "there": 4,
        "head": digest(b"one\n"),
    }
    assert keeper.answer({"do": "append", "drill": "d", "at": 9, "head": START, "text": "two\n"})["there"] == 4
    assert keeper.answer({"do": "append", "drill": "d", "at": 0, "head": START, "text": "two\n"}) == {"more": "one\n"}
    assert (tmp_path / "kept" / "d" / "journal.jsonl").read_text() == "one\n"


@pytest.mark.parametrize("name", ["../d", ".d", "a/b", ""])
def test_no_name_of_a_drill_leads_out_of_the_hosts_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="no name of a drill"):
        Keeper(tmp_path / "kept").answer({"do": "bring", "drill": name, "made": {}})


@pytest.mark.parametrize("name", ["../escaped", "/escaped"])
def test_no_file_that_the_host_tells_of_lies_beside_the_drill(
    machines: tuple[Machine, Machine], root: Path, name: str
) -> None:
    begin(machines[0])
    made = there(root).with_name("made.json")
    made.write_text(json.dumps({name: ""}))
    with pytest.raises(Astray, match="escaped"):
        machines[1].find()


def test_another_drill_of_the_same_name_is_refused_there(machines: tuple[Machine, Machine]) -> None:
    begin(machines[0])
    (machines[1].drills.root.parent / "city" / "city.yaml").write_text("id: other\n")
    with pytest.raises(Refused, match="keeps another of this name"):
        begin(machines[1])


def test_the_file_and_folder_there_are_their_owners_alone(machines: tuple[Machine, Machine], root: Path) -> None:
    begin(machines[0])
    assert there(root).stat().st_mode & 0o777 == 0o600
    assert root.stat().st_mode & 0o777 == 0o700
    assert there(root).parent.stat().st_mode & 0o777 == 0o700


def test_a_request_that_cannot_be_done_is_answered_and_the_next_one_served(tmp_path: Path) -> None:
    asked = b'nonsense\n{"do": "unknown"}\n{"do": "made", "drill": "none"}\n{"do": "list"}\n'
    done = subprocess.run(
        [sys.executable, "-I", "-c", PROGRAM, str(tmp_path / "kept")], input=asked, capture_output=True, check=True
    )
    *failed, last = map(json.loads, done.stdout.splitlines())
    assert all("failed" in one for one in failed)
    assert last == {"drills": {}}


@pytest.mark.parametrize("kill_after", [0, 1, 3])
def test_wherever_the_program_is_killed_each_line_that_it_answered_for_is_there(
    tmp_path: Path, kill_after: int
) -> None:
    root = tmp_path / "kept"
    line = PipeLine(root)
    line.ask({"do": "bring", "drill": "d", "made": {}})
    at, head = 0, START
    for number in range(kill_after):
        text = f"line {number}\n"
        assert line.ask({"do": "append", "drill": "d", "at": at, "head": head, "text": text}) == {}
        at, head = at + len(text), digest(text.encode())
    program = line._running()
    program.send_signal(signal.SIGKILL)
    line.end()
    assert Keeper(root).answer({"do": "append", "drill": "d", "at": at, "head": head, "text": "more\n"}) == {}
    assert len((root / "d" / "journal.jsonl").read_text().splitlines()) == kill_after + 1


def test_the_data_volume_is_taken_where_the_server_has_one(tmp_path: Path) -> None:
    assert on_host.place(Path("/proc")) == Path("/proc/drills")
    assert on_host.place(tmp_path) == Path("/var/lib/drills")
