"""What a database's keeper keeps, removes and finds out, in a folder instead of a volume."""

import gzip
import importlib
import json
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

FILES = Path(__file__).parents[2] / "playbooks/roles/database/files"
NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
KEPT = timedelta(days=30)
MANIFEST = {"WAL-Ranges": [{"Timeline": 1, "Start-LSN": "0/5000028", "End-LSN": "0/5000100"}]}


@pytest.fixture(scope="module")
def modules() -> Any:  # noqa: ANN401 - the programs of a host, which find each other beside themselves
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(FILES))
        yield {
            name: importlib.import_module(name)
            for name in ("repository", "restored", "keeper", "points", "quarantined")
        }


@pytest.fixture
def repository(modules: Any, tmp_path: Path) -> Any:  # noqa: ANN401
    made = modules["repository"].Repository(tmp_path / "copies")
    made.make()
    return made


def base(repository: Any, begun: datetime, manifest: object = MANIFEST) -> Path:  # noqa: ANN401
    folder: Path = repository.base(begun)
    folder.mkdir()
    (folder / "backup_manifest").write_text(json.dumps(manifest))
    return folder


AGES = st.lists(st.integers(min_value=0, max_value=60 * 24 * 60), max_size=60, unique=True)


@given(minutes=AGES)
def test_every_copy_of_the_last_day_stays_and_one_of_each_day_before(modules: Any, minutes: list[int]) -> None:  # noqa: ANN401
    bases = sorted(NOW - timedelta(minutes=one) for one in minutes)
    gone = modules["repository"].expendable(bases, NOW, KEPT)
    kept = [one for one in bases if one not in gone]
    assert kept[-3:] == bases[-3:]
    assert all(NOW - one > timedelta(days=1) for one in gone)
    in_time = [one for one in bases if NOW - one <= KEPT]
    assert {one.date() for one in in_time} - {one.date() for one in kept} <= {(NOW - KEPT).date()}
    assert all(NOW - one <= KEPT for one in kept[:-3])


def test_a_clock_that_jumps_ahead_removes_not_the_last_copies(modules: Any) -> None:  # noqa: ANN401
    bases = [NOW - timedelta(hours=hour) for hour in (5, 4, 3, 2, 1)]
    assert modules["repository"].expendable(bases, NOW + timedelta(days=4000), KEPT) == bases[:2]


def test_the_log_before_the_oldest_copy_goes_and_the_rest_stays(repository: Any) -> None:  # noqa: ANN401
    base(repository, NOW)
    for name in ("04.gz", "05.gz", "06.partial"):
        (repository.log / f"0000000100000000000000{name}").touch()
    (repository.log / "00000002.history").touch()
    repository.forget(NOW, KEPT)
    assert sorted(path.name for path in repository.log.iterdir()) == [
        "000000010000000000000005.gz",
        "000000010000000000000006.partial",
        "00000002.history",
    ]


@pytest.mark.parametrize(
    ("lsn", "timeline", "segment"),
    [
        ("0/5000028", 1, "000000010000000000000005"),
        ("0/FF000028", 1, "0000000100000000000000FF"),
        ("1/28", 2, "000000020000000100000000"),
        ("2A/FE000000", 10, "0000000A0000002A000000FE"),
    ],
)
def test_a_copys_manifest_names_the_segment_with_which_its_restore_begins(
    modules: Any,  # noqa: ANN401
    repository: Any,  # noqa: ANN401
    lsn: str,
    timeline: int,
    segment: str,
) -> None:
    folder = base(repository, NOW, {"WAL-Ranges": [{"Timeline": timeline, "Start-LSN": lsn, "End-LSN": lsn}]})
    assert modules["repository"].first_segment(folder) == segment


def test_a_full_segment_is_packed_and_the_one_that_is_written_is_not(repository: Any) -> None:  # noqa: ANN401
    full, written = repository.log / f"{5:024X}", repository.log / f"{6:024X}.partial"
    full.write_bytes(b"log" * 1000)
    written.write_bytes(b"more")
    repository.compress()
    assert gzip.decompress((repository.log / f"{5:024X}.gz").read_bytes()) == b"log" * 1000
    assert not full.exists() and written.read_bytes() == b"more"


def test_what_a_kill_left_half_made_goes(repository: Any) -> None:  # noqa: ANN401
    whole = base(repository, NOW)
    half = whole.with_name("20261129T130000Z.part")
    half.mkdir()
    (repository.log / f"{5:024X}.gz.part").touch()
    (repository.folder / "gone-until-20261129T130000Z/base").mkdir(parents=True)
    repository.make()
    assert repository.bases() == [NOW] and not half.exists() and not list(repository.folder.glob("gone-*"))
    assert list(repository.log.iterdir()) == []


def test_what_was_found_is_kept_beside_what_was_found_before(repository: Any) -> None:  # noqa: ANN401
    repository.tell(backup_at="a")
    repository.tell(restore_good=True)
    assert repository.told() == {"backup_at": "a", "restore_good": True}


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
    modules: Any,  # noqa: ANN401
    last: datetime,
    newest: datetime,
    *,
    good: bool,
    wanted: bool,
) -> None:
    assert modules["keeper"].due(last, NOW, newest, good=good) is wanted


@pytest.mark.parametrize(("own", "keeps"), [("10.1.1.14", False), ("10.2.1.14", True)])
def test_the_recovery_sites_host_keeps_the_copies(modules: Any, own: str, *, keeps: bool) -> None:  # noqa: ANN401
    told = {"DATABASE": "portal", "DATABASE_HOSTS": "10.1.1.14,10.2.1.14", "BACKUP_EVERY": "900"}
    made = modules["keeper"].of(told, frozenset({own}))
    assert (made.keeps, made.every, made.keep) == (keeps, timedelta(minutes=15), KEPT)


def test_a_database_that_does_not_answer_is_not_known_to_stand(
    modules: Any,  # noqa: ANN401
    repository: Any,  # noqa: ANN401
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


class Live:
    """A database that holds one table."""

    database = "portal"

    def __init__(self) -> None:
        self.asked: list[str] = []

    def ask(self, statement: str) -> list[str]:
        self.asked.append(statement)
        return []

    def rows(self) -> tuple[str, dict[str, list[str]]]:
        return "0/5000028", {"public.marks": ["1", "5"]}


@contextmanager
def restorer(folder: Path, *answers: object) -> Iterator[list[bytes]]:
    """Whoever restores: answers each that asks with the next; what it was asked."""
    asked: list[bytes] = []

    def answer() -> None:
        for one in answers:
            line, _ = door.accept()
            with line:
                asked.append(line.recv(4096))
                line.sendall(one if isinstance(one, bytes) else json.dumps(one).encode())

    with socket.socket(socket.AF_UNIX) as door:
        door.bind(str(folder / "socket"))
        door.listen()
        thread = threading.Thread(target=answer)
        thread.start()
        yield asked
        thread.join()


@pytest.fixture
def keeping(modules: Any, repository: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:  # noqa: ANN401
    monkeypatch.setattr(modules["keeper"], "RESTORER", tmp_path / "socket")
    monkeypatch.setattr(modules["keeper"], "STANDING", tmp_path / "standing.json")
    monkeypatch.setattr(modules["keeper"], "POINTS", tmp_path / "points.json")
    monkeypatch.setattr(modules["keeper"], "RECEIVER", tmp_path / "receiver.log")
    return modules["keeper"].Keeper(Live(), repository, timedelta(hours=1), KEPT, keeps=True)


def test_a_restore_that_gives_the_same_rows_is_a_good_one_and_proves_its_base_copy(
    keeping: Any,  # noqa: ANN401
    repository: Any,  # noqa: ANN401
    tmp_path: Path,
) -> None:
    name = base(repository, NOW).name
    repository.tell(proven={"20200101T000000Z": "long ago"})
    with restorer(tmp_path, {"rows": {"public.marks": ["1", "5"]}, "base": name}) as asked:
        told = keeping.check()
    assert json.loads(asked[0]) == {"to": "0/5000028", "database": "portal"}
    assert (told["restore_good"], told["restore_problem"]) == (True, "")
    assert told["proven"] == {name: told["restored_to"]}, "of a copy that is gone nothing is known"


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ({"problem": "there is no base copy yet"}, "no base copy"),
        ({"rows": {}, "base": "x"}, "public.marks"),
        ({"rows": {"public.marks": ["1", "6"]}, "base": "x"}, "public.marks"),
        ({"rows": {"public.marks": ["1", "5"], "public.more": ["0", "0"]}, "base": "x"}, "public.more"),
        ({"rows": 5, "base": "x"}, "can be read"),
        ([], "can be read"),
        (b"", "can be read"),
        (b"\xff{", "can be read"),
    ],
)
def test_a_restore_with_other_rows_or_without_a_plain_answer_is_a_bad_one(
    keeping: Any,  # noqa: ANN401
    tmp_path: Path,
    answer: object,
    problem: str,
) -> None:
    with restorer(tmp_path, answer):
        told = keeping.check()
    assert told["restore_good"] is False and problem in told["restore_problem"] and "proven" not in told


def test_where_nobody_restores_the_copies_are_not_known_to_be_good(keeping: Any) -> None:  # noqa: ANN401
    told = keeping.check()
    assert told["restore_good"] is False and "nobody restores" in told["restore_problem"]


def test_what_a_name_in_the_database_says_to_psql_is_not_done(modules: Any, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ANN401
    """Each statement is an argument that psql hands on, and begins with a word of SQL."""
    names = ["public.marks", 'public."x\n\\! id\n"', 'public."\'; drop table a --"']
    asked: list[tuple[str, ...]] = []

    def ended(argv: tuple[str, ...]) -> Any:  # noqa: ANN401
        asked.append(argv)
        told = json.dumps(names)
        lines = [told] if len(asked) == 1 else ["0/1", "0/1", told, *["1|2"] * len(names)]
        return SimpleNamespace(returncode=0, stdout="".join(f"{line}\n" for line in lines), stderr="")

    monkeypatch.setattr(modules["restored"], "_ended", ended)
    _, rows = modules["restored"].Server(Path("/run"), "portal").rows()
    assert rows == {name: ["1", "2"] for name in names}
    given = [word for before, word in pairwise(asked[1]) if before == "-c"]
    assert len(given) == len(names) + 5 and all(word.split()[0] in {"select", "begin", "commit"} for word in given)


class Changing:
    """A psql whose database has other tables at each look: `looks` say what each session finds, place and tables.

    A session that asks for the rows of a table that is not there fails, as psql does with ON_ERROR_STOP."""

    def __init__(self, *looks: tuple[str, str, list[str]]) -> None:
        self.looks = list(looks)

    def ended(self, argv: tuple[str, ...]) -> Any:  # noqa: ANN401
        before, begun, names = self.looks.pop(0)
        statements = [word for flag, word in pairwise(argv) if flag == "-c"]
        asked = [name for one in statements if (name := one.partition(" from ")[2].removesuffix(" t")).startswith("s.")]
        if gone := set(asked) - set(names):
            return SimpleNamespace(returncode=3, stdout="", stderr=f"ERROR: {gone.pop()} does not exist")
        told = json.dumps(names)
        lines = [told] if len(statements) == 1 else [before, begun, told, *(f"{len(name)}|7" for name in asked)]
        return SimpleNamespace(returncode=0, stdout="".join(f"{line}\n" for line in lines), stderr="")


@pytest.mark.parametrize(
    ("looks", "wanted"),
    [
        ([("", "", ["s.a"]), ("0/1", "0/1", ["s.a"])], ("0/1", ["s.a"])),
        ([("", "", []), ("0/2", "0/2", [])], ("0/2", [])),
        ([("", "", ["s.a"]), ("0/1", "0/2", ["s.a"]), ("0/3", "0/3", ["s.a"])], ("0/3", ["s.a"])),
        ([("", "", ["s.a"]), ("0/2", "0/2", ["s.a", "s.b"]), ("0/2", "0/2", ["s.a", "s.b"])], ("0/2", ["s.a", "s.b"])),
        ([("", "", ["s.a", "s.b"]), ("", "", ["s.a"]), ("", "", ["s.a"]), ("0/4", "0/4", ["s.a"])], ("0/4", ["s.a"])),
    ],
    ids=["one", "none", "written", "added", "removed"],
)
def test_what_is_compared_is_one_snapshot_whatever_tables_come_and_go(
    modules: Any,  # noqa: ANN401
    monkeypatch: pytest.MonkeyPatch,
    looks: list[tuple[str, str, list[str]]],
    wanted: tuple[str, list[str]],
) -> None:
    psql = Changing(*looks)
    monkeypatch.setattr(modules["restored"], "_ended", psql.ended)
    at, rows = modules["restored"].Server(Path("/run"), "portal").rows()
    assert (at, rows) == (wanted[0], {name: [str(len(name)), "7"] for name in wanted[1]})
    assert psql.looks == []


def test_a_question_that_fails_though_no_table_went_is_told(modules: Any, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ANN401
    psql = Changing(("", "", ["s.a"]), ("", "", []), ("", "", ["s.a"]))
    monkeypatch.setattr(modules["restored"], "_ended", psql.ended)
    with pytest.raises(modules["restored"].BrokenError, match="does not exist"):
        modules["restored"].Server(Path("/run"), "portal").rows()


def segment(repository: Any, number: int, at: datetime, form: str = ".gz") -> None:  # noqa: ANN401
    file = repository.log / f"{1:08X}{number >> 8:08X}{number & 0xFF:08X}{form}"
    file.write_bytes(b"log")
    os.utime(file, (at.timestamp(), at.timestamp()))


def made_at(repository: Any, begun: datetime, last: int) -> None:  # noqa: ANN401
    """A base copy that took a minute, began some segments before, and ends in that segment of the log."""
    end = f"{last >> 8:X}/{(last & 0xFF) << 24:X}"
    manifest = {"WAL-Ranges": [{"Timeline": 1, "Start-LSN": "0/1000028", "End-LSN": end}]}
    file = base(repository, begun, manifest) / "backup_manifest"
    ended = (begun + timedelta(minutes=1)).timestamp()
    os.utime(file, (ended, ended))


HOUR = timedelta(hours=1)


def test_a_copy_brings_back_every_moment_from_its_end_as_far_as_the_log_goes_without_a_gap(
    modules: Any,  # noqa: ANN401
    repository: Any,  # noqa: ANN401
) -> None:
    made_at(repository, NOW, 0xFE)
    made_at(repository, NOW + 3 * HOUR, 0x102)
    for number, at in ((0xFE, 1), (0xFF, 2), (0x100, 3), (0x102, 4)):
        segment(repository, number, NOW + at * HOUR)
    segment(repository, 0x103, NOW + 5 * HOUR, ".partial")
    repository.tell(proven={NOW.strftime("%Y%m%dT%H%M%SZ"): "then"})
    late, early = modules["points"].every(repository)
    minute = timedelta(minutes=1)
    assert (early.begins, early.ends) == (NOW + minute, NOW + 3 * HOUR), "segment 101 is missing"
    assert (late.begins, late.ends) == (NOW + 3 * HOUR + minute, NOW + 5 * HOUR)
    assert (early.proven, late.proven, early.log_size, late.log_size) == ("then", None, 9, 6)
    streaming, same = modules["points"].every(repository, NOW + 9 * HOUR)
    assert (streaming.ends, same.ends) == (NOW + 9 * HOUR, early.ends), "what streams now is behind the gap"


def test_a_copy_since_which_nothing_was_written_brings_back_now_while_the_log_streams(
    modules: Any,  # noqa: ANN401
    repository: Any,  # noqa: ANN401
) -> None:
    made_at(repository, NOW, 6)
    segment(repository, 5, NOW)
    (streaming,) = modules["points"].every(repository, NOW + HOUR)
    (silent,) = modules["points"].every(repository)
    assert (streaming.ends, silent.ends) == (NOW + HOUR, silent.begins)


def test_a_point_is_covered_by_the_copy_with_the_least_log_or_by_none(modules: Any, repository: Any) -> None:  # noqa: ANN401
    for at in (0, 2):
        made_at(repository, NOW + at * HOUR, 5 + at)
    for number in range(5, 9):
        segment(repository, number, NOW + (number - 4) * HOUR)
    ranges = modules["points"].every(repository)
    covering = modules["points"].covering
    assert covering(ranges, NOW + 3 * HOUR).base == NOW + 2 * HOUR
    assert covering(ranges, NOW + 2 * HOUR).base == NOW, "the second copy was not whole yet"
    assert covering(ranges, NOW) is None and covering(ranges, NOW + 5 * HOUR) is None


def test_what_was_before_a_point_stays_a_past_of_its_own(modules: Any, repository: Any) -> None:  # noqa: ANN401
    made_at(repository, NOW, 5)
    segment(repository, 5, NOW + HOUR)
    past = repository.past(NOW + HOUR)
    repository.close(past)
    repository.make()
    made_at(repository, NOW + 2 * HOUR, 5)
    segment(repository, 5, NOW + 3 * HOUR)
    now, before = modules["points"].every(repository)
    assert (now.repository.folder, before.repository.folder) == (repository.folder, past)
    assert (before.ends, now.begins) == (NOW + HOUR, NOW + 2 * HOUR + timedelta(minutes=1))
    assert modules["points"].covering((now, before), NOW + timedelta(minutes=90)) is None, "it was neither then"


def test_a_past_that_is_opened_again_is_the_present_and_what_came_between_is_kept(repository: Any) -> None:  # noqa: ANN401
    made_at(repository, NOW, 5)
    past = repository.past(NOW)
    repository.close(past)
    repository.make()
    made_at(repository, NOW + HOUR, 6)
    meanwhile = repository.past(NOW)
    assert meanwhile.name > past.name, "of one second, and yet not the same"
    repository.reopen(past, meanwhile)
    assert repository.bases() == [NOW]
    assert [(one.folder, one.bases()) for one in repository.closed()] == [(meanwhile, [NOW + HOUR])]


def test_a_past_goes_when_the_time_of_all_its_copies_is_over(repository: Any) -> None:  # noqa: ANN401
    for hour in (0, 1):
        made_at(repository, NOW + hour * HOUR, 5)
    repository.close(repository.past(NOW + 2 * HOUR))
    repository.forget_closed(NOW + KEPT + HOUR, KEPT)
    assert len(repository.closed()) == 1, "one of its copies is just old enough"
    repository.forget_closed(NOW + KEPT + 2 * HOUR, KEPT)
    assert repository.closed() == []


def test_a_packed_segment_keeps_the_time_at_which_it_was_written(repository: Any) -> None:  # noqa: ANN401
    segment(repository, 5, NOW - HOUR, "")
    repository.compress()
    (packed,) = repository.log.iterdir()
    assert packed.name.endswith(".gz") and packed.stat().st_mtime == (NOW - HOUR).timestamp()


def test_the_points_are_told_each_minute_and_the_tables_of_a_test_are_not(
    keeping: Any,  # noqa: ANN401
    repository: Any,  # noqa: ANN401
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
    modules: Any,  # noqa: ANN401
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
    keeping: Any,  # noqa: ANN401
    repository: Any,  # noqa: ANN401
    modules: Any,  # noqa: ANN401
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
    keeping: Any,  # noqa: ANN401
    repository: Any,  # noqa: ANN401
    modules: Any,  # noqa: ANN401
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
    keeping: Any,  # noqa: ANN401
    repository: Any,  # noqa: ANN401
    modules: Any,  # noqa: ANN401
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


def test_a_log_that_streams_again_had_no_gap(keeping: Any, tmp_path: Path) -> None:  # noqa: ANN401
    (tmp_path / "receiver.log").write_text(GONE)
    keeping.streaming, keeping.stuck = SimpleNamespace(poll=lambda: None), 1.0
    keeping.stream()
    assert keeping.stuck is None


@pytest.mark.parametrize(
    ("at", "paused", "reached"),
    [("0/5000028", "not paused", True), ("0/4000100", "paused", True), ("0/4000100", "not paused", False)],
)
def test_a_copy_that_stands_before_the_first_place_of_a_segment_has_come_to_its_target(
    modules: Any,  # noqa: ANN401
    monkeypatch: pytest.MonkeyPatch,
    *,
    at: str,
    paused: str,
    reached: bool,
) -> None:
    """Of a database in which nothing was written since its last base copy, which ends a segment."""
    restored = modules["restored"]
    server = restored.Server(Path("/nowhere"), "portal")
    monkeypatch.setattr(restored, "until", lambda condition, _patience_s: condition())
    monkeypatch.setattr(restored.Server, "ask", lambda _, told: [paused if "pause_state" in told else at])
    monkeypatch.setattr(restored.Server, "rows", lambda _: ("", {"t": ["1"]}))
    if reached:
        assert restored.reached(server, "0/5000028") == {"t": ["1"]}
    else:
        with pytest.raises(restored.BrokenError, match="the log ends at"):
            restored.reached(server, "0/5000028")
