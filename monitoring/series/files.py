"""Parquet files of observed values: a row for each value, with its device, the key of its series and its moment.

A file appears under its name whole and durable, or not at all. Values are 64-bit floats. A device that shows much
costs what it shows: were there a column for each key, every other device would have a place in it.
"""

import errno
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

DEVICE, KEY, AT, VALUE = "device", "key", "at", "value"
TEMPORARY = ".tmp"
_MOMENT = pa.timestamp("us", "UTC")
_NAME = pa.dictionary(pa.int32(), pa.string())
_SCHEMA = pa.schema([(DEVICE, _NAME), (KEY, _NAME), (AT, _MOMENT), (VALUE, pa.float64())])
_ROWS_PER_GROUP = 122_880

Rows = Mapping[str, Mapping[str, float]]


def table(at: datetime, rows: Rows) -> pa.Table:
    """What one cycle saw at `at`, zone-aware."""
    devices, keys = sorted(rows), sorted({key for row in rows.values() for key in row})
    place = {key: number for number, key in enumerate(keys)}
    values = [value for device in devices for value in rows[device].values()]
    of_device = pa.array([number for number, device in enumerate(devices) for _ in rows[device]], pa.int32())
    of_key = pa.array([place[key] for device in devices for key in rows[device]], pa.int32())
    columns = (
        pa.DictionaryArray.from_arrays(of_device, pa.array(devices, pa.string())),
        pa.DictionaryArray.from_arrays(of_key, pa.array(keys, pa.string())),
        pa.repeat(pa.scalar(at, _MOMENT), len(values)),
        pa.array(values, pa.float64()),
    )
    return pa.table([*columns], schema=_SCHEMA)


def merged(paths: Sequence[Path]) -> pa.Table:
    """All values of `paths`, those of a series together and in order of time."""
    found = pa.concat_tables([_read(path) for path in paths]).unify_dictionaries().combine_chunks()
    places = {name: found[name].chunk(0).indices for name in (DEVICE, KEY)}  # type: ignore[attr-defined]  # not in the stubs
    order = pa.table({**places, AT: found[AT]})
    return found.take(pc.sort_indices(order, [(name, "ascending") for name in order.column_names]))


def last_of_each(path: Path) -> pa.Table:
    """The last value of each series of a file that `merged` made."""
    names = [pa.field(name, pa.string()) for name in (DEVICE, KEY)]
    plain = _read(path).cast(pa.schema([*names, _SCHEMA.field(AT), _SCHEMA.field(VALUE)]))
    found = plain.group_by([DEVICE, KEY], use_threads=False).aggregate([(AT, "last"), (VALUE, "last")])
    columns = [found[DEVICE], found[KEY], found[f"{AT}_last"], found[f"{VALUE}_last"]]
    encoded = [column.combine_chunks().dictionary_encode() for column in columns[:2]]
    return pa.table([*encoded, *columns[2:]], names=_SCHEMA.names).cast(_SCHEMA)


def broken(path: Path) -> str:
    """What is wrong with the file; empty where it can be read. Raises OSError for trouble that is not the file's."""
    try:
        _read(path)
    except FileNotFoundError:
        return "it is gone"
    except pa.ArrowInvalid as error:
        return str(error)
    except OSError as error:
        if error.errno not in {None, errno.EIO}:  # Arrow's own have no number
            raise
        return str(error)
    return ""


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
        if not file.schema_arrow.equals(_SCHEMA):
            raise pa.ArrowInvalid("its columns are not those of a series")
        return file.read()


def _encode(content: pa.Table, file: BinaryIO) -> None:
    """Statistics of what is searched by."""
    pq.write_table(
        content,
        file,
        compression="zstd",
        compression_level=3,
        row_group_size=_ROWS_PER_GROUP,
        use_dictionary=[DEVICE, KEY],  # type: ignore[arg-type]  # the stubs know only all or none
        column_encoding={AT: "DELTA_BINARY_PACKED", VALUE: "BYTE_STREAM_SPLIT"},
        write_statistics=[DEVICE, KEY, AT],
    )


def _settle(folder: Path) -> None:
    """A rename is durable once its folder is."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
