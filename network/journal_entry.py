"""What a journal of pushes keeps, and the tables that it keeps it in."""

import json
import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import (
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
    exists,
    inspect,
    select,
)
from sqlalchemy.dialects.sqlite import insert

from network.seal import Seal
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
PUSHES = Table(
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
LEASES = Table(
    "leases",
    _METADATA,
    Column("device", String, primary_key=True),
    Column("owner", String, nullable=False),
    Column("expires", String, nullable=False),
)
_HERE = (PUSHES.c.run == bindparam("of_run")) & (PUSHES.c.device == bindparam("of_device"))
RELEASE = LEASES.delete().where(LEASES.c.device == bindparam("of_device"), LEASES.c.owner == bindparam("of_run"))
OWN = select(PUSHES.c.stage, PUSHES.c.reason).where(_HERE)
HELD = select(LEASES).where(LEASES.c.device == bindparam("of_device"))
TAKE = insert(LEASES)
TAKE = TAKE.on_conflict_do_update(
    index_elements=["device"], set_={"owner": TAKE.excluded.owner, "expires": TAKE.excluded.expires}
)
OPEN = [stage.value for stage in Stage if stage not in FINAL]
NOT_YET = [stage.value for stage in NOT_BEGUN]
MOVE = PUSHES.update().where(_HERE & PUSHES.c.stage.in_(OPEN))


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


def make(database: Connection) -> None:
    """The tables, without the two columns that journals once had."""
    _METADATA.create_all(database)
    there = {column["name"] for column in inspect(database).get_columns(PUSHES.name)}
    for column in sorted(there & {"attempt", "sent"}):
        database.exec_driver_sql(f"ALTER TABLE {PUSHES.name} DROP COLUMN {column}")


def held_for(pushes: ColumnElement[bool]) -> ColumnElement[bool]:
    """The leases that such pushes hold."""
    return exists().where(pushes, PUSHES.c.device == LEASES.c.device, PUSHES.c.run == LEASES.c.owner)


def row_of(entry: Entry, at: datetime, seal: Seal) -> dict[str, str]:
    return {
        "run": entry.run,
        "device": entry.device,
        "platform": entry.platform,
        "stage": entry.stage.value,
        "running_digest": entry.running_digest,
        "intended": seal.close(entry.intended),
        "diff": json.dumps(entry.diff, ensure_ascii=False),
        "backup": seal.close(entry.backup),
        "reason": entry.reason,
        "at": iso(at),
    }


def entry_of(row: Row[Any], seal: Seal) -> Entry:
    """Raises Refused where another key sealed it."""
    return Entry(
        run=row.run,
        device=row.device,
        platform=row.platform,
        stage=Stage(row.stage),
        running_digest=row.running_digest,
        intended=seal.open(row.intended),
        diff=tuple(json.loads(row.diff)),
        backup=seal.open(row.backup),
        reason=row.reason,
        at=row.at,
    )


def iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")
