"""What pushes did, kept on disk before each step, so that a crash at any moment leaves a question with an answer.

SQLite in WAL mode with synchronous=FULL: what was recorded is there after a power cut. The file
holds device configurations, and is its owner's alone (0600).
"""

import os
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from math import inf
from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from types import TracebackType
from typing import Any, Self

from sqlalchemy import URL, ColumnElement, Connection, Row, create_engine, event, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import StaticPool

from city.clock import Clock
from city.disk import disk_trouble
from city.sqlite import durable
from network.group_commit import GroupCommit, Work
from network.journal_entry import (
    HELD,
    LEASES,
    MOVE,
    NOT_YET,
    OPEN,
    OWN,
    PUSHES,
    RELEASE,
    TAKE,
    Entry,
    entry_of,
    held_for,
    iso,
    make,
    row_of,
)
from network.seal import Seal
from network.stages import FINAL, Stage


class Journal:
    """Thread-safe; several processes may open the same file."""

    def __init__(self, path: Path, clock: Clock) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        self.path, self._clock, self._seal = path, clock, Seal(path.with_suffix(".key"))
        self._engine = create_engine(
            URL.create("sqlite", database=str(path)), poolclass=StaticPool, connect_args={"check_same_thread": False}
        )
        event.listen(self._engine, "connect", _connected)
        event.listen(self._engine, "begin", _begin_writing)
        self._writer = GroupCommit(self._engine)
        self._write(make)

    def close(self) -> None:
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def begin(
        self, run: str, entries: Iterable[Entry], devices: Collection[str], over: Collection[str] = ()
    ) -> dict[str, str]:
        """Record what a run that planned for `devices` is going to do, before it does any of it.

        What the runs in `over`, whose processes ended, planned for these devices and did not begin is
        closed: it is out of date. Returns the run that has a device open still, by device.
        """
        rows, now = [row_of(entry, self._clock.now(), self._seal) for entry in entries], iso(self._clock.now())
        others: dict[str, str] = {}

        def write(database: Connection) -> None:
            theirs = PUSHES.c.device.in_(devices) & (PUSHES.c.run != run)
            stale = {"stage": Stage.REFUSED.value, "reason": f"run {run} planned it anew", "at": now}
            not_begun = theirs & PUSHES.c.run.in_(over) & PUSHES.c.stage.in_(NOT_YET)
            database.execute(LEASES.delete().where(held_for(not_begun)))
            database.execute(PUSHES.update().where(not_begun), stale)
            found = database.execute(select(PUSHES.c.device, PUSHES.c.run).where(theirs, PUSHES.c.stage.in_(OPEN)))
            others.update((row.device, row.run) for row in found)
            if rows:
                database.execute(PUSHES.insert(), rows)

        self._write(write)
        return others

    def move(self, entry: Entry, *, with_backup: bool = False) -> bool:
        """Record where a device has come to; on return it is on the disk. A final stage ends its lease.

        False, and nothing recorded, where somebody closed the entry meanwhile: what is over stays over.
        """
        here = {"of_run": entry.run, "of_device": entry.device}
        row = {"stage": entry.stage.value, "reason": entry.reason, "at": iso(self._clock.now())}
        row |= {"backup": self._seal.close(entry.backup)} if with_backup else {}
        moved: list[bool] = []

        def write(database: Connection) -> None:
            moved.append(database.execute(MOVE, here | row).rowcount == 1)
            if entry.stage in FINAL:
                database.execute(RELEASE, here)

        self._write(write)
        return moved[-1]

    def lease(self, entry: Entry, seconds: float) -> str:
        """Take the device for the entry's run; empty on success, else why it is not to be had.

        What an earlier run left open on it, once that run's lease has expired, is closed as unknown.
        """
        now, against = self._clock.now(), list[str]()

        def write(database: Connection) -> None:
            own = database.execute(OWN, {"of_run": entry.run, "of_device": entry.device}).first()
            if own and own.stage not in OPEN:
                against.append(own.reason)
                return
            found = database.execute(HELD, {"of_device": entry.device}).first()
            if found and found.owner != entry.run:
                expires = datetime.fromisoformat(found.expires)
                if expires > now:
                    until = f"{expires:%H:%M:%S} UTC"
                    against.append(f"run {found.owner} holds it until {until}; resume that run or wait")
                    return
                _close_earlier(database, entry)
            taken = {"device": entry.device, "owner": entry.run, "expires": iso(now + timedelta(seconds=seconds))}
            database.execute(TAKE, taken)

        self._write(write)
        return against[-1] if against else ""

    def age_s(self, entry: Entry) -> float:
        """Seconds since the entry was recorded last; endless for one that never was."""
        return (self._clock.now() - datetime.fromisoformat(entry.at)).total_seconds() if entry.at else inf

    def unfinished(self) -> tuple[Entry, ...]:
        """Every device that a run left in the middle, oldest run first."""
        return self._read(PUSHES.c.stage.in_(OPEN))

    def of_run(self, run: str) -> tuple[Entry, ...]:
        return self._read(PUSHES.c.run == run)

    def _write(self, work: Work) -> None:
        """Raises DiskTrouble where the disk does not take it."""
        try:
            self._writer.write(work)
        except DBAPIError as error:
            raise disk_trouble(error) or error from error

    def _read(self, condition: ColumnElement[bool]) -> tuple[Entry, ...]:
        wanted = select(PUSHES).where(condition).order_by(PUSHES.c.run, PUSHES.c.device)
        found: list[Row[Any]] = []
        self._write(lambda database: found.extend(database.execute(wanted).all()))
        return tuple(entry_of(row, self._seal) for row in found)


def _close_earlier(database: Connection, entry: Entry) -> None:
    earlier = (PUSHES.c.device == entry.device) & (PUSHES.c.run != entry.run) & PUSHES.c.stage.in_(OPEN)
    closed = {"stage": Stage.UNKNOWN.value, "reason": f"run {entry.run} took the device over"}
    database.execute(PUSHES.update().where(earlier), closed)


def _connected(connection: SqliteConnection, _record: object) -> None:
    durable(connection)


def _begin_writing(connection: Connection) -> None:
    """Take the write lock at once: reading first and locking later could fail in between."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")
