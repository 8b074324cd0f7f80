"""Who may agree to a step of a drill, as city.yaml declares it under `drills`."""

from city.load.kinds import PUBLIC_KEY
from city.load.record import Record
from city.model.approvers import Approver

_FEWEST = 2
"""A step that changes a real site asks for two persons."""


def read_approvers(record: Record) -> tuple[Approver, ...]:
    """From the record of the key `drills`."""
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
    record.finish()
    return tuple(found)
