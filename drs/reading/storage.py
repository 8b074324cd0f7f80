"""What Cinder shows: volumes, and whose data they hold as of when."""

from collections.abc import Iterator
from datetime import UTC, datetime

from openstack.connection import Connection

from drs.observed import SeenVolume
from drs.reading.state import unless


def volumes(connection: Connection) -> Iterator[SeenVolume]:
    copies = _copies(connection)
    for volume in connection.block_storage.volumes():
        copy_of, data_as_of = copies.get(volume.id, ("", None))
        yield SeenVolume(
            name=volume.name or "",
            service=(volume.metadata or {}).get("service", ""),
            size_gb=volume.size,
            ready=volume.status in {"available", "in-use"},
            attached_to=",".join(sorted(one["server_id"] for one in volume.attachments or ())),
            trouble=unless(volume.status, "available", "in-use"),
            copy_of=copy_of,
            data_as_of=data_as_of,
        )


def _copies(connection: Connection) -> dict[str, tuple[str, datetime | None]]:
    """Whose data each volume holds and as of when, by the volume's id: the newest that its whole snapshots note.

    Not the volume's own properties: those are declared, and a plan would take away what it does not know.
    """
    found: dict[str, tuple[str, datetime | None]] = {}
    for snapshot in connection.block_storage.snapshots():
        properties = snapshot.metadata or {}
        noted = properties.get("copy_of", ""), _moment(properties.get("data_as_of", ""))
        if snapshot.status == "available" and noted[0]:
            found[snapshot.volume_id] = max(found.get(snapshot.volume_id, noted), noted, key=_age)
    return found


def _age(noted: tuple[str, datetime | None]) -> datetime:
    return noted[1] or datetime.min.replace(tzinfo=UTC)


def _moment(text: str) -> datetime | None:
    """None for what is no moment, or does not say in which time zone."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None
