"""`--at TIME`: a moment as an operator writes it."""

from datetime import datetime
from zoneinfo import ZoneInfo

from city.clock import Clock, SystemClock
from city.errors import InvalidInput


def moment(text: str | None, zone: ZoneInfo, clock: Clock | None = None) -> datetime:
    """ISO 8601; without an offset it is the city's own time. Now where `text` is None.

    Raises InvalidInput for what is no time, or has not come yet.
    """
    now = (clock or SystemClock()).now()
    if text is None:
        return now
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput(f"--at {text}", "it is not a time", "Write it as 2030-03-31 or 2030-03-31T14:00.") from error
    at = at if at.tzinfo else at.replace(tzinfo=zone)
    if at > now:
        raise InvalidInput(f"--at {text}", "it has not come yet", "Name a moment that was observed.")
    return at
