"""What the city promised its residents; whoever measures a promise reads the promise's rule."""

from city.load.kinds import DATE, TEXT, number
from city.load.record import Listing, Record, listing
from city.model.promises import Promise


def read_promises(record: Record) -> Listing[Promise]:
    """Every promise, in the order of the file."""
    return listing(record.named(), _promise, complete=record.is_good())


def _promise(record: Record) -> Promise:
    return Promise(
        id=record.name,
        name=record.text("name"),
        target=record.get("target", number(0, 1)),
        due=record.get("due", DATE),
        source=record.get("source", TEXT),
        rule=record.node("rule"),
    )
