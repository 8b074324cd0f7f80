"""What pushes did, kept on disk before each step, so that a crash at any moment leaves a question with an answer.

SQLite in WAL mode with synchronous=FULL: what was recorded is there after a power cut. The file
holds device configurations, and is its owner's alone (0600).
"""

import json
import os
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import inf
from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from types import TracebackType
from typing import Any, Self

from sqlalchemy import (
    URL,
    Column,
    ColumnElement,
    Connection,
    Dialect,
    MetaData,
    Row,
    String,
    Table,
    Text,
    TypeDecorator,
    bindparam,
    create_engine,
    event,
    exists,
    inspect,
    select,
)
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import StaticPool

from city.clock import Clock
from city.disk import disk_trouble
from city.sqlite import durable
from network.group_commit import GroupCommit, Work
from network.stages import FINAL, NOT_BEGUN, Stage

_BYTES = re.compile("[\udc80-\udcff]")


class _DeviceText(TypeDecorator[str]):
    """Text as a device wrote it: what is no UTF-8 (PEP 383) is kept as the bytes that came."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ANN401 - text, or bytes
        del dialect
        return value if value is None or not _BYTES.search(value) else value.encode(errors="surrogateescape")

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ANN401 - as above
        del dialect
        return value.decode(errors="surrogateescape") if isinstance(value, bytes) else value


_METADATA = MetaData()
_PUSHES = Table(
    "pushes",
    _METADATA,
    Column("run", String, primary_key=True),
    Column("device", String, primary_key=True),
    Column("platform", String, nullable=False),
    Column("stage", String, nullable=False, index=True),
    Column("running_digest", String, nullable=False),
    Column("intended", _DeviceText, nullable=False),
    Column("diff", Text, nullable=False),
    Column("backup", _DeviceText, nullable=False),
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
_RELEASE = _LEASES.delete().where(_LEASES.c.device == bindparam("of_device"), _LEASES.c.owner == bindparam("of_run"))
_OWN = select(_PUSHES.c.stage, _PUSHES.c.reason).where(_HERE)
_HELD = select(_LEASES).where(_LEASES.c.device == bindparam("of_device"))
_TAKE = insert(_LEASES)
_TAKE = _TAKE.on_conflict_do_update(
    index_elements=["device"], set_={"owner": _TAKE.excluded.owner, "expires": _TAKE.excluded.expires}
)
_OPEN = [stage.value for stage in Stage if stage not in FINAL]
_NOT_BEGUN = [stage.value for stage in NOT_BEGUN]
_MOVE = _PUSHES.update().where(_HERE & _PUSHES.c.stage.in_(_OPEN))


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One device in one run.

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
    backup: str = ""
    reason: str = ""
    at: str = field(default="", compare=False)
    """When it was recorded last, as ISO 8601 has it."""


class Journal:
    """Thread-safe; several processes may open the same file."""

    def __init__(self, path: Path, clock: Clock) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        self.path, self._clock = path, clock
        self._engine = create_engine(
            URL.create("sqlite", database=str(path)), poolclass=StaticPool, connect_args={"check_same_thread": False}
        )
        event.listen(self._engine, "connect", _connected)
        event.listen(self._engine, "begin", _begin_writing)
        self._writer = GroupCommit(self._engine)
        self._write(_make)

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
        rows, now = [self._row(entry) for entry in entries], _iso(self._clock.now())
        others: dict[str, str] = {}

        def write(database: Connection) -> None:
            theirs = _PUSHES.c.device.in_(devices) & (_PUSHES.c.run != run)
            stale = {"stage": Stage.REFUSED.value, "reason": f"run {run} planned it anew", "at": now}
            not_begun = theirs & _PUSHES.c.run.in_(over) & _PUSHES.c.stage.in_(_NOT_BEGUN)
            database.execute(_LEASES.delete().where(_held_for(not_begun)))
            database.execute(_PUSHES.update().where(not_begun), stale)
            found = database.execute(select(_PUSHES.c.device, _PUSHES.c.run).where(theirs, _PUSHES.c.stage.in_(_OPEN)))
            others.update((row.device, row.run) for row in found)
            if rows:
                database.execute(_PUSHES.insert(), rows)

        self._write(write)
        return others

    def move(self, entry: Entry, *, with_backup: bool = False) -> bool:
        """Record where a device has come to; on return it is on the disk. A final stage ends its lease.

        False, and nothing recorded, where somebody closed the entry meanwhile: what is over stays over.
        """
        here = {"of_run": entry.run, "of_device": entry.device}
        row = {"stage": entry.stage.value, "reason": entry.reason, "at": _iso(self._clock.now())}
        row |= {"backup": entry.backup} if with_backup else {}
        moved: list[bool] = []

        def write(database: Connection) -> None:
            moved.append(database.execute(_MOVE, here | row).rowcount == 1)
            if entry.stage in FINAL:
                database.execute(_RELEASE, here)

        self._write(write)
        return moved[-1]

    def lease(self, entry: Entry, seconds: float) -> str:
        """Take the device for the entry's run; empty on success, else why it is not to be had.

        What an earlier run left open on it, once that run's lease has expired, is closed as unknown.
        """
        now, against = self._clock.now(), list[str]()

        def write(database: Connection) -> None:
            own = database.execute(_OWN, {"of_run": entry.run, "of_device": entry.device}).first()
            if own and own.stage not in _OPEN:
                against.append(own.reason)
                return
            found = database.execute(_HELD, {"of_device": entry.device}).first()
            if found and found.owner != entry.run:
                expires = datetime.fromisoformat(found.expires)
                if expires > now:
                    until = f"{expires:%H:%M:%S} UTC"
                    against.append(f"run {found.owner} holds it until {until}; resume that run or wait")
                    return
                _close_earlier(database, entry)
            taken = {"device": entry.device, "owner": entry.run, "expires": _iso(now + timedelta(seconds=seconds))}
            database.execute(_TAKE, taken)

        self._write(write)
        return against[-1] if against else ""

    def age_s(self, entry: Entry) -> float:
        """Seconds since the entry was recorded last; endless for one that never was."""
        return (self._clock.now() - datetime.fromisoformat(entry.at)).total_seconds() if entry.at else inf

    def unfinished(self) -> tuple[Entry, ...]:
        """Every device that a run left in the middle, oldest run first."""
        return self._read(_PUSHES.c.stage.in_(_OPEN))

    def of_run(self, run: str) -> tuple[Entry, ...]:
        return self._read(_PUSHES.c.run == run)

    def _write(self, work: Work) -> None:
        """Raises DiskTrouble where the disk does not take it."""
        try:
            self._writer.write(work)
        except DBAPIError as error:
            raise disk_trouble(error) or error from error

    def _read(self, condition: ColumnElement[bool]) -> tuple[Entry, ...]:
        wanted = select(_PUSHES).where(condition).order_by(_PUSHES.c.run, _PUSHES.c.device)
        found: list[Row[Any]] = []
        self._write(lambda database: found.extend(database.execute(wanted).all()))
        return tuple(map(_entry, found))

    def _row(self, entry: Entry) -> dict[str, str]:
        return {
            "run": entry.run,
            "device": entry.device,
            "platform": entry.platform,
            "stage": entry.stage.value,
            "running_digest": entry.running_digest,
            "intended": entry.intended,
            "diff": json.dumps(entry.diff, ensure_ascii=False),
            "backup": entry.backup,
            "reason": entry.reason,
            "at": _iso(self._clock.now()),
        }


def _make(database: Connection) -> None:
    """The tables, without the two columns that journals once had."""
    _METADATA.create_all(database)
    there = {column["name"] for column in inspect(database).get_columns(_PUSHES.name)}
    for column in sorted(there & {"attempt", "sent"}):
        database.exec_driver_sql(f"ALTER TABLE {_PUSHES.name} DROP COLUMN {column}")


def _held_for(pushes: ColumnElement[bool]) -> ColumnElement[bool]:
    """The leases that such pushes hold."""
    return exists().where(pushes, _PUSHES.c.device == _LEASES.c.device, _PUSHES.c.run == _LEASES.c.owner)


def _close_earlier(database: Connection, entry: Entry) -> None:
    earlier = (_PUSHES.c.device == entry.device) & (_PUSHES.c.run != entry.run) & _PUSHES.c.stage.in_(_OPEN)
    closed = {"stage": Stage.UNKNOWN.value, "reason": f"run {entry.run} took the device over"}
    database.execute(_PUSHES.update().where(earlier), closed)


def _connected(connection: SqliteConnection, _record: object) -> None:
    durable(connection)


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
        running_digest=row.running_digest,
        intended=row.intended,
        diff=tuple(json.loads(row.diff)),
        backup=row.backup,
        reason=row.reason,
        at=row.at,
    )
