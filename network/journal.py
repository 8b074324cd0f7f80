"""What pushes did, kept on disk before each step, so that a crash at any moment leaves a question with an answer.

SQLite in WAL mode with synchronous=FULL: what was recorded is there after a power cut. The file
holds device configurations, and is its owner's alone (0600).
"""

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from types import TracebackType
from typing import Any, Self

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Executable,
    Integer,
    MetaData,
    Row,
    String,
    Table,
    Text,
    bindparam,
    create_engine,
    event,
    select,
)
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.pool import StaticPool

from city.clock import Clock
from network.group_commit import GroupCommit
from network.stages import FINAL, Stage

_METADATA = MetaData()
_PUSHES = Table(
    "pushes",
    _METADATA,
    Column("run", String, primary_key=True),
    Column("device", String, primary_key=True),
    Column("platform", String, nullable=False),
    Column("stage", String, nullable=False, index=True),
    Column("attempt", Integer, nullable=False),
    Column("sent", Integer, nullable=False),
    Column("running_digest", String, nullable=False),
    Column("intended", Text, nullable=False),
    Column("diff", Text, nullable=False),
    Column("backup", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", String, nullable=False),
)
_LEASES = Table(
    "leases",
    _METADATA,
    Column("device", String, primary_key=True),
    Column("owner", String, nullable=False),
    Column("expires", String, nullable=False),
)
_HERE = (_PUSHES.c.run == bindparam("of_run")) & (_PUSHES.c.device == bindparam("of_device"))
_MOVE = _PUSHES.update().where(_HERE)
_RELEASE = _LEASES.delete().where(_LEASES.c.device == bindparam("of_device"), _LEASES.c.owner == bindparam("of_run"))
_HELD = select(_LEASES).where(_LEASES.c.device == bindparam("of_device"))
_TAKE = insert(_LEASES)
_TAKE = _TAKE.on_conflict_do_update(
    index_elements=["device"], set_={"owner": _TAKE.excluded.owner, "expires": _TAKE.excluded.expires}
)
_OPEN = [stage.value for stage in Stage if stage not in FINAL]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One device in one run. `sent` counts how often its lines went out: never above 1.

    `intended` is the part we manage and `backup` all that it showed before, both as the platform
    writes them; `diff` is for eyes, with secrets masked.
    """

    run: str
    device: str
    platform: str
    stage: Stage
    running_digest: str
    intended: str
    diff: tuple[str, ...]
    attempt: int = 1
    sent: int = 0
    backup: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """Nobody but `owner`, a run, may push the device before `expires`."""

    owner: str
    expires: datetime


class Journal:
    """Thread-safe; several processes may open the same file."""

    def __init__(self, path: Path, clock: Clock) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        self.path, self._clock = path, clock
        self._engine = create_engine(
            f"sqlite:///{path}", poolclass=StaticPool, connect_args={"check_same_thread": False, "timeout": 30}
        )
        event.listen(self._engine, "connect", _durable)
        event.listen(self._engine, "begin", _begin_writing)
        self._writer = GroupCommit(self._engine)
        self._writer.write(_METADATA.create_all)

    def close(self) -> None:
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def begin(self, entries: Iterable[Entry]) -> None:
        """Record what a run is going to do, before it does any of it."""
        rows = [self._row(entry) for entry in entries]
        if rows:
            self._writer.write(lambda database: _do(database, _PUSHES.insert(), rows))

    def move(self, entry: Entry, *, with_backup: bool = False) -> None:
        """Record where a device has come to; on return it is on the disk. A final stage ends its lease."""
        here = {"of_run": entry.run, "of_device": entry.device}
        row = {"stage": entry.stage.value, "attempt": entry.attempt, "sent": entry.sent, "reason": entry.reason}
        row |= {"at": _iso(self._clock.now())} | ({"backup": entry.backup} if with_backup else {})

        def write(database: Connection) -> None:
            database.execute(_MOVE, here | row)
            if entry.stage in FINAL:
                database.execute(_RELEASE, here)

        self._writer.write(write)

    def lease(self, entry: Entry, seconds: float) -> Lease | None:
        """Take the device for the entry's run; None on success, else the lease that stands against it.

        What an earlier run left open on it, once that run's lease has expired, is closed as unknown.
        """
        now, against = self._clock.now(), list[Lease]()

        def write(database: Connection) -> None:
            found = database.execute(_HELD, {"of_device": entry.device}).first()
            if found and found.owner != entry.run:
                if datetime.fromisoformat(found.expires) > now:
                    against.append(Lease(owner=found.owner, expires=datetime.fromisoformat(found.expires)))
                    return
                _close_earlier(database, entry)
            taken = {"device": entry.device, "owner": entry.run, "expires": _iso(now + timedelta(seconds=seconds))}
            database.execute(_TAKE, taken)

        self._writer.write(write)
        return against[0] if against else None

    def unfinished(self) -> tuple[Entry, ...]:
        """Every device that a run left in the middle, oldest run first."""
        return self._read(_PUSHES.c.stage.in_(_OPEN))

    def of_run(self, run: str) -> tuple[Entry, ...]:
        return self._read(_PUSHES.c.run == run)

    def _read(self, condition: ColumnElement[bool]) -> tuple[Entry, ...]:
        wanted = select(_PUSHES).where(condition).order_by(_PUSHES.c.run, _PUSHES.c.device)
        found: list[Row[Any]] = []
        self._writer.write(lambda database: found.extend(database.execute(wanted).all()))
        return tuple(map(_entry, found))

    def _row(self, entry: Entry) -> dict[str, str | int]:
        return {
            "run": entry.run,
            "device": entry.device,
            "platform": entry.platform,
            "stage": entry.stage.value,
            "attempt": entry.attempt,
            "sent": entry.sent,
            "running_digest": entry.running_digest,
            "intended": entry.intended,
            "diff": json.dumps(entry.diff, ensure_ascii=False),
            "backup": entry.backup,
            "reason": entry.reason,
            "at": _iso(self._clock.now()),
        }


def _do(database: Connection, statement: Executable, rows: list[dict[str, str | int]]) -> None:
    database.execute(statement, rows)


def _close_earlier(database: Connection, entry: Entry) -> None:
    earlier = (_PUSHES.c.device == entry.device) & (_PUSHES.c.run != entry.run) & _PUSHES.c.stage.in_(_OPEN)
    closed = {"stage": Stage.UNKNOWN.value, "reason": f"run {entry.run} took the device over"}
    database.execute(_PUSHES.update().where(earlier), closed)


def _durable(connection: SqliteConnection, record: object) -> None:
    """WAL with a sync at each commit; transactions are begun by us, not by the driver."""
    del record
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_writing(connection: Connection) -> None:
    """Take the write lock at once: reading first and locking later could fail in between."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")


def _entry(row: Row[Any]) -> Entry:
    return Entry(
        run=row.run,
        device=row.device,
        platform=row.platform,
        stage=Stage(row.stage),
        attempt=row.attempt,
        sent=row.sent,
        running_digest=row.running_digest,
        intended=row.intended,
        diff=tuple(json.loads(row.diff)),
        backup=row.backup,
        reason=row.reason,
    )
