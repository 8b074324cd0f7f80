"""What a city asks of its drills, as city.yaml declares it; what it leaves out is not asked."""

from dataclasses import dataclass, field
from datetime import timedelta

from city.load.certificates import CERTIFICATE
from city.load.kinds import DURATION, PUBLIC_KEY, SLUG, WEB_ADDRESS
from city.load.record import Record
from city.model.drilling import Approver, Drilling, Exercise, Timestamps, each
from city.model.services import Tier

_FEWEST = 2
"""A step that changes a real site asks for two persons."""
_SHORTEST, _LONGEST = timedelta(days=1), timedelta(days=3 * 365)


@dataclass(frozen=True, slots=True)
class FoundDrilling:
    """`record` is where it was read, for those who check what it names; None where nothing is declared."""

    value: Drilling = field(default_factory=Drilling)
    record: Record | None = None


def read_drilling(record: Record) -> FoundDrilling:
    """From the record of the key `drills`."""
    found = Drilling(
        approvers=_approvers(record) if record.has("approvers") else (),
        every=_every(record) if record.has("every") else (),
        exercises=_exercises(record.child("exercises")) if record.has("exercises") else (),
        timestamps=_timestamps(record.child("timestamps")) if record.has("timestamps") else None,
        journal=record.get("journal", SLUG) if record.has("journal") else "",
    )
    record.finish()
    return FoundDrilling(found, record)


def _every(record: Record) -> tuple[tuple[Tier, timedelta], ...]:
    """One time for all tiers, or one for each of those that are asked."""
    if not isinstance(record.node("every").content, dict):
        return each(_often(record, "every"))
    tiers = record.child("every")
    named = {tier: f"tier-{tier.value}" for tier in Tier}
    found = tuple((tier, _often(tiers, key)) for tier, key in named.items() if tiers.has(key))
    tiers.finish()
    return found


def _often(record: Record, key: str) -> timedelta:
    found = record.get(key, DURATION)
    if record.is_good(key) and not _SHORTEST <= found <= _LONGEST:
        record.defect(key, f"{key} is not from 1 d to 1095 d", "Write one of these, as in `365d`.")
    return found


def _exercises(record: Record) -> tuple[tuple[Exercise, timedelta], ...]:
    found = tuple((exercise, _often(record, exercise)) for exercise in Exercise if record.has(exercise))
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
