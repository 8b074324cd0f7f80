"""How a service's data are kept, as the city's data say it; what they leave out is the default."""

from datetime import timedelta

from city.load.kinds import DURATION, SLUG
from city.load.record import Record
from city.model.services import Backup, RecoveryTimes

_KEPT, _TIMES = Backup(to="-"), RecoveryTimes()
_MINUTE = timedelta(minutes=1)


def read_backup(record: Record) -> Backup:
    """From the record of the key `backup`: where to, how often, and how long a copy is kept."""
    backup = Backup(
        to=record.get("to", SLUG),
        every=record.get("every", DURATION, default=_KEPT.every),
        keep=record.get("keep", DURATION, default=_KEPT.keep),
    )
    if record.is_good("every") and backup.every < _MINUTE:
        record.defect("every", "no backup is made so often", "Write a minute or more, as in `1h`.")
    if record.is_good("every", "keep") and backup.keep < backup.every:
        problem = "a copy is gone before the next is made"
        record.defect("keep", problem, "Keep each copy longer than the time between two.")
    record.finish()
    return backup


def read_recovery_times(record: Record) -> RecoveryTimes:
    """From the record of the key `recovery`; what stands less ready never takes less time."""
    times = RecoveryTimes(
        warm=record.get("warm", DURATION, default=_TIMES.warm),
        pilot_light=record.get("pilot-light", DURATION, default=_TIMES.pilot_light),
        cold=record.get("cold", DURATION, default=_TIMES.cold),
    )
    if record.is_good("warm", "pilot-light", "cold"):
        for key, less, more in (
            ("pilot-light", times.warm, times.pilot_light),
            ("cold", times.pilot_light, times.cold),
        ):
            if more < less:
                problem = f"{key} is back sooner than what stands more ready"
                record.defect(key, problem, "Let warm be the shortest, and cold the longest.")
    record.finish()
    return times
