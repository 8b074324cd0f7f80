"""Parquet files of observed values: a row for each device and moment, a column for each series.

A file appears under its name whole and durable, or not at all. Values are 64-bit floats; a device without
a value has none in its row. The two columns that are no series have names that no series can have.
"""

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

DEVICE, AT = "[device]", "[at]"
TEMPORARY = ".tmp"
_MOMENT = pa.timestamp("us", "UTC")
_ROWS_PER_GROUP = 122_880

Rows = Mapping[str, Mapping[str, float]]


def table(at: datetime, rows: Rows) -> pa.Table:
    """What one cycle saw at `at`, zone-aware; devices without a value are left out."""
    seen = {device: values for device, values in sorted(rows.items()) if values}
    keys = sorted({key for values in seen.values() for key in values})
    identity = (pa.array(seen, pa.string()), pa.array([at] * len(seen), _MOMENT))
    values = (pa.array([row.get(key) for row in seen.values()], pa.float64()) for key in keys)
    return pa.table([*identity, *values], names=[DEVICE, AT, *keys])


def merged(paths: Sequence[Path]) -> pa.Table:
    """All rows of `paths`, those of a device together and in order of time."""
    found = pa.concat_tables([_read(path) for path in paths], promote_options="default")
    return found.sort_by([(DEVICE, "ascending"), (AT, "ascending")])


def write(content: pa.Table, path: Path) -> None:
    """Raises OSError where there is no room; then nothing is left behind."""
    temporary = path.with_name(path.name + TEMPORARY)
    try:
        with temporary.open("xb") as file:
            _encode(content, file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError:
        with suppress(OSError):
            temporary.unlink()
        raise
    _settle(path.parent)


def _read(path: Path) -> pa.Table:
    with pq.ParquetFile(path) as file:
        return file.read()


def _encode(content: pa.Table, file: BinaryIO) -> None:
    """Statistics of the first two columns only: those are searched by, and the rest would swell the footer."""
    values = [name for name in content.column_names if name not in {DEVICE, AT}]
    pq.write_table(
        content,
        file,
        compression="zstd",
        compression_level=3,
        row_group_size=_ROWS_PER_GROUP,
        use_dictionary=[DEVICE],  # type: ignore[arg-type]  # the stubs know only all or none
        column_encoding={AT: "DELTA_BINARY_PACKED", **dict.fromkeys(values, "BYTE_STREAM_SPLIT")},
        write_statistics=[DEVICE, AT],
    )


def _settle(folder: Path) -> None:
    """A rename is durable once its folder is."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
