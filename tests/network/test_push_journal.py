import sqlite3
import stat
import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from city.clock import FixedClock
from network.journal import Journal
from network.journal_entry import Entry
from network.stages import FINAL, NOT_BEGUN, Stage

ENTRY = Entry(
    run="run-1",
    device="ap-0001",
    platform="street-ap",
    stage=Stage.PLANNED,
    running_digest="d1",
    intended="hostname ap-0001\n",
    diff=("+ hostname ap-0001", "- καλημέρα"),
)
LEASE_S = 200.0


def begin(journal: Journal, *entries: Entry) -> None:
    journal.begin(entries[0].run, entries, {entry.device for entry in entries})


def test_what_was_recorded_is_there_for_whoever_opens_the_file_next(journal: Journal, clock: FixedClock) -> None:
    begin(journal, ENTRY, replace(ENTRY, device="ap-0002"))
    armed = replace(ENTRY, stage=Stage.ARMED, backup="hostname old\n")
    assert journal.move(armed, with_backup=True)
    other = Journal(journal.path, clock)
    assert other.unfinished() == (armed, replace(ENTRY, device="ap-0002"))
    other.close()


def test_no_file_of_it_shows_what_a_device_showed_or_is_to_get(journal: Journal) -> None:
    begin(journal, replace(ENTRY, intended="key of-the-next-year\n"))
    assert journal.move(replace(ENTRY, stage=Stage.ARMED, backup="key of-this-year\n"), with_backup=True)
    kept = b"".join(file.read_bytes() for file in journal.path.parent.iterdir())
    assert b"run-1" in kept and b"-the-next-year" not in kept and b"of-this-year" not in kept
    (entry,) = journal.unfinished()
    assert (entry.intended, entry.backup) == ("key of-the-next-year\n", "key of-this-year\n")


def test_a_backup_outlives_the_moves_after_it(journal: Journal) -> None:
    begin(journal, ENTRY)
    journal.move(replace(ENTRY, stage=Stage.BACKED_UP, backup="hostname old\n"), with_backup=True)
    journal.move(replace(ENTRY, stage=Stage.APPLIED))
    assert journal.unfinished()[0].backup == "hostname old\n"


@pytest.mark.parametrize("stage", sorted(FINAL))
def test_what_is_over_is_not_unfinished_and_holds_no_lease(journal: Journal, stage: Stage) -> None:
    begin(journal, ENTRY)
    assert not journal.lease(ENTRY, LEASE_S)
    journal.move(replace(ENTRY, stage=stage, reason="why"))
    assert not journal.unfinished()
    assert journal.of_run("run-1")[0].reason == "why"
    assert not journal.lease(replace(ENTRY, run="run-2"), LEASE_S)


@pytest.mark.parametrize("stage", sorted(FINAL))
def test_what_is_over_stays_over(journal: Journal, stage: Stage) -> None:
    begin(journal, ENTRY)
    journal.move(replace(ENTRY, stage=stage, reason="why"))
    assert not journal.move(replace(ENTRY, stage=Stage.APPLIED))
    assert journal.of_run("run-1")[0].stage is stage
    assert journal.lease(ENTRY, LEASE_S) == "why", "nor may it begin again"


@pytest.mark.parametrize("stage", sorted(NOT_BEGUN))
def test_a_later_plan_for_a_device_drops_what_one_that_is_over_did_not_begin(journal: Journal, stage: Stage) -> None:
    """Whatever it comes to: a device that needs nothing by the later plan is not to get the earlier one's lines."""
    begin(journal, ENTRY, replace(ENTRY, device="ap-0002"))
    journal.lease(ENTRY, LEASE_S)
    journal.move(replace(ENTRY, stage=stage))
    second = replace(ENTRY, run="run-2")
    assert journal.begin("run-2", [second], ["ap-0001"]) == {"ap-0001": "run-1"}, "it is at work"
    assert not journal.begin("run-3", [], ["ap-0001"], over=["run-1", "run-2"])
    closed, other = journal.of_run("run-1")
    assert closed.stage is Stage.REFUSED and "run-3" in closed.reason
    assert other.stage is Stage.PLANNED, "nobody planned that one anew"
    assert not journal.lease(replace(ENTRY, run="run-4"), LEASE_S), "nor is the device held for it any longer"


@pytest.mark.parametrize("stage", sorted(set(Stage) - FINAL - NOT_BEGUN))
def test_what_may_be_on_a_device_stays_open_until_it_is_settled(journal: Journal, stage: Stage) -> None:
    begun = replace(ENTRY, stage=stage)
    begin(journal, begun)
    assert journal.begin("run-2", [], ["ap-0001", "ap-0002"], over=["run-1"]) == {"ap-0001": "run-1"}
    assert journal.unfinished() == (begun,)


def test_nobody_else_gets_a_leased_device(journal: Journal, clock: FixedClock) -> None:
    assert not journal.lease(ENTRY, LEASE_S)
    until = f"{clock.at + timedelta(seconds=LEASE_S):%H:%M:%S} UTC"
    assert journal.lease(replace(ENTRY, run="run-2"), LEASE_S).startswith(f"run run-1 holds it until {until}")
    assert not journal.lease(replace(ENTRY, device="ap-0002", run="run-2"), LEASE_S), "another device is free"
    assert not journal.lease(ENTRY, LEASE_S), "its owner may take it again"


def test_an_expired_lease_passes_on_and_closes_what_its_run_left_open(journal: Journal, clock: FixedClock) -> None:
    begin(journal, replace(ENTRY, stage=Stage.APPLIED))
    journal.lease(ENTRY, LEASE_S)
    clock.at += timedelta(seconds=LEASE_S + 1)
    second = replace(ENTRY, run="run-2")
    begin(journal, second)
    assert not journal.lease(second, LEASE_S)
    assert [entry.run for entry in journal.unfinished()] == ["run-2"]
    assert "run-2" in journal.of_run("run-1")[0].reason


def test_of_many_who_want_a_device_at_once_one_gets_it(journal: Journal) -> None:
    got: list[str] = []

    def want(run: str) -> None:
        if not journal.lease(replace(ENTRY, run=run), LEASE_S):
            got.append(run)

    threads = [threading.Thread(target=want, args=(f"run-{n}",)) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 1


def test_a_journal_of_before_is_gone_on_with(journal: Journal, clock: FixedClock) -> None:
    begin(journal, ENTRY)
    with sqlite3.connect(journal.path) as database:
        for column in ("attempt", "sent"):
            database.execute(f"ALTER TABLE pushes ADD COLUMN {column} INTEGER NOT NULL DEFAULT 1")
    database.close()
    other = Journal(journal.path, clock)
    begin(other, replace(ENTRY, run="run-2"))
    assert {entry.run for entry in other.unfinished()} == {"run-1", "run-2"}
    with sqlite3.connect(journal.path) as database:
        assert not {"attempt", "sent"} & {row[1] for row in database.execute("PRAGMA table_info(pushes)")}
    database.close()
    other.close()


def test_the_file_is_its_owners_alone_and_syncs_each_commit(journal: Journal) -> None:
    begin(journal, ENTRY)
    for file in journal.path.parent.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file.name
    with sqlite3.connect(journal.path) as database:
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    database.close()
    with journal._engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2, "2 is FULL"
