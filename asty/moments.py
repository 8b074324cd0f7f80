"""`--at TIME`: a moment as an operator writes it."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from city.clock import Clock, SystemClock
from city.errors import InvalidInput

_YEARS = range(1970, 3000)


def moment(text: str | None, zone: ZoneInfo, clock: Clock | None = None) -> datetime:
    """ISO 8601, in UTC; written without an offset it is the city's own time. Now where `text` is None.

    Of a moment that has not come nothing is known, and the figures say so. Raises InvalidInput for what is no time,
    or two, as the hour that comes twice when clocks are put back.
    """
    if text is None:
        return (clock or SystemClock()).now()
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput(f"--at {text}", "it is not a time", "Write it as 2030-03-31 or 2030-03-31T14:00.") from error
    if at.year not in _YEARS:
        raise InvalidInput(f"--at {text}", "nobody observed anything then", f"Write a year from {_YEARS[0]}.")
    return (at if at.tzinfo else _local(text, at, zone)).astimezone(UTC)


def _local(text: str, at: datetime, zone: ZoneInfo) -> datetime:
    """The moment at which the clocks of `zone` show `at`."""
    first, second = (at.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if first.utcoffset() == second.utcoffset():
        return first
    if first.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != at:
        raise InvalidInput(f"--at {text}", "no clock showed it: clocks were put forward", "Write an hour later.")
    either = " or ".join(f"{at.isoformat()}{one:%z}" for one in (first, second))
    raise InvalidInput(f"--at {text}", "clocks showed it twice: they were put back", f"Write {either}.")
