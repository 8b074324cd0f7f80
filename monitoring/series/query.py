"""What is asked of the series: DuckDB in memory over a list of Parquet files.

Nothing that is data becomes part of a statement: paths, devices, keys and times are bound.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any

import duckdb
from duckdb import ColumnExpression, ConstantExpression, DuckDBPyConnection, DuckDBPyRelation

from city.errors import Failed
from monitoring.series.files import AT, DEVICE

Newest = Mapping[str, tuple[datetime, Mapping[str, float]]]
"""By device: when its newest row is from, and the values in it."""

_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "memory_limit": "512MB",
    "threads": 2,
    "temp_directory": "",
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}
_LATEST = f"""
SELECT * FROM read_parquet(?, union_by_name = true) WHERE "{AT}" >= ?
QUALIFY row_number() OVER (PARTITION BY "{DEVICE}" ORDER BY "{AT}" DESC) = 1
"""  # noqa: S608 - both are constants of this room


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
            seen = connection.read_parquet([str(path) for path in paths], union_by_name=True)
            if key in {DEVICE, AT} or key not in seen.columns:
                return []
            at, value = ColumnExpression(AT), ColumnExpression(key)
            wanted = (ColumnExpression(DEVICE) == ConstantExpression(device)) & value.isnotnull()
            within = (at >= ConstantExpression(start)) & (at < ConstantExpression(end))
            found = _columns(seen.filter(wanted & within).select(at, value).sort(at))
        return [(_utc(time), number) for time, number in zip(found[AT], found[key], strict=True)]

    def latest(self, paths: Sequence[Path], since: datetime) -> Newest:
        """The newest row of each device that has one at `since` or later."""
        if not paths:
            return {}
        with self._asking() as connection:
            found = _columns(connection.sql(_LATEST, params=[[str(path) for path in paths], since]))
        devices, times = found.pop(DEVICE), found.pop(AT)
        rows: list[dict[str, float]] = [{} for _ in devices]
        for key, column in found.items():
            _spread(rows, key, column)
        return {device: (_utc(time), row) for device, time, row in zip(devices, times, rows, strict=True)}

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
                "Move the file that it names away, or restore it from a backup.",
            ) from error


def _columns(relation: DuckDBPyRelation) -> dict[str, list[Any]]:
    found = relation.to_arrow_table()
    return {} if found is None else found.to_pydict()


def _spread(rows: Sequence[dict[str, float]], key: str, column: Sequence[float | None]) -> None:
    for row, value in zip(rows, column, strict=True):
        if value is not None:
            row[key] = value


def _utc(time: datetime) -> datetime:
    return time.astimezone(UTC)
