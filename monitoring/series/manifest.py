"""Which files hold the series: a small SQLite table, so that files are exchanged in one transaction.

A reader takes the files from here, never from the folder. Files that were replaced stay for a while, as a
query may still read them. What stands in the folder and not here was left by a process that died. What cannot
be read is kept, in a folder of its own, for whoever can mend it.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

from city.errors import Failed
from city.sqlite import durable

GRACE = timedelta(minutes=10)
"""Longer than any query and any write takes."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_BROKEN = "broken"
_TABLE = """
CREATE TABLE IF NOT EXISTS file (
    name TEXT PRIMARY KEY,
    span TEXT NOT NULL,
    first_us INTEGER NOT NULL,
    last_us INTEGER NOT NULL,
    replaced_us INTEGER
) STRICT
"""


class Span(StrEnum):
    """What a file covers; each has a folder of its own."""

    CYCLE = "cycle"
    HOUR = "hour"
    THIN = "thin"


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file with values from `first` to `last`, both inclusive. `name` is its path inside the folder."""

    name: str
    span: Span
    first: datetime
    last: datetime


class Manifest:
    """The files of the series in `folder`. Raises Failed where it cannot be read."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / "manifest.sqlite"
        for name in (*Span, _BROKEN):
            (folder / name).mkdir(parents=True, exist_ok=True)
        with self._database() as database:
            database.execute(_TABLE)

    def live(self, start: datetime, end: datetime) -> tuple[File, ...]:
        """The files that hold all values of [start, end), oldest first."""
        with self._database() as database:
            found = database.execute(
                "SELECT name, span, first_us, last_us FROM file"
                " WHERE replaced_us IS NULL AND last_us >= ? AND first_us < ? ORDER BY first_us, name",
                (_us(start), _us(end)),
            ).fetchall()
        return tuple(
            File(name=name, span=Span(span), first=_time(first), last=_time(last)) for name, span, first, last in found
        )

    def publish(self, file: File, *, instead_of: Sequence[File] = (), now: datetime) -> bool:
        """Show `file`, and no longer those that it replaces, to whoever asks from now on.

        False, and nothing done, where another process has replaced one of them meanwhile, or has taken the
        file for a leftover.
        """
        with self._writing() as database:
            if not (self._folder / file.name).exists():
                return False
            replaced = database.executemany(
                "UPDATE file SET replaced_us = ? WHERE name = ? AND replaced_us IS NULL",
                [(_us(now), old.name) for old in instead_of],
            )
            if instead_of and replaced.rowcount != len(instead_of):
                database.execute("ROLLBACK")
                return False
            database.execute(
                "INSERT INTO file (name, span, first_us, last_us) VALUES (?, ?, ?, ?)",
                (file.name, file.span, _us(file.first), _us(file.last)),
            )
        return True

    def retire(self, files: Sequence[File], now: datetime) -> None:
        """Show these files no longer; `delete_replaced` deletes them when no query can still be reading them."""
        with self._writing() as database:
            database.executemany(
                "UPDATE file SET replaced_us = ? WHERE name = ? AND replaced_us IS NULL",
                [(_us(now), old.name) for old in files],
            )

    def set_aside(self, file: File) -> Path:
        """Show a file that cannot be read no longer, and move it to where this returns; it may be gone already."""
        aside = self._folder / _BROKEN / Path(file.name).name
        with self._writing() as database:
            taken = database.execute("DELETE FROM file WHERE name = ? AND replaced_us IS NULL", (file.name,))
            if taken.rowcount:
                with suppress(FileNotFoundError):
                    (self._folder / file.name).replace(aside)
        return aside

    def delete_replaced(self, now: datetime) -> None:
        """Delete what no query can still be reading."""
        before = (_us(now - GRACE),)
        with self._writing() as database:
            for (name,) in database.execute("SELECT name FROM file WHERE replaced_us < ?", before).fetchall():
                (self._folder / name).unlink(missing_ok=True)
            database.execute("DELETE FROM file WHERE replaced_us < ?", before)

    def delete_unfinished(self, now: datetime) -> None:
        """Delete what was left a while ago by a process that died.

        No file can be published meanwhile: whoever would, waits, and then finds it gone.
        """
        before = (now - GRACE).timestamp()
        with self._writing() as database:
            known = {name for (name,) in database.execute("SELECT name FROM file")}
            for path in self._unfinished(known):
                with suppress(FileNotFoundError):  # whoever writes it was done meanwhile
                    if path.stat().st_mtime < before:
                        path.unlink()

    def _unfinished(self, known: set[str]) -> Iterator[Path]:
        for span in Span:
            yield from (path for path in (self._folder / span).iterdir() if f"{span}/{path.name}" not in known)

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._database() as database:
            database.execute("BEGIN IMMEDIATE")
            yield database
            if database.in_transaction:
                database.execute("COMMIT")

    @contextmanager
    def _database(self) -> Iterator[sqlite3.Connection]:
        """A connection for this one use: threads and processes share nothing but the file."""
        try:
            database = sqlite3.connect(self._path)
            try:
                durable(database)
                yield database
            finally:
                database.close()
        except sqlite3.DatabaseError as error:
            raise Failed(
                f"series {self._path}", f"it cannot be used ({error})", "Restore it from a backup, or move it away."
            ) from error


def _us(at: datetime) -> int:
    return (at - _EPOCH) // _MICROSECOND


def _time(us: int) -> datetime:
    return _EPOCH + us * _MICROSECOND
