"""What the hosts of databases say in numbers, as rows of the series: one for each database and site.

A row is called `database:SERVICE@SITE`; no device's id has a colon.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from monitoring.series.files import DEVICE, KEY, VALUE

STREAMS, LAG, ARCHIVES = "databaseStreams", "databaseLagSeconds", "databaseArchives"
BACKUP, RESTORED, RESTORED_WELL = "databaseBackupEndSeconds", "databaseRestoreTestSeconds", "databaseRestoreTestGood"
STANDBY, SLOT_LOST = "databaseStandby", "databaseSlotLost"
KEYS = frozenset({STREAMS, LAG, ARCHIVES, BACKUP, RESTORED, RESTORED_WELL, STANDBY, SLOT_LOST})
_PREFIX = "database:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the host of a service's database at a site said; None is what it does not know.

    Only who keeps copies archives what is written.
    """

    service: str
    site: str
    standby: bool
    streams: bool
    archives: bool | None
    lag: timedelta | None
    backup_at: datetime | None
    restored_at: datetime | None
    restored_well: bool | None
    slot_lost: bool | None = None


def readings(told: Iterable[Told]) -> dict[str, dict[str, float]]:
    """What is not known is left out, never zero."""
    return {f"{_PREFIX}{one.service}@{one.site}": dict(_numbers(one)) for one in told}


def _numbers(one: Told) -> Iterator[tuple[str, float]]:
    numbers: Mapping[str, float | None] = {
        STANDBY: one.standby,
        STREAMS: one.streams,
        SLOT_LOST: one.slot_lost,
        ARCHIVES: one.archives,
        LAG: None if one.lag is None else one.lag.total_seconds(),
        BACKUP: _seconds(one.backup_at),
        RESTORED: _seconds(one.restored_at),
        RESTORED_WELL: one.restored_well,
    }
    for key, value in numbers.items():
        if value is not None:
            yield key, float(value)


def _seconds(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp()


def of_databases(newest: pa.Table) -> Iterator[tuple[str, str, str, float]]:
    """Service, site, key and value of each reading of a database among the newest (device, key, value)."""
    rows = newest.filter(pc.starts_with(newest[DEVICE].cast(pa.string()), _PREFIX))
    texts = [rows[name].cast(pa.string()).to_pylist() for name in (DEVICE, KEY)]
    for row, key, value in zip(*texts, rows[VALUE].to_pylist(), strict=True):
        service, _, site = str(row).removeprefix(_PREFIX).partition("@")
        if key in KEYS:
            yield service, site, str(key), value
