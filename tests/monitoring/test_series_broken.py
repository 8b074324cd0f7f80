"""Files of the series that nobody can read: they are set aside and named, and take nothing else with them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from city.clock import FixedClock
from city.errors import Failed
from monitoring.series.manifest import Span
from monitoring.series.store import ParquetSeries
from tests.monitoring.newest_rows import by_device

START = datetime(2030, 1, 1, 10, tzinfo=UTC)
FOREVER = START - timedelta(days=1), START + timedelta(days=1)
OVER, LONG_OVER = START + timedelta(hours=10), START + timedelta(hours=20)
DEVICES = [f"ap-{number}" for number in range(50)]


def minutes(number: int) -> datetime:
    return START + timedelta(minutes=number)


def stored(folder: Path) -> list[Path]:
    return sorted(path for span in Span for path in (folder / span).iterdir())


def torn(path: Path) -> None:
    path.write_bytes(b"PAR1 no more PAR1")


def garbled(path: Path) -> None:
    """Its frame is whole, its values are not."""
    whole = path.read_bytes()
    path.write_bytes(whole[:4] + b"\xff" * (len(whole) - 500) + whole[len(whole) - 496 :])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def of_other_columns(path: Path) -> None:
    pq.write_table(pa.table({"device": ["ap-1"], "sysUpTime": [1.0]}), path)


def gone(path: Path) -> None:
    path.unlink()


QUESTIONS: dict[str, Callable[[ParquetSeries], object]] = {
    "history": lambda store: store.history("ap-1", "a", *FOREVER),
    "latest": lambda store: store.latest(START),
    "compact": lambda store: store.compact(OVER),
}


@pytest.mark.slow
@pytest.mark.parametrize("damage", [torn, garbled, empty, of_other_columns, gone])
@pytest.mark.parametrize("ask", QUESTIONS.values(), ids=QUESTIONS)
def test_a_file_that_cannot_be_read_is_set_aside_and_named_and_the_others_go_on(
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    ask: Callable[[ParquetSeries], object],
    damage: Callable[[Path], None],
) -> None:
    with ParquetSeries(tmp_path, FixedClock(minutes(2))) as store:
        for number in range(3):
            store.append(minutes(number), {device: {"a": float(number)} for device in DEVICES})
        first, wrong, last = stored(tmp_path)
        damage(wrong)
        kept = wrong.read_bytes() if wrong.exists() else None

        ask(store)
        [said] = [record.getMessage() for record in caplog.records]
        assert wrong.name in said
        aside = tmp_path / "broken" / wrong.name
        assert (aside.read_bytes() if aside.exists() else None) == kept, "as it is, and never deleted"

        assert store.history("ap-1", "a", *FOREVER) == [(minutes(0), 0.0), (minutes(2), 2.0)]
        assert by_device(store.latest(START)) == {device: (minutes(2), {"a": 2.0}) for device in DEVICES}
        store.compact(OVER)
        store.compact(LONG_OVER)
        assert not first.exists() and not last.exists(), "they were put together"
        assert store.history("ap-1", "a", *FOREVER) == [(minutes(0), 0.0), (minutes(2), 2.0)]
    with ParquetSeries(tmp_path, FixedClock(LONG_OVER)):
        assert aside.exists() == (kept is not None)
    assert len(caplog.records) == 1, "it is told once"


def test_an_hour_of_which_nothing_can_be_read_makes_no_file(tmp_path: Path) -> None:
    with ParquetSeries(tmp_path, FixedClock(START)) as store:
        store.append(START, {"ap-1": {"a": 1.0}})
        torn(*stored(tmp_path))
        assert store.compact(OVER) == 0
    assert stored(tmp_path) == []


@pytest.mark.parametrize("ask", QUESTIONS.values(), ids=QUESTIONS)
def test_trouble_that_is_no_files_own_is_told_and_hides_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ask: Callable[[ParquetSeries], object]
) -> None:
    def exhausted(*_: object) -> None:
        raise OSError(24, "Too many open files")

    with ParquetSeries(tmp_path, FixedClock(START)) as store:
        store.append(START, {"ap-1": {"a": 1.0}})
        (path,) = stored(tmp_path)
        whole = path.read_bytes()
        with monkeypatch.context() as patched:
            patched.setattr(pq, "ParquetFile", exhausted)
            path.write_bytes(b"")  # so that both engines fail
            with pytest.raises(Failed, match=r"series.*Too many open files"):
                ask(store)
        path.write_bytes(whole)
        assert store.history("ap-1", "a", *FOREVER) == [(START, 1.0)]
