"""SQLite files as every room keeps what must not be lost: what was committed is there after a power cut."""

import sqlite3
import time

PATIENCE_S = 30.0
"""How long one waits for another that holds the file."""
_AGAIN_S = 0.01


def durable(database: sqlite3.Connection) -> None:
    """Set a new connection to a write-ahead log with a sync at each commit, and to transactions that we begin.

    Raises sqlite3.OperationalError where somebody has held the file for longer than `PATIENCE_S`.
    """
    database.isolation_level = None
    database.execute(f"PRAGMA busy_timeout={PATIENCE_S * 1000:.0f}")
    _write_ahead(database)
    database.execute("PRAGMA synchronous=FULL")


def _write_ahead(database: sqlite3.Connection) -> None:
    """Where another writes to a file without such a log, as who makes it does, SQLite refuses this without waiting."""
    until = time.monotonic() + PATIENCE_S
    while True:
        try:
            database.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(_AGAIN_S)
        else:
            return
