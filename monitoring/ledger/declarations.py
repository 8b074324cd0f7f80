"""Which data of the city were declared when, by their fingerprint: a row for each change."""

from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from monitoring.ledger.rows import us
from monitoring.ledger.schema import DECLARATION


def declare(connection: Connection, fingerprint: str, at: datetime) -> None:
    """From `at` on these data are declared. What was recorded for later is forgotten: the clock was set back."""
    connection.execute(delete(DECLARATION).where(DECLARATION.c.since_us > us(at)))
    if declared_at(connection, at) != fingerprint:
        connection.execute(delete(DECLARATION).where(DECLARATION.c.since_us == us(at)))
        connection.execute(insert(DECLARATION), {"since_us": us(at), "fingerprint": fingerprint})


def declared_at(connection: Connection, at: datetime) -> str | None:
    """The fingerprint of the data that were declared at a moment; None where nothing had been recorded yet."""
    newest = (
        select(DECLARATION.c.fingerprint)
        .where(DECLARATION.c.since_us <= us(at))
        .order_by(DECLARATION.c.since_us.desc())
        .limit(1)
    )
    found: str | None = connection.execute(newest).scalar()
    return found
