"""What a city asks of its drills, as city.yaml declares it; what it leaves out is not asked."""

from datetime import timedelta

from city.load.certificates import CERTIFICATE
from city.load.kinds import DURATION, PUBLIC_KEY, WEB_ADDRESS
from city.load.record import Record
from city.model.drilling import Approver, Drilling, Timestamps

_FEWEST = 2
"""A step that changes a real site asks for two persons."""
_SHORTEST, _LONGEST = timedelta(days=1), timedelta(days=3 * 365)


def read_drilling(record: Record) -> Drilling:
    """From the record of the key `drills`."""
    every = record.get("every", DURATION) if record.has("every") else None
    if every is not None and record.is_good("every") and not _SHORTEST <= every <= _LONGEST:
        record.defect("every", "every is not from 1 d to 1095 d", "Write one of these, as in `365d`.")
    found = Drilling(
        approvers=_approvers(record) if record.has("approvers") else (),
        every=every,
        timestamps=_timestamps(record.child("timestamps")) if record.has("timestamps") else None,
    )
    record.finish()
    return found


def _timestamps(record: Record) -> Timestamps:
    found = Timestamps(url=record.get("url", WEB_ADDRESS), authority=record.get("authority", CERTIFICATE))
    record.finish()
    return found


def _approvers(record: Record) -> tuple[Approver, ...]:
    persons = record.child("approvers")
    found, holders = [], dict[str, str]()
    for person in persons.named():
        one = Approver(name=person.name, key=person.get("key", PUBLIC_KEY))
        material = " ".join(one.key.split()[:2])
        if person.is_good("key") and holders.setdefault(material, one.name) != one.name:
            problem = f"{one.name} has the key of {holders[material]}"
            person.defect("key", problem, "Let each person have a key of their own.")
        person.finish()
        found.append(one)
    if persons.is_good() and len(found) < _FEWEST:
        record.defect("approvers", "fewer than two may agree, and steps ask for two", "Name two persons or more.")
    return tuple(found)
