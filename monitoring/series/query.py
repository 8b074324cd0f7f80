"""What is asked of the series: DuckDB in memory over a list of Parquet files.

Nothing that is data becomes part of a statement: paths, devices, keys and times are bound.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from glob import escape
from pathlib import Path
from threading import Lock
from typing import Any

import duckdb
import pyarrow as pa
from duckdb import DuckDBPyConnection, DuckDBPyRelation

from city.errors import Failed
from monitoring.series.files import AT, DEVICE, KEY, VALUE

_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "memory_limit": "512MB",
    "threads": 2,
    "temp_directory": "",
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}
_HISTORY = f"""
SELECT "{AT}", "{VALUE}" FROM read_parquet(?, hive_partitioning = false)
WHERE "{DEVICE}" = ? AND "{KEY}" = ? AND "{AT}" >= ? AND "{AT}" < ? ORDER BY "{AT}"
"""  # noqa: S608 - all are constants of this room
_LATEST = f"""
SELECT "{DEVICE}", "{KEY}", "{AT}", "{VALUE}" FROM read_parquet(?, hive_partitioning = false)
WHERE "{AT}" >= ? AND "{AT}" < ? QUALIFY "{AT}" = max("{AT}") OVER (PARTITION BY "{DEVICE}")
"""  # noqa: S608 - as above


class Query:
    """One database in memory; each question has a connection of its own, so threads may ask at once."""

    def __init__(self) -> None:
        self._database: DuckDBPyConnection | None = None
        self._opening = Lock()

    def close(self) -> None:
        if self._database is not None:
            self._database.close()

    def history(
        self, paths: Sequence[Path], device: str, key: str, start: datetime, end: datetime
    ) -> list[tuple[datetime, float]]:
        """The values of one series in [start, end), oldest first; none where nobody has seen such a series."""
        if not paths:
            return []
        with self._asking() as connection:
            found = _columns(connection.sql(_HISTORY, params=[_names(paths), device, key, start, end]))
        return [(_utc(at), value) for at, value in zip(found[AT], found[VALUE], strict=True)]

    def latest(self, paths: Sequence[Path], start: datetime, end: datetime) -> pa.Table | None:
        """Device, key, moment and value of the newest values of each device that has any in [start, end)."""
        if not paths:
            return None
        with self._asking() as connection:
            found: pa.Table = connection.sql(_LATEST, params=[_names(paths), start, end]).to_arrow_table()
        return found

    def _open(self) -> DuckDBPyConnection:
        """Made by the first question: those who only write never need it."""
        with self._opening:
            if self._database is None:
                self._database = duckdb.connect(":memory:", config=_CONFIG)
                self._database.execute("SET parquet_metadata_cache = true")  # a file never changes
            return self._database

    @contextmanager
    def _asking(self) -> Iterator[DuckDBPyConnection]:
        try:
            with self._open().cursor() as connection:
                yield connection
        except duckdb.Error as error:
            raise Failed(
                "series",
                f"they cannot be read ({str(error).partition(chr(10))[0]})",
                "Ask for a shorter time, or mend the disk that they are on.",
            ) from error


def _names(paths: Sequence[Path]) -> list[str]:
    """DuckDB takes each for a pattern, which a folder's own `?` or `[` is not."""
    return [escape(str(path)) for path in paths]


def _columns(relation: DuckDBPyRelation) -> dict[str, list[Any]]:
    found = relation.to_arrow_table()
    return {} if found is None else found.to_pydict()


def _utc(time: datetime) -> datetime:
    return time.astimezone(UTC)
