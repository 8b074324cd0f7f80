"""The store of series: what was appended comes back, once, whatever happens in between."""

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from city.clock import FixedClock
from city.errors import Failed
from monitoring.series.manifest import GRACE, Manifest, Span
from monitoring.series.store import ParquetSeries
from tests.monitoring.newest_rows import by_device

START = datetime(2030, 1, 1, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
FOREVER = START - 24 * HOUR, START + 24 * HOUR


def minutes(number: float) -> datetime:
    return START + timedelta(minutes=number)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(START)


@pytest.fixture
def store(tmp_path: Path, clock: FixedClock) -> Iterator[ParquetSeries]:
    with ParquetSeries(tmp_path / "series", clock) as made:
        yield made


def stored(folder: Path) -> list[Path]:
    return sorted(path for span in Span for path in (folder / span).iterdir())


def test_a_history_is_what_was_appended(store: ParquetSeries) -> None:
    for number in range(5):
        store.append(minutes(number), {"ap-1": {"sysUpTime": number * 100.0}, "ap-2": {"sysUpTime": 7.0}})
    assert store.history("ap-1", "sysUpTime", minutes(1), minutes(4)) == [
        (minutes(1), 100.0),
        (minutes(2), 200.0),
        (minutes(3), 300.0),
    ], "the start is part of it, the end is not"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("device", "key"),
    [
        pytest.param("ap-9", "sysUpTime", id="a device that was never seen"),
        pytest.param("ap-1", "ifOperStatus[ifIndex=1]", id="a series that was never seen"),
        pytest.param("ap-1", "[device]", id="a column that is no series"),
        pytest.param("' OR 1=1 --", "sysUpTime", id="a device that would be a statement"),
        pytest.param("ap-1", "\" FROM read_text('/etc/passwd') --", id="a key that would be a statement"),
    ],
)
def test_what_nobody_saw_has_no_history(store: ParquetSeries, device: str, key: str) -> None:
    store.append(START, {"ap-1": {"sysUpTime": 1.0}})
    assert store.history(device, key, *FOREVER) == []


def test_an_empty_store_knows_nothing(store: ParquetSeries) -> None:
    assert store.history("ap-1", "sysUpTime", *FOREVER) == []
    assert by_device(store.latest(START)) == {}
    assert store.compact(minutes(600)) == 0


def test_latest_is_the_newest_row_of_each_device(store: ParquetSeries, clock: FixedClock) -> None:
    clock.at = minutes(2)
    store.append(minutes(0), {"old": {"sysUpTime": 1.0}})
    store.append(minutes(1), {"ap-1": {"sysUpTime": 1.0, "gone": 1.0}, "ap-2": {"sysUpTime": 2.0}})
    store.append(minutes(2), {"ap-1": {"sysUpTime": 3.0, "new": 4.0}, "silent": {}})
    assert by_device(store.latest(minutes(1))) == {
        "ap-1": (minutes(2), {"sysUpTime": 3.0, "new": 4.0}),
        "ap-2": (minutes(1), {"sysUpTime": 2.0}),
    }


def test_what_a_clock_set_back_left_in_the_future_is_not_the_latest(store: ParquetSeries, clock: FixedClock) -> None:
    store.append(minutes(50), {"ap-1": {"a": 50.0}, "ap-2": {"a": 50.0}})
    clock.at = minutes(2)
    for number in (1, 2, 3):
        store.append(minutes(number), {"ap-1": {"a": number}})
    assert by_device(store.latest(minutes(0))) == {"ap-1": (minutes(2), {"a": 2.0})}


def test_a_cycle_without_values_leaves_no_file(store: ParquetSeries, tmp_path: Path) -> None:
    store.append(START, {"ap-1": {}, "ap-2": {}})
    assert stored(tmp_path / "series") == []


def test_columns_come_and_go(store: ParquetSeries) -> None:
    store.append(minutes(0), {"ap-1": {"a": 1.0}})
    store.append(minutes(1), {"ap-1": {"b": 2.0}, "ap-2": {"a": 5.0}})
    store.append(minutes(2), {"ap-1": {"a": 3.0, "c[row=1.2]": 4.0}})
    for _ in ("in files of cycles", "in one of an hour"):
        assert store.history("ap-1", "a", *FOREVER) == [(minutes(0), 1.0), (minutes(2), 3.0)]
        assert store.history("ap-1", "b", *FOREVER) == [(minutes(1), 2.0)]
        assert store.history("ap-1", "c[row=1.2]", *FOREVER) == [(minutes(2), 4.0)]
        store.compact(minutes(600))


@pytest.mark.parametrize(
    ("keys", "complaint"),
    [
        pytest.param(["not a key"], "not the key of a series", id="what is no key"),
        pytest.param(["[device]"], "not the key of a series", id="what has no name"),
    ],
)
def test_a_wrong_key_is_refused_before_anything_is_written(
    store: ParquetSeries, tmp_path: Path, keys: list[str], complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint):
        store.append(START, {"ap-1": dict.fromkeys(keys, 1.0)})
    assert stored(tmp_path / "series") == []


def test_two_series_may_differ_in_the_case_of_a_letter(store: ParquetSeries) -> None:
    store.append(START, {"ap-1": {"ifindex": 1.0, "ifIndex": 2.0}})
    for _ in ("in a file of a cycle", "in one of an hour"):
        assert store.history("ap-1", "ifIndex", *FOREVER) == [(START, 2.0)]
        assert by_device(store.latest(START)) == {"ap-1": (START, {"ifindex": 1.0, "ifIndex": 2.0})}
        store.compact(minutes(600))


def test_a_device_that_shows_much_costs_what_it_shows_and_nothing_of_the_others(tmp_path: Path) -> None:
    much = {f"ifOperStatus[ifIndex={n}]": 1.0 for n in range(5000)}
    city = {f"ap-{n}": {"sysUpTime": 1.0} for n in range(400)}
    sizes = []
    for name, rows in (("without", city), ("with", city | {"ap-0": much})):
        with ParquetSeries(tmp_path / name, FixedClock(START)) as store:
            store.append(START, rows)
        (path,) = stored(tmp_path / name)
        sizes.append(pq.ParquetFile(path).read().nbytes)
    assert sizes[1] < sizes[0] + len(much) * 60, "a place in every other device's row would be 400 times as much"


def test_only_hours_that_are_over_for_a_while_are_put_together(store: ParquetSeries, tmp_path: Path) -> None:
    for number in (0, 59.9, 60, 61):
        store.append(minutes(number), {"ap-1": {"a": number}})
    assert store.compact(START + HOUR + GRACE - timedelta(seconds=1)) == 0
    assert store.compact(START + HOUR + GRACE) == 1
    live = Manifest(tmp_path / "series").live(*FOREVER)
    assert [(file.span, file.first, file.last) for file in live] == [
        (Span.HOUR, minutes(0), minutes(59.9)),
        (Span.CYCLE, minutes(60), minutes(60)),
        (Span.CYCLE, minutes(61), minutes(61)),
    ]
    assert store.history("ap-1", "a", *FOREVER) == [(minutes(n), n) for n in (0, 59.9, 60, 61)]


def test_what_was_replaced_is_deleted_when_no_query_can_read_it_any_more(store: ParquetSeries, tmp_path: Path) -> None:
    store.append(START, {"ap-1": {"a": 1.0}})
    (cycle,) = stored(tmp_path / "series")
    over = START + 2 * HOUR
    store.compact(over)
    assert cycle.exists()
    store.compact(over + GRACE + timedelta(seconds=1))
    assert not cycle.exists()
    assert store.history("ap-1", "a", *FOREVER) == [(START, 1.0)]


def test_values_that_come_after_their_hour_was_put_together_are_kept(store: ParquetSeries) -> None:
    store.append(minutes(0), {"ap-1": {"a": 1.0}})
    store.compact(minutes(120))
    store.append(minutes(1), {"ap-1": {"a": 2.0}})
    assert store.compact(minutes(120)) == 1
    assert store.history("ap-1", "a", *FOREVER) == [(minutes(0), 1.0), (minutes(1), 2.0)]


def test_leftovers_are_never_read_and_go_when_they_are_old(tmp_path: Path) -> None:
    folder = tmp_path / "series"
    with ParquetSeries(folder, FixedClock(START)) as store:
        store.append(START, {"ap-1": {"a": 1.0}})
    (whole,) = stored(folder)
    old, fresh = START - GRACE - timedelta(seconds=1), START - timedelta(seconds=1)
    left = {folder / "cycle" / f"{at:%H%M%S}{kind}": at for at in (old, fresh) for kind in (".parquet", ".parquet.tmp")}
    for path, at in left.items():
        path.write_bytes(whole.read_bytes())
        os.utime(path, (at.timestamp(), at.timestamp()))
    os.utime(whole, (old.timestamp(), old.timestamp()))
    with ParquetSeries(folder, FixedClock(START)) as store:
        assert store.history("ap-1", "a", *FOREVER) == [(START, 1.0)]
    assert stored(folder) == sorted([whole, *(path for path, at in left.items() if at == fresh)])


def test_a_file_that_its_writer_finishes_while_leftovers_are_sought_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ParquetSeries(tmp_path, FixedClock(START)).close()
    writing = tmp_path / "cycle" / "one.parquet.tmp"
    writing.touch()
    looked = Path.stat

    def too_late(path: Path, *, follow_symlinks: bool = True) -> os.stat_result:
        if path == writing and looked(path):
            writing.rename(writing.with_suffix(""))
        return looked(path, follow_symlinks=follow_symlinks)

    monkeypatch.setattr(Path, "stat", too_late)
    ParquetSeries(tmp_path, FixedClock(START)).close()
    assert stored(tmp_path) == [writing.with_suffix("")]


def test_a_folder_may_have_any_name(tmp_path: Path) -> None:
    with ParquetSeries(tmp_path / "a [b]*?' --", FixedClock(START)) as store:
        store.append(START, {"ap-1": {"a": 1.0}})
        assert store.history("ap-1", "a", *FOREVER) == [(START, 1.0)]
        assert by_device(store.latest(START)) == {"ap-1": (START, {"a": 1.0})}


def test_a_broken_manifest_is_told(tmp_path: Path) -> None:
    (tmp_path / "manifest.sqlite").write_bytes(b"no database" * 500)
    with pytest.raises(Failed, match="file is not a database"):
        ParquetSeries(tmp_path, FixedClock(START))


def test_a_full_disk_leaves_nothing_behind(
    store: ParquetSeries, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Failed, match="No space left on device"):
        store.append(START, {"ap-1": {"a": 1.0}})
    assert stored(tmp_path / "series") == []


def test_a_file_that_was_taken_for_a_leftover_is_not_published(tmp_path: Path) -> None:
    with ParquetSeries(tmp_path, FixedClock(START)) as store:
        store.append(START, {"ap-1": {"a": 1.0}})
    manifest = Manifest(tmp_path)
    (file,) = manifest.live(*FOREVER)
    (tmp_path / file.name).unlink()
    assert not manifest.publish(file, now=START)


@pytest.mark.slow
def test_two_that_put_the_same_hour_together_do_it_once(tmp_path: Path) -> None:
    with ParquetSeries(tmp_path, FixedClock(START)) as one, ParquetSeries(tmp_path, FixedClock(START)) as other:
        for number in range(20):
            one.append(minutes(number), {"ap-1": {"a": number}})
        with ThreadPoolExecutor(2) as pool:
            made = sum(pool.map(lambda store: store.compact(minutes(120)), (one, other)))
        assert made == 1
        assert one.history("ap-1", "a", *FOREVER) == [(minutes(n), n) for n in range(20)]


@pytest.mark.slow
def test_two_may_write_while_others_read(tmp_path: Path) -> None:
    with ParquetSeries(tmp_path, FixedClock(START)) as one, ParquetSeries(tmp_path, FixedClock(START)) as other:

        def write(store: ParquetSeries, device: str) -> None:
            for number in range(15):
                store.append(minutes(number), {device: {"a": number}})
                if number % 5 == 4:
                    store.compact(minutes(120))

        with ThreadPoolExecutor(2) as pool:
            writing = [pool.submit(write, one, "ap-1"), pool.submit(write, other, "ap-2")]
            while not all(task.done() for task in writing):
                seen = one.history("ap-1", "a", *FOREVER)
                assert seen == [(minutes(n), n) for n in range(len(seen))]
            for task in writing:
                task.result()
        for device in ("ap-1", "ap-2"):
            assert other.history(device, "a", *FOREVER) == [(minutes(n), n) for n in range(15)]


DEVICES = st.text(min_size=1, max_size=8).filter(lambda text: text.isprintable())
KEYS = st.sampled_from(["sysUpTime", "ifHCInOctets[ifIndex=1]", "ifHCInOctets[ifIndex=12]", "x[label=1.2.3]"])
NUMBERS = st.floats(allow_nan=False)
CYCLES = st.dictionaries(
    st.integers(0, 3 * 3_600_000_000),
    st.dictionaries(DEVICES, st.dictionaries(KEYS, NUMBERS, max_size=3), max_size=3),
    max_size=4,
)


@pytest.mark.slow
@settings(max_examples=15)
@given(CYCLES, st.integers(0, 5))
def test_everything_comes_back(
    tmp_path_factory: pytest.TempPathFactory, cycles: dict[int, dict[str, dict[str, float]]], compacted: int
) -> None:
    expected: dict[tuple[str, str], list[tuple[datetime, float]]] = {}
    with ParquetSeries(tmp_path_factory.mktemp("series"), FixedClock(FOREVER[1])) as store:
        for us, rows in sorted(cycles.items()):
            at = START + timedelta(microseconds=us)
            store.append(at, rows)
            for device, row in rows.items():
                for key, value in row.items():
                    expected.setdefault((device, key), []).append((at, value))
        store.compact(START + compacted * HOUR)
        for (device, key), history in expected.items():
            assert store.history(device, key, *FOREVER) == history
        newest = by_device(store.latest(START))
    assert set(newest) == {device for device, _ in expected}
    for device, (at, last) in newest.items():
        us = (at - START) // timedelta(microseconds=1)
        assert last == cycles[us][device]
        assert not any(rows.get(device) for later, rows in cycles.items() if later > us)


SCRIPT = Path(__file__).with_name("interrupted_series.py")
REPOSITORY = SCRIPT.parents[2]
KILLED_CYCLES = 4


def command(task: str, folder: Path) -> list[str]:
    return [sys.executable, str(SCRIPT), task, str(folder)]


def values(cycles: int) -> list[tuple[datetime, float]]:
    return [(minutes(number), float(number)) for number in range(cycles)]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("task", "least"),
    [
        pytest.param("append", KILLED_CYCLES, id="while a cycle is written"),
        pytest.param("compact", KILLED_CYCLES, id="while an hour is put together"),
        pytest.param("delete", KILLED_CYCLES, id="while replaced files are deleted"),
    ],
)
def test_killed_at_any_point_each_row_is_there_once(tmp_path: Path, task: str, least: int) -> None:
    subprocess.run(command(task, tmp_path), check=True, cwd=REPOSITORY, timeout=120)
    folders = sorted(tmp_path.iterdir(), key=lambda path: int(path.name))
    assert len(folders) > 5, "it was interrupted at several points"
    kept = []
    for folder in folders:
        with ParquetSeries(folder, FixedClock(minutes(0))) as store:
            found = store.history("ap-1", "sysUpTime", *FOREVER)
            assert found == values(len(found))
            kept.append(len(found))
            store.compact(minutes(600))
            assert store.history("ap-2", "sysUpTime", *FOREVER) == found
    whole = least + (task == "append")
    assert set(kept) <= {least, whole}
    assert kept[-1] == whole, "the last one was not killed"


@pytest.mark.slow
@pytest.mark.parametrize("acknowledged", [1, 2, 3, 5, 8])
def test_killed_from_outside_nothing_that_was_kept_is_lost(tmp_path: Path, acknowledged: int) -> None:
    with subprocess.Popen(command("endless", tmp_path), cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        for _ in range(acknowledged):
            writer.stdout.readline()
        writer.kill()
        said = acknowledged + len(writer.stdout.readlines())
    with ParquetSeries(tmp_path, FixedClock(START)) as store:
        found = store.history("ap-1", "sysUpTime", *FOREVER)
    assert found == values(len(found))
    assert said <= len(found) <= said + 1
