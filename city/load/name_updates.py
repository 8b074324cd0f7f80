"""Who changes a site's names, as sites.yaml declares it."""

from city.load.kinds import ADDRESS, KEY_NAME, PORT, SECRET_REF, choice
from city.load.record import Record
from city.model.name_updates import DNS_PORT, Algorithm, NameUpdates


def read_name_updates(record: Record) -> NameUpdates:
    """From the record of the key `name_updates`."""
    found = NameUpdates(
        server=record.get("server", ADDRESS),
        port=record.get("port", PORT, default=DNS_PORT),
        key=record.get("key", KEY_NAME),
        algorithm=record.get("algorithm", choice(Algorithm), default=Algorithm.SHA256),
        secret=record.get("secret", SECRET_REF),
    )
    record.finish()
    return found
