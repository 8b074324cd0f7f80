"""How services are probed, as city.yaml declares it; what it leaves out is the default."""

from dataclasses import dataclass, field
from datetime import timedelta

from city.load.kinds import DURATION, SLUG, whole
from city.load.record import Listing, Record, listing
from city.model.probing import HERE, Probing, VantagePoint

_DEFAULT = Probing()
_MOST_ROUNDS = 10
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class FoundProbing:
    """`points` as they were read, for those who check what they name; empty where none is declared."""

    value: Probing = _DEFAULT
    points: Listing[VantagePoint] = field(default_factory=lambda: Listing(()))


def read_probing(record: Record) -> FoundProbing:
    """From the record of the key `probing`."""
    points = listing(record.child("from").named(), _point, complete=True) if record.has("from") else Listing(())
    value = Probing(
        interval=_time(record, "interval", _DEFAULT.interval),
        deadline=_time(record, "deadline", _DEFAULT.deadline),
        within=_time(record, "within", _DEFAULT.within),
        again=_time(record, "again", _DEFAULT.again),
        failures=record.get("failures", whole(1, _MOST_ROUNDS), default=_DEFAULT.failures),
        rounds=record.get("rounds", whole(1, _MOST_ROUNDS), default=_DEFAULT.rounds),
        points=points.values or (HERE,),
    )
    _check(value, record)
    record.finish()
    return FoundProbing(value, points)


def _point(record: Record) -> VantagePoint:
    network = record.get("network", SLUG) if record.has("network") else ""
    return VantagePoint(id=record.name, name=record.text("name"), network=network)


def _time(record: Record, key: str, default: timedelta) -> timedelta:
    found = record.get(key, DURATION, default=default)
    if record.is_good(key) and found < _SECOND:
        record.defect(key, f"{key} is no time", "Write a second or more, as in `10s`.")
    return found


def _check(value: Probing, record: Record) -> None:
    if record.is_good("deadline", "interval") and value.deadline >= value.interval:
        record.defect("deadline", "the deadline of a look is not over before the next look", "Shorten deadline.")
    if record.is_good("within", "deadline") and value.within >= value.deadline:
        record.defect("within", "an answer cannot be slow before the deadline is over", "Shorten within.")
    if record.is_good("failures", "rounds") and value.failures > value.rounds:
        problem = f"{value.failures} failures of {value.rounds} rounds can never be"
        record.defect("failures", problem, "Write at most as many failures as rounds.")
