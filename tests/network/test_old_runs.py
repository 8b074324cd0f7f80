"""Which runs the journal forgets: whole ones, over, and old."""

import sqlite3
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from city.clock import FixedClock
from city.errors import Failed
from network.journal import Journal
from network.journal_entry import Entry
from network.old_runs import forget_runs
from network.stages import FINAL, Stage

DAY = timedelta(days=1)
ENTRY = Entry(
    run="run-1",
    device="ap-1",
    platform="street-ap",
    stage=Stage.PLANNED,
    running_digest="d1",
    intended="hostname ap-1\n",
    diff=(),
)


def run(journal: Journal, name: str, **stages: Stage) -> None:
    """A run that left its devices in these stages."""
    journal.begin(name, [replace(ENTRY, run=name, device=device) for device in stages], stages)
    for device, stage in stages.items():
        entry = replace(ENTRY, run=name, device=device, stage=stage, backup=f"hostname secret-{device}\n")
        journal.move(entry, with_backup=True)


def kept(journal: Journal, *names: str) -> set[str]:
    return {name for name in names if journal.of_run(name)}


@pytest.mark.parametrize("stage", sorted(Stage))
def test_a_run_is_forgotten_where_it_is_over_and_what_it_came_to_is_known(
    journal: Journal, clock: FixedClock, stage: Stage
) -> None:
    run(journal, "run-1", one=Stage.CONFIRMED, two=stage)
    clock.at += 10 * DAY
    forgotten = forget_runs(journal.path, clock.at - DAY)
    assert forgotten == (2 if stage in FINAL - {Stage.UNKNOWN} else 0)
    assert len(journal.of_run("run-1")) == 2 - forgotten, "whole or not at all"


def test_a_run_that_is_young_or_has_a_young_entry_is_kept(journal: Journal, clock: FixedClock) -> None:
    run(journal, "old", one=Stage.CONFIRMED)
    run(journal, "resumed", two=Stage.PLANNED, three=Stage.CONFIRMED)
    clock.at += 10 * DAY
    journal.move(replace(ENTRY, run="resumed", device="two", stage=Stage.CONFIRMED))
    run(journal, "young", one=Stage.CONFIRMED)
    assert forget_runs(journal.path, clock.at - DAY) == 1
    assert kept(journal, "old", "resumed", "young") == {"resumed", "young"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("later", "forgotten"),
    [
        (Stage.CONFIRMED, True),
        (Stage.REVERTED, True),
        (Stage.REFUSED, False),
        (Stage.UNKNOWN, False),
        (Stage.ARMED, False),
    ],
)
def test_the_backup_of_a_device_that_was_left_unknown_is_kept_until_a_later_run_settles_it(
    journal: Journal, clock: FixedClock, later: Stage, *, forgotten: bool
) -> None:
    run(journal, "run-1", one=Stage.UNKNOWN)
    run(journal, "another", two=Stage.UNKNOWN)
    clock.at += 10 * DAY
    run(journal, "run-2", one=later)
    forget_runs(journal.path, clock.at - DAY)
    assert kept(journal, "run-1", "another") == ({"another"} if forgotten else {"run-1", "another"})


def test_what_an_earlier_run_came_to_settles_no_later_one(journal: Journal, clock: FixedClock) -> None:
    run(journal, "first", one=Stage.CONFIRMED)
    clock.at += DAY
    run(journal, "second", one=Stage.UNKNOWN)
    forget_runs(journal.path, clock.at + DAY)
    assert kept(journal, "first", "second") == {"second"}


def test_a_run_that_holds_a_device_is_kept(journal: Journal, clock: FixedClock) -> None:
    run(journal, "run-1", one=Stage.CONFIRMED)
    held = replace(ENTRY, run="run-1", device="one")
    with sqlite3.connect(journal.path) as database:
        database.execute("INSERT INTO leases VALUES (?, ?, ?)", (held.device, held.run, clock.at.isoformat()))
    database.close()
    assert forget_runs(journal.path, clock.at + DAY) == 0


def test_what_is_forgotten_is_no_longer_in_the_file(journal: Journal, clock: FixedClock) -> None:
    run(journal, "run-1", one=Stage.CONFIRMED)
    assert forget_runs(journal.path, clock.at + DAY) == 1
    journal.close()
    database = sqlite3.connect(journal.path)
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    assert b"secret-one" not in journal.path.read_bytes()


def test_where_nobody_ever_pushed_no_journal_is_made(tmp_path: Path, clock: FixedClock) -> None:
    assert forget_runs(tmp_path / "journal.sqlite", clock.at) == 0
    assert not list(tmp_path.iterdir())


def test_a_journal_that_is_none_is_told(tmp_path: Path, clock: FixedClock) -> None:
    file = tmp_path / "journal.sqlite"
    file.write_bytes(b"not a database, and not an empty file either" * 50)
    with pytest.raises(Failed, match=r"journal.*old runs cannot be forgotten \(file is not a database\)"):
        forget_runs(file, clock.at)
