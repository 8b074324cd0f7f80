"""How a city's clouds change, as city.yaml declares it; what it leaves out is the default."""

from datetime import timedelta

from city.load.kinds import DURATION, choice
from city.load.record import Record
from city.model.changes import Changes
from city.model.places import SiteRole

_SHORTEST, _LONGEST = timedelta(minutes=1), timedelta(hours=1)
_CLOUD = (SiteRole.DATACENTRE, SiteRole.RECOVERY)
_DEFAULT = Changes()


def read_changes(record: Record) -> Changes:
    """From the record of the key `changes`."""
    found = Changes(
        first=record.get("first", choice(SiteRole), default=_DEFAULT.first),
        health_within=record.get("health_within", DURATION, default=_DEFAULT.health_within),
    )
    if record.is_good("first") and found.first not in _CLOUD:
        record.defect("first", f"no cloud is at a {found.first}", f"Write {' or '.join(_CLOUD)}.")
    if record.is_good("health_within") and not _SHORTEST <= found.health_within <= _LONGEST:
        record.defect("health_within", "health_within is not from 1 m to 1 h", "Write one of these, as in `5m`.")
    record.finish()
    return found
