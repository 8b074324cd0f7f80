"""What a store of series gives as the newest, by device."""

from datetime import UTC, datetime

import pyarrow as pa


def by_device(newest: pa.Table | None) -> dict[str, tuple[datetime, dict[str, float]]]:
    """When the newest row of each device is from, and its values by key."""
    found: dict[str, tuple[datetime, dict[str, float]]] = {}
    for row in [] if newest is None else newest.to_pylist():
        at, values = found.setdefault(row["device"], (row["at"].astimezone(UTC), {}))
        assert (at, row["key"] in values) == (row["at"], False)
        values[row["key"]] = row["value"]
    return found
