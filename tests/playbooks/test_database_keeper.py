"""When a database's keeper copies and restores, what it tells, and what it does behind a gap of the log."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import Mock

import pytest

from tests.playbooks.database import HOUR, KEPT, NOW, base, made_at, segment
from tests.playbooks.files import Program


@pytest.mark.parametrize(
    ("last", "newest", "good", "wanted"),
    [
        (NOW - timedelta(hours=1), NOW, True, False),
        (NOW - timedelta(hours=1), NOW, False, True),
        (NOW - timedelta(hours=1), NOW - timedelta(hours=2), False, False),
        (NOW - timedelta(hours=11), NOW, True, True),
        (NOW.replace(hour=2), NOW, True, False),
    ],
)
def test_a_restore_is_due_each_night_and_after_a_bad_one_with_each_copy(
    modules: Program,
    last: datetime,
    newest: datetime,
    *,
    good: bool,
    wanted: bool,
) -> None:
    assert modules["keeper"].due(last, NOW, newest, good=good) is wanted


@pytest.mark.parametrize(("own", "keeps"), [("10.1.1.14", False), ("10.2.1.14", True)])
def test_the_recovery_sites_host_keeps_the_copies(modules: Program, own: str, *, keeps: bool) -> None:
    told = {"DATABASE": "portal", "DATABASE_HOSTS": "10.1.1.14,10.2.1.14", "BACKUP_EVERY": "900"}
    made = modules["keeper"].of(told, frozenset({own}))
    assert (made.keeps, made.every, made.keep) == (keeps, timedelta(minutes=15), KEPT)


def test_a_database_that_does_not_answer_is_not_known_to_stand(
    modules: Program,
    repository: Program,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    keeper = modules["keeper"]
    monkeypatch.setattr(keeper, "STANDING", tmp_path / "standing.json")
    monkeypatch.setattr(keeper, "POINTS", tmp_path / "points.json")
    server = modules["restored"].Server(tmp_path, "portal")
    keeper.Keeper(server, repository, timedelta(hours=1), KEPT, keeps=True).round()
    told = json.loads((tmp_path / "standing.json").read_text())
    assert "in_recovery" not in told and told["problem"] and told["archive_failing"] is True
    assert told["archived_at"] is None and "backup_at" not in told and repository.bases() == []


def test_the_points_are_told_each_minute_and_the_tables_of_a_test_are_not(
    keeping: Program,
    repository: Program,
    tmp_path: Path,
) -> None:
    made_at(repository, NOW, 5)
    segment(repository, 5, NOW + HOUR)
    repository.tell(backup_at="a", restored_tables={"t": []}, proven={})
    keeping.list_points()
    (one,) = json.loads((tmp_path / "points.json").read_text())["points"]
    assert one["to"] == "2026-11-29T13:00:00+00:00" and one["proven_to"] is None
    made_at(repository, NOW + HOUR, 5)
    keeping.list_points()
    assert len(json.loads((tmp_path / "points.json").read_text())["points"]) == 1, "a minute is not over"
    assert keeping.told() == {"backup_at": "a"}


@pytest.mark.parametrize(("code", "problem"), [(0, ""), (3, "a virus")])
def test_the_citys_own_scan_has_the_last_word_on_what_is_in_quarantine(
    modules: Program,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    code: int,
    problem: str,
) -> None:
    scan = tmp_path / "scan"
    monkeypatch.setattr(modules["quarantined"], "SCAN", scan)
    assert modules["quarantined"].scanned(tmp_path, "portal") == "no scan is declared"
    scan.write_text(f'#!/bin/sh\necho "$PGDATABASE {problem}"\nexit {code}\n')
    scan.chmod(0o700)
    if not code:
        assert modules["quarantined"].scanned(tmp_path, "portal").startswith("portal")
    else:
        with pytest.raises(modules["restored"].BrokenError, match="a virus"):
            modules["quarantined"].scanned(tmp_path, "portal")


@pytest.mark.parametrize(("free", "room"), [(5, True), (4, False)])
def test_a_disk_that_is_nearly_full_gets_no_more_copies_for_the_database_has_it_too(  # noqa: PLR0913 - fixtures
    keeping: Program,
    repository: Program,
    modules: Program,
    monkeypatch: pytest.MonkeyPatch,
    *,
    free: int,
    room: bool,
) -> None:
    usage = SimpleNamespace(total=100 * 2**20, free=free * 2**20)
    monkeypatch.setattr(modules["keeper"].shutil, "disk_usage", lambda _: usage)
    base(repository, NOW)
    done: list[str] = []
    for deed in ("stream", "copy_if_due", "restore_if_due"):
        monkeypatch.setattr(modules["keeper"].Keeper, deed, lambda _, deed=deed: done.append(deed))
    monkeypatch.setattr(modules["keeper"].Keeper, "standing", lambda _: {})
    keeping.round()
    assert bool(done) is room and repository.bases() == [NOW]


GONE = "pg_receivewal: error: unexpected termination: ERROR:  requested WAL segment 05 has already been removed"


@pytest.mark.parametrize(
    ("said", "for_s", "closed"),
    [
        (GONE, 120, True),
        (GONE, 119, False),
        ("ERROR:  requested starting point 0/9 is ahead of the WAL flush position of this server 0/5", 120, True),
        ("pg_receivewal: error: connection to server failed", 999, False),
    ],
)
def test_behind_a_gap_of_the_log_new_copies_begin_and_the_old_are_a_past(  # noqa: PLR0913 - a table
    keeping: Program,
    repository: Program,
    modules: Program,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    said: str,
    for_s: float,
    closed: bool,
) -> None:
    base(repository, NOW)
    (tmp_path / "receiver.log").write_text(said)
    keeping.streaming = SimpleNamespace(poll=lambda: 1)
    at = [100.0]
    monkeypatch.setattr(modules["keeper"].time, "monotonic", lambda: at[0])
    keeping.begin_anew_behind_a_gap()
    at[0] += for_s
    keeping.begin_anew_behind_a_gap()
    assert [one.bases() for one in repository.closed()] == ([[NOW]] if closed else [])
    assert repository.bases() == ([] if closed else [NOW])
    forgotten = [one for one in keeping.server.asked if "pg_drop_replication_slot" in one]
    assert len(forgotten) == closed, "else the new log would be asked for from where the old one ended"


def test_a_slot_that_nobody_could_drop_leaves_the_copies_as_they_are_until_the_next_try(
    keeping: Program,
    repository: Program,
    modules: Program,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    base(repository, NOW)
    (tmp_path / "receiver.log").write_text(GONE)
    broken = modules["restored"].BrokenError
    keeping.streaming, keeping.stuck = SimpleNamespace(poll=lambda: 1), float("-inf")
    monkeypatch.setattr(keeping.server, "ask", Mock(side_effect=broken("nobody answers")))
    with pytest.raises(broken):
        keeping.begin_anew_behind_a_gap()
    assert (repository.closed(), repository.bases()) == ([], [NOW])
    assert keeping.stuck == float("-inf"), "the next try waits no more"


def test_a_log_that_streams_again_had_no_gap(keeping: Program, tmp_path: Path) -> None:
    (tmp_path / "receiver.log").write_text(GONE)
    keeping.streaming, keeping.stuck = SimpleNamespace(poll=lambda: None), 1.0
    keeping.stream()
    assert keeping.stuck is None
