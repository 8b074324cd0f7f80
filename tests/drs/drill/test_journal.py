"""The journal of a drill: kept before anything goes on, read by whoever comes after, and nobody changes it unseen."""

import errno
import json
import multiprocessing
import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from stat import S_IMODE

import pytest

from city.disk import DiskTrouble
from drs.check import Answer
from drs.drill.entry import (
    KINDS,
    Approved,
    Closed,
    Entry,
    Overridden,
    Seen,
    Stopped,
    TakenOver,
    Undoing,
    as_json,
    from_json,
)
from drs.drill.journal import Journal, Tampered
from drs.drill.known import Stage
from drs.drill.memory import Forgotten, Memory
from drs.drill.rules import Violation
from tests.drs.drill.plans import FAILOVER
from tests.drs.drill.test_run import AGREED, LATER, NOW, OPENED, begun, ended, measured, not_done, seen

STORY: Sequence[Entry] = (*AGREED, begun("promote"), ended("promote"))


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    kept = Journal(tmp_path / "journal.jsonl", FAILOVER)
    for entry in STORY:
        kept.append(entry)
    return kept


def read(path: Path) -> Journal:
    journal = Journal(path, FAILOVER)
    journal.refresh()
    return journal


def test_what_was_appended_is_read_by_another_process(journal: Journal) -> None:
    again = read(journal.path)
    assert again.entries == list(STORY)
    assert again.run == journal.run
    assert again.head == journal.head


def test_the_journal_is_its_owners_alone(journal: Journal) -> None:
    assert S_IMODE(journal.path.stat().st_mode) == 0o600


def test_a_file_that_is_not_there_is_a_drill_that_has_not_begun(tmp_path: Path) -> None:
    assert read(tmp_path / "none").run.opened is None
    assert not (tmp_path / "none").exists()


def test_entries_that_are_kept_together_cost_one_write_to_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced = list[int]()
    monkeypatch.setattr("drs.drill.journal.os.fsync", synced.append)
    journal = Journal(tmp_path / "journal.jsonl", FAILOVER)
    journal.append(*STORY)
    assert len(synced) == 2, "the file, and once the folder that has its name"
    assert read(journal.path).entries == list(STORY)
    assert read(journal.path).heads == journal.heads


def test_of_entries_that_are_kept_together_none_is_written_where_one_must_never_be(journal: Journal) -> None:
    before = journal.path.read_bytes()
    with pytest.raises(Violation):
        journal.append(seen("promote"), begun("serve"))
    assert journal.path.read_bytes() == before
    assert journal.run == read(journal.path).run


def test_what_must_never_be_is_not_written(journal: Journal) -> None:
    before = journal.path.read_bytes()
    with pytest.raises(Violation):
        journal.append(begun("promote", 2))
    assert journal.path.read_bytes() == before
    assert journal.run.known("promote").stage is Stage.RETURNED


def test_every_kind_of_entry_is_read_as_it_was_written() -> None:
    greek = Overridden(at=NOW, by="Μαρία", task="fence", reason='κάηκε "το" κτίριο\n\udce9')
    others = (
        TakenOver(at=NOW, by="a", machine="m"),
        measured("portal", lost=None),
        Undoing(at=NOW, by="a", task="t", reason="r"),
        Stopped(at=NOW, by="a", reason="r"),
        Closed(at=NOW, by="a", left=("x", "y")),
        Seen(at=NOW, by="a", task="t", answer=Answer.PARTLY, reason="", witnesses=("1",)),
    )
    entries = (*STORY, greek, *others)
    assert {type(entry) for entry in entries} == set(KINDS.values())
    assert [from_json(json.loads(json.dumps(as_json(entry)))) for entry in entries] == list(entries)


def test_a_moment_is_kept_in_utc() -> None:
    athens = datetime.fromisoformat("2026-03-01T05:00:00+02:00")
    assert as_json(Stopped(at=athens, by="a", reason=""))["at"] == "2026-03-01T03:00:00+00:00"


@pytest.mark.parametrize("at", range(len(STORY)))
def test_a_power_cut_in_the_middle_of_a_line_costs_that_line_alone(journal: Journal, at: int) -> None:
    lines = journal.path.read_bytes().splitlines(keepends=True)
    for cut in {1, len(lines[at]) // 2, len(lines[at]) - 1}:
        journal.path.write_bytes(b"".join(lines[:at]) + lines[at][:cut])
        again = read(journal.path)
        assert again.entries == list(STORY[:at])
        for entry in STORY[at:]:
            again.append(entry)
        assert journal.path.read_bytes() == b"".join(lines)


@pytest.mark.parametrize("number", range(len(STORY) - 1))
def test_a_changed_or_missing_line_is_told_by_its_number(journal: Journal, number: int) -> None:
    lines = journal.path.read_bytes().splitlines(keepends=True)
    changes = {
        "changed": lines[number].replace(b"2026", b"2025", 1),
        "missing": b"",
        "twice": lines[number] * 2,
        "garbage": b"\x00\xff\n",
        "no object": b"[]\n",
        "unknown kind": b'{"what": "dance", "before": "x"}\n',
    }
    for change, line in changes.items():
        journal.path.write_bytes(b"".join([*lines[:number], line, *lines[number + 1 :]]))
        with pytest.raises(Tampered) as refusal:
            read(journal.path)
        at = int(str(refusal.value).split(":")[1])
        assert at in {number + 1, number + 2}, change


def test_a_chain_made_anew_over_a_history_that_cannot_be_is_refused(journal: Journal) -> None:
    """Whoever computes every digest again still cannot tell of a promotion without a fence."""
    made = journal.path.with_name("made")
    forged = Journal(made, FAILOVER)
    for entry in (OPENED, not_done("promote")):
        forged.append(entry)
    line = {**as_json(begun("promote")), "before": forged.head}
    with made.open("ab") as file:
        file.write(json.dumps(line).encode() + b"\n")
    with pytest.raises(Tampered, match="promote needs fence"):
        read(made)


def test_the_head_tells_a_journal_that_was_cut_at_a_line(journal: Journal) -> None:
    """Cut at a line it is sound in itself: only who remembers the head sees it."""
    lines = journal.path.read_bytes().splitlines(keepends=True)
    journal.path.write_bytes(b"".join(lines[:-1]))
    assert read(journal.path).head != journal.head


def test_who_remembers_more_than_a_journal_knows_does_not_go_on_from_it(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "seen" / "d1")
    kept = Journal(tmp_path / "journal.jsonl", FAILOVER, memory)
    for entry in STORY:
        kept.append(entry)
    lines = kept.path.read_bytes().splitlines(keepends=True)
    assert Journal(kept.path, FAILOVER, memory).refresh() == kept.run
    kept.path.write_bytes(b"".join(lines[:-1]))
    with pytest.raises(Forgotten, match=f"has {len(lines) - 1} entries, and this machine has seen {len(lines)}"):
        Journal(kept.path, FAILOVER, memory).refresh()
    kept.path.unlink()
    with pytest.raises(Forgotten, match="has 0 entries"):
        Journal(kept.path, FAILOVER, memory).refresh()


def test_another_history_of_the_same_length_is_told(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "d1")
    for number, by in enumerate(("maria", "eve")):
        other = Journal(tmp_path / str(number), FAILOVER)
        other.append(replace(OPENED, by=by))
        if not number:
            memory.keep(other.heads)
    with pytest.raises(Forgotten, match="entry 1 of its journal is not the one"):
        Journal(tmp_path / "1", FAILOVER, memory).refresh()


@pytest.mark.parametrize("told", ["", "x y", "3", "-1 abc"])
def test_a_memory_that_says_nothing_is_no_doubt_and_one_that_cannot_be_is(tmp_path: Path, told: str) -> None:
    memory = Memory(tmp_path / "d1")
    memory.file.write_text(told)
    journal = Journal(tmp_path / "journal.jsonl", FAILOVER, memory)
    if told.startswith("-1"):
        with pytest.raises(Forgotten):
            journal.refresh()
    else:
        journal.refresh()


def test_a_full_disk_is_told_and_the_entry_can_be_written_later(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = journal.run

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", full)
        with pytest.raises(DiskTrouble):
            journal.append(seen("promote"))
    assert journal.run == before
    journal.append(seen("promote"))
    assert read(journal.path).entries == [*STORY, seen("promote")]


def _approve(path: Path, name: str, count: int) -> None:
    journal = Journal(path, FAILOVER)
    for number in range(count):
        until = LATER + timedelta(seconds=number)
        journal.append(Approved(at=datetime.now(UTC), by=name, task="promote", until=until))


@pytest.mark.slow
def test_four_processes_append_side_by_side_and_nothing_is_lost(journal: Journal) -> None:
    context = multiprocessing.get_context("spawn")
    names = [f"operator {number}" for number in range(4)]
    running = [context.Process(target=_approve, args=(journal.path, name, 25)) for name in names]
    for process in running:
        process.start()
    for process in running:
        process.join()
    again = read(journal.path)
    assert len(again.entries) == len(STORY) + 100
    assert set(again.run.known("promote").approvals) == {"maria", "nikos", *names}
