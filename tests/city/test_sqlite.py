"""A file that several processes make, open and write at once."""

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Barrier, Timer

import pytest

from city import sqlite
from city.sqlite import durable


@pytest.fixture
def held(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """A new file that somebody writes to: SQLite lets nobody change its mode meanwhile, and waits for none of it."""
    with closing(sqlite3.connect(tmp_path / "a.sqlite", check_same_thread=False, isolation_level=None)) as writer:
        writer.execute("CREATE TABLE seen (what TEXT)")
        writer.execute("BEGIN IMMEDIATE")
        yield writer


def test_what_is_committed_is_on_the_disk(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "a.sqlite")) as database:
        durable(database)
        told = {name: database.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")}
        assert told == {"journal_mode": "wal", "synchronous": 2}
        database.execute("CREATE TABLE seen (what TEXT)")
        assert not database.in_transaction, "a transaction begins where we say so"


def test_one_waits_for_whoever_holds_the_file(held: sqlite3.Connection, tmp_path: Path) -> None:
    letting_go = Timer(0.1, lambda: held.execute("COMMIT"))
    with closing(sqlite3.connect(tmp_path / "a.sqlite")) as database:
        letting_go.start()
        durable(database)
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    letting_go.join()


@pytest.mark.usefixtures("held")
def test_one_does_not_wait_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "PATIENCE_S", 0.05)
    with closing(sqlite3.connect(tmp_path / "a.sqlite")) as database:
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            durable(database)
        assert database.execute("PRAGMA journal_mode").fetchone() == ("delete",)


def test_what_is_no_database_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.sqlite").write_bytes(b"not a database, but long enough to be read as the head of one" * 40)
    with (
        closing(sqlite3.connect(tmp_path / "a.sqlite")) as database,
        pytest.raises(sqlite3.DatabaseError, match="not a database"),
    ):
        durable(database)


@pytest.mark.slow
def test_those_who_make_it_at_once_all_have_it(tmp_path: Path) -> None:
    together = Barrier(4)

    def make(path: Path) -> str:
        with closing(sqlite3.connect(path)) as database:
            together.wait()
            durable(database)
            database.execute("CREATE TABLE IF NOT EXISTS seen (what TEXT)")
            return str(database.execute("PRAGMA journal_mode").fetchone()[0])

    with ThreadPoolExecutor(4) as several:
        for attempt in range(25):
            assert set(several.map(make, [tmp_path / f"{attempt}.sqlite"] * 4)) == {"wal"}
