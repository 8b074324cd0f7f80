"""How long what was observed is kept, as city.yaml declares it; what it leaves out is the default."""

from datetime import timedelta

from city.load.kinds import DURATION
from city.load.record import Record
from city.model.retention import Retention

_SHORTEST = timedelta(days=1)
_LONGEST = timedelta(days=36500)
_DEFAULT = Retention()


def read_retention(record: Record) -> Retention:
    """From the record of the key `retention`."""
    found = Retention(
        series_full=_time(record, "series_full", _DEFAULT.series_full),
        series=_time(record, "series", _DEFAULT.series),
        evidence=_time(record, "evidence", _DEFAULT.evidence),
        plans=_time(record, "plans", _DEFAULT.plans),
        pushes=_time(record, "pushes", _DEFAULT.pushes),
    )
    if record.is_good("series", "series_full") and found.series < found.series_full:
        problem = "series are kept for less time than every value of them"
        record.defect("series", problem, "Give series at least the time of series_full.")
    record.finish()
    return found


def _time(record: Record, key: str, default: timedelta) -> timedelta:
    found = record.get(key, DURATION, default=default)
    if record.is_good(key) and found < _SHORTEST:
        record.defect(key, f"{key} is less than a day", "Write a day or more, as in `30d`.")
    if found > _LONGEST:
        record.defect(key, f"{key} is more than a century", f"Write at most {_LONGEST.days}d.")
    return found
