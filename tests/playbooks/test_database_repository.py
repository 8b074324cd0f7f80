"""What a database's keeper keeps and removes of its copies and their log, in a folder instead of a volume."""

import gzip
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.playbooks.database import HOUR, KEPT, NOW, base, made_at, segment
from tests.playbooks.files import Program

AGES = st.lists(st.integers(min_value=0, max_value=60 * 24 * 60), max_size=60, unique=True)


@given(minutes=AGES)
def test_every_copy_of_the_last_day_stays_and_one_of_each_day_before(modules: Program, minutes: list[int]) -> None:
    bases = sorted(NOW - timedelta(minutes=one) for one in minutes)
    gone = modules["repository"].expendable(bases, NOW, KEPT)
    kept = [one for one in bases if one not in gone]
    assert kept[-3:] == bases[-3:]
    assert all(NOW - one > timedelta(days=1) for one in gone)
    in_time = [one for one in bases if NOW - one <= KEPT]
    assert {one.date() for one in in_time} - {one.date() for one in kept} <= {(NOW - KEPT).date()}
    assert all(NOW - one <= KEPT for one in kept[:-3])


def test_a_clock_that_jumps_ahead_removes_not_the_last_copies(modules: Program) -> None:
    bases = [NOW - timedelta(hours=hour) for hour in (5, 4, 3, 2, 1)]
    assert modules["repository"].expendable(bases, NOW + timedelta(days=4000), KEPT) == bases[:2]


def test_the_log_before_the_oldest_copy_goes_and_the_rest_stays(repository: Program) -> None:
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
    modules: Program,
    repository: Program,
    lsn: str,
    timeline: int,
    segment: str,
) -> None:
    folder = base(repository, NOW, {"WAL-Ranges": [{"Timeline": timeline, "Start-LSN": lsn, "End-LSN": lsn}]})
    assert modules["repository"].first_segment(folder) == segment


def test_a_full_segment_is_packed_and_the_one_that_is_written_is_not(repository: Program) -> None:
    full, written = repository.log / f"{5:024X}", repository.log / f"{6:024X}.partial"
    full.write_bytes(b"log" * 1000)
    written.write_bytes(b"more")
    repository.compress()
    assert gzip.decompress((repository.log / f"{5:024X}.gz").read_bytes()) == b"log" * 1000
    assert not full.exists() and written.read_bytes() == b"more"


def test_what_a_kill_left_half_made_goes(repository: Program) -> None:
    whole = base(repository, NOW)
    half = whole.with_name("20261129T130000Z.part")
    half.mkdir()
    (repository.log / f"{5:024X}.gz.part").touch()
    (repository.folder / "gone-until-20261129T130000Z/base").mkdir(parents=True)
    repository.make()
    assert repository.bases() == [NOW] and not half.exists() and not list(repository.folder.glob("gone-*"))
    assert list(repository.log.iterdir()) == []


def test_what_was_found_is_kept_beside_what_was_found_before(repository: Program) -> None:
    repository.tell(backup_at="a")
    repository.tell(restore_good=True)
    assert repository.told() == {"backup_at": "a", "restore_good": True}


def test_a_past_that_is_opened_again_is_the_present_and_what_came_between_is_kept(repository: Program) -> None:
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


def test_a_past_goes_when_the_time_of_all_its_copies_is_over(repository: Program) -> None:
    for hour in (0, 1):
        made_at(repository, NOW + hour * HOUR, 5)
    repository.close(repository.past(NOW + 2 * HOUR))
    repository.forget_closed(NOW + KEPT + HOUR, KEPT)
    assert len(repository.closed()) == 1, "one of its copies is just old enough"
    repository.forget_closed(NOW + KEPT + 2 * HOUR, KEPT)
    assert repository.closed() == []


def test_a_packed_segment_keeps_the_time_at_which_it_was_written(repository: Program) -> None:
    segment(repository, 5, NOW - HOUR, "")
    repository.compress()
    (packed,) = repository.log.iterdir()
    assert packed.name.endswith(".gz") and packed.stat().st_mtime == (NOW - HOUR).timestamp()
