"""The database that a ledger is kept in: opened, brought to today's tables, and its trouble told as the ledger's.

SQLite in WAL mode with `synchronous=FULL`: what was committed survives kill -9 and power loss, and readers never
wait for the writer. Nothing outside this module knows that it is SQLite.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import Connection as SqliteConnection

from alembic import command
from alembic.config import Config
from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DatabaseError

from city.errors import Failed
from city.sqlite import durable

_ROOM = "See whether its disk is full, or somebody else holds it."


class Database:
    """The one at `where`: a URL of SQLAlchemy, or the path of a SQLite file, whatever characters that has."""

    def __init__(self, where: str | Path) -> None:
        self.name = f"ledger {where}"
        self._engine = _engine(URL.create("sqlite", database=str(where)) if isinstance(where, Path) else where)

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def migrating(self) -> Iterator[Connection]:
        """A transaction in which the tables are made or migrated first. Raises Failed where it cannot be opened."""
        with self._told("opened", "Restore it from a backup, or move it away."), self._transaction() as connection:
            _migrate(connection)
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction: all of it is kept, or nothing. Raises Failed where it cannot be written."""
        with self._told("written", _ROOM), self._transaction() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Each statement sees one moment. Raises Failed where it cannot be read."""
        with self._told("read", _ROOM), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        with self._engine.connect() as connection:
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql("BEGIN IMMEDIATE")  # two writers take turns instead of failing half-way
            yield connection
            connection.commit()

    @contextmanager
    def _told(self, done: str, remedy: str) -> Iterator[None]:
        try:
            yield
        except DatabaseError as error:
            raise Failed(self.name, f"it cannot be {done} ({error.orig})", remedy) from error


def _engine(url: str | URL) -> Engine:
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _connected)
    return engine


def _connected(connection: SqliteConnection, _record: object) -> None:
    durable(connection)
    connection.execute("PRAGMA foreign_keys=ON")


def _migrate(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
