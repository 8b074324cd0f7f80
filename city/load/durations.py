"""A duration in the one unit in which people would write it."""

from datetime import timedelta

_UNITS = ((86400, "d"), (3600, "h"), (60, "m"), (1, "s"))


def shown(duration: timedelta) -> str:
    """Whole days, hours, minutes or seconds: the largest unit that leaves nothing over."""
    seconds = int(duration.total_seconds())
    size, unit = next((size, unit) for size, unit in _UNITS if seconds % size == 0)
    return f"{seconds // size}{unit}"
