"""`--at TIME`: a moment as an operator writes it."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from city.clock import Clock, SystemClock
from city.errors import InvalidInput


def moment(text: str | None, zone: ZoneInfo, clock: Clock | None = None) -> datetime:
    """ISO 8601, in UTC; written without an offset it is the city's own time. Now where `text` is None.

    Of a moment that has not come nothing is known, and the figures say so. Raises InvalidInput for what is no time.
    """
    if text is None:
        return (clock or SystemClock()).now()
    try:
        at = datetime.fromisoformat(text)
        return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidInput(f"--at {text}", "it is not a time", "Write it as 2030-03-31 or 2030-03-31T14:00.") from error
