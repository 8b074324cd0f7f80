import sqlite3
import stat
import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from city.clock import FixedClock
from network.journal import Entry, Journal
from network.stages import FINAL, Stage

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


def test_what_was_recorded_is_there_for_whoever_opens_the_file_next(journal: Journal, clock: FixedClock) -> None:
    journal.begin([ENTRY, replace(ENTRY, device="ap-0002")])
    armed = replace(ENTRY, stage=Stage.ARMED, sent=1, attempt=2, backup="hostname old\n")
    journal.move(armed, with_backup=True)
    other = Journal(journal.path, clock)
    assert other.unfinished() == (armed, replace(ENTRY, device="ap-0002"))
    other.close()


def test_a_backup_outlives_the_moves_after_it(journal: Journal) -> None:
    journal.begin([ENTRY])
    journal.move(replace(ENTRY, stage=Stage.BACKED_UP, backup="hostname old\n"), with_backup=True)
    journal.move(replace(ENTRY, stage=Stage.APPLIED))
    assert journal.unfinished()[0].backup == "hostname old\n"


@pytest.mark.parametrize("stage", sorted(FINAL))
def test_what_is_over_is_not_unfinished_and_holds_no_lease(journal: Journal, stage: Stage) -> None:
    journal.begin([ENTRY])
    assert journal.lease(ENTRY, LEASE_S) is None
    journal.move(replace(ENTRY, stage=stage, reason="why"))
    assert not journal.unfinished()
    assert journal.of_run("run-1")[0].reason == "why"
    assert journal.lease(replace(ENTRY, run="run-2"), LEASE_S) is None


def test_nobody_else_gets_a_leased_device(journal: Journal, clock: FixedClock) -> None:
    assert journal.lease(ENTRY, LEASE_S) is None
    held = journal.lease(replace(ENTRY, run="run-2"), LEASE_S)
    assert held is not None
    assert (held.owner, held.expires) == ("run-1", clock.at + timedelta(seconds=LEASE_S))
    assert journal.lease(replace(ENTRY, device="ap-0002", run="run-2"), LEASE_S) is None, "another device is free"
    assert journal.lease(ENTRY, LEASE_S) is None, "its owner may take it again"


def test_an_expired_lease_passes_on_and_closes_what_its_run_left_open(journal: Journal, clock: FixedClock) -> None:
    journal.begin([ENTRY])
    journal.lease(ENTRY, LEASE_S)
    clock.at += timedelta(seconds=LEASE_S + 1)
    second = replace(ENTRY, run="run-2")
    journal.begin([second])
    assert journal.lease(second, LEASE_S) is None
    assert [entry.run for entry in journal.unfinished()] == ["run-2"]
    assert "run-2" in journal.of_run("run-1")[0].reason


def test_of_many_who_want_a_device_at_once_one_gets_it(journal: Journal) -> None:
    got: list[str] = []

    def want(run: str) -> None:
        if journal.lease(replace(ENTRY, run=run), LEASE_S) is None:
            got.append(run)

    threads = [threading.Thread(target=want, args=(f"run-{n}",)) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 1


def test_the_file_is_its_owners_alone_and_syncs_each_commit(journal: Journal) -> None:
    journal.begin([ENTRY])
    for file in journal.path.parent.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file.name
    with sqlite3.connect(journal.path) as database:
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    database.close()
    with journal._engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2, "2 is FULL"
