"""Runs inside a guest, for the stand-in of an application: what it keeps in its database. Guest's Python only.

Of the two hosts of a database one takes writes. Which one that is may change at any moment, so nobody tells the
application: it asks each (target_session_attrs of libpq), and begins with the one that took writes last. Nothing waits
without end: neither for a host that is silent, nor for one whose kernel answers and whose database does not.
"""

import contextlib
import os
import socket
import threading
from collections.abc import Callable, Iterator
from queue import Empty, Full, LifoQueue
from typing import Any, TypeVar

FOLDER = "/etc/ssl/service"
_PATIENCE_S = 3.0
_IDLE = 4
_TABLE = """create table if not exists marks(
    number bigint generated always as identity primary key, token text not null unique,
    at timestamptz not null default now(), server text not null)"""
_MARK = "insert into marks(token, server) values (%s, %s) on conflict (token) do nothing returning number, token, at"
_MARKED = "select number, token, at from marks where token = %s"
_SINCE = "select number, token, at, server from marks where number > %s order by number limit %s"
_WRITES = "select pg_logical_emit_message(true, 'readyz', '')"
"""A transaction that is committed, flushed and streamed as any other, and changes no table."""

T = TypeVar("T")
Connection = Any
"""psycopg2's, which ships without types."""
Connect = Callable[..., Connection]


class UnavailableError(Exception):
    """No database takes it now; says why."""


class Marks:
    """Rows in the database `name` at `hosts`, for the application on `server`."""

    def __init__(self, name: str, hosts: list[str], server: str, connect: Connect) -> None:
        self.name, self._hosts, self._server, self._connect = name, hosts, server, connect
        self._idle: LifoQueue[Connection] = LifoQueue(_IDLE)

    def writable(self) -> None:
        """Returns once a transaction was committed. Raises UnavailableError."""
        self.do(lambda cursor: cursor.execute(_WRITES))

    def add(self, token: str) -> tuple[bool, dict[str, Any]]:
        """The row of this token, committed; whether it is new. Raises UnavailableError."""
        return self.do(lambda cursor: self._added(cursor, token))

    def since(self, number: int, limit: int) -> list[dict[str, Any]]:
        """Rows after that number, in order. Raises UnavailableError."""
        return self.do(lambda cursor: _rows(cursor, _SINCE, (number, limit)))

    def _added(self, cursor: Connection, token: str) -> tuple[bool, dict[str, Any]]:
        if made := _rows(cursor, _MARK, (token, self._server)):
            return True, made[0]
        return False, _rows(cursor, _MARKED, (token,))[0]

    def do(self, action: Callable[[Any], T]) -> T:
        """In one transaction, at the side that takes writes. Raises UnavailableError.

        One that an idle connection breaks is done again over a new one: each has to bear being repeated.
        """
        with contextlib.suppress(Empty, UnavailableError):
            return self._over(self._idle.get_nowait(), action)
        return self._over(self._open(), action)

    def _over(self, connection: Connection, action: Callable[[Any], T]) -> T:
        try:
            with bounded(connection), connection, connection.cursor() as cursor:
                done = action(cursor)
        except Exception as error:
            connection.close()
            raise UnavailableError(_first_line(error)) from error
        try:
            self._idle.put_nowait(connection)
        except Full:
            connection.close()
        return done

    def _open(self) -> Connection:
        said = []
        for host in tuple(self._hosts):
            try:
                connection = self._prepared(self._connect(**told(self.name, host, self._server)))
            except Exception as error:  # noqa: BLE001 - of psycopg2, which is not there where this file is checked
                said.append(_first_line(error))
                continue
            self._hosts.remove(host)
            self._hosts.insert(0, host)
            return connection
        raise UnavailableError("; ".join(said))

    def _prepared(self, connection: Connection) -> Connection:
        try:
            with bounded(connection), connection, connection.cursor() as cursor:
                cursor.execute(_TABLE)
        except BaseException:
            connection.close()
            raise
        return connection


def told(name: str, host: str, server: str) -> dict[str, Any]:
    """How libpq finds the side that takes writes, and proves by its certificate who asks."""
    return {
        "host": host,
        "dbname": name,
        "user": name,
        "application_name": server,
        "target_session_attrs": "read-write",
        "connect_timeout": 2,
        "tcp_user_timeout": 3000,
        "sslmode": "verify-ca",
        "sslrootcert": f"{FOLDER}/trust.pem",
        "sslcert": f"{FOLDER}/chain.pem",
        "sslkey": f"{FOLDER}/key.pem",
    }


@contextlib.contextmanager
def bounded(connection: Connection) -> Iterator[None]:
    """After a while the line is cut, so that whoever waits for an answer hears that none comes."""
    line = socket.socket(fileno=os.dup(connection.fileno()))
    timer = threading.Timer(_PATIENCE_S, _cut, [line])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        line.close()


def _cut(line: socket.socket) -> None:
    with contextlib.suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__


def _rows(cursor: Connection, query: str, values: tuple[Any, ...]) -> list[dict[str, Any]]:
    cursor.execute(query, values)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
