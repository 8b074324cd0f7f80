"""What a database's keeper keeps, removes and finds out, in a folder instead of a volume."""

import gzip
import importlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

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
        yield {name: importlib.import_module(name) for name in ("repository", "restored", "keeper")}


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
    repository.scratch.mkdir()
    repository.make()
    assert repository.bases() == [NOW] and not half.exists() and not repository.scratch.exists()
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
    server = modules["restored"].Server(tmp_path, "portal")
    keeper.Keeper(server, repository, timedelta(hours=1), KEPT, keeps=True).round()
    told = json.loads((tmp_path / "standing.json").read_text())
    assert "in_recovery" not in told and told["problem"] and told["archive_failing"] is True
    assert told["archived_at"] is None and "backup_at" not in told and repository.bases() == []


def test_a_restore_without_a_copy_is_a_bad_one(modules: Any, repository: Any) -> None:  # noqa: ANN401
    class Live:
        database = "portal"

        def rows(self) -> tuple[str, dict[str, list[str]]]:
            return "0/5000028", {"public.marks": ["1", "5"]}

    told = modules["restored"].check(repository, Live(), lambda: NOW)
    assert told["restore_good"] is False and told["restore_problem"] == "there is no base copy yet"


@pytest.mark.parametrize("found", [{}, {"public.marks": ["1", "6"]}, {"public.marks": ["0", "0"]}])
def test_a_restore_with_other_rows_is_a_bad_one(
    modules: Any,  # noqa: ANN401
    repository: Any,  # noqa: ANN401
    monkeypatch: pytest.MonkeyPatch,
    found: dict[str, list[str]],
) -> None:
    class Live:
        database = "portal"

        def rows(self) -> tuple[str, dict[str, list[str]]]:
            return "0/5000028", {"public.marks": ["1", "5"]}

    monkeypatch.setattr(modules["restored"], "restored", lambda *_: found)
    told = modules["restored"].check(repository, Live(), lambda: NOW)
    assert told["restore_good"] is False and "public.marks" in str(told["restore_problem"])
