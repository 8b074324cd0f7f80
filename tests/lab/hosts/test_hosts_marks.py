"""What the application keeps in its database: at the side that takes writes, and never without end."""

import socket
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import pytest

from lab.hosts.inside import marks
from lab.hosts.inside.marks import Marks, UnavailableError


@dataclass
class Server:
    """A database's host, as libpq shows it: `writes` or not, and perhaps silent."""

    writes: bool = True
    silent: bool = False
    rows: list[tuple[int, str]] = field(default_factory=list)
    asked: int = 0


@dataclass
class Line:
    """A connection, as psycopg2 has it, over real sockets."""

    server: Server
    ends: tuple[socket.socket, socket.socket] = field(default_factory=socket.socketpair)
    description: Any = (("number",), ("token",), ("at",))
    found: list[tuple[Any, ...]] = field(default_factory=list)

    def fileno(self) -> int:
        return self.ends[0].fileno()

    def cursor(self) -> "Line":
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Commits."""

    def close(self) -> None:
        for end in self.ends:
            end.close()

    def execute(self, query: str, values: tuple[Any, ...] = ()) -> None:
        if self.server.silent and self.ends[0].recv(1) == b"":
            raise OSError("server closed the connection")
        if not self.server.writes:
            raise OSError("session is read-only\nand more")
        rows = self.server.rows
        if query.startswith("insert"):
            new = values[0] not in {token for _, token in rows}
            self.found = [(len(rows) + 1, values[0], "now")] if new else []
            rows.extend((number, token) for number, token, _ in self.found)
        elif query.startswith("select number"):
            self.found = [(number, token, "now") for number, token in rows if values[0] in {token, number - 1}]

    def fetchall(self) -> list[tuple[Any, ...]]:
        return self.found


@dataclass
class Pair:
    here: Server = field(default_factory=Server)
    there: Server = field(default_factory=lambda: Server(writes=False))
    lines: list[Line] = field(default_factory=list)

    def connect(self, **told: Any) -> Line:  # noqa: ANN401 - what libpq takes
        assert told["target_session_attrs"] == "read-write" and told["sslmode"] == "verify-ca"
        server = {"here": self.here, "there": self.there}[told["host"]]
        server.asked += 1
        if not server.writes:
            raise OSError("session is read-only")
        self.lines.append(Line(server))
        return self.lines[-1]


@pytest.fixture
def pair() -> Any:  # noqa: ANN401 - a generator
    found = Pair()
    yield found
    for line in found.lines:
        line.close()


def kept_by(pair: Pair) -> Marks:
    return Marks("portal", ["here", "there"], "portal-1", pair.connect)


def test_a_token_has_one_row_and_a_connection_serves_many(pair: Pair) -> None:
    kept = kept_by(pair)
    assert kept.add("one") == (True, {"number": 1, "token": "one", "at": "now"})
    assert kept.add("one") == (False, {"number": 1, "token": "one", "at": "now"})
    assert kept.since(0, 5) == [{"number": 1, "token": "one", "at": "now"}]
    assert (pair.here.asked, pair.there.asked) == (1, 0)


def test_after_a_promotion_the_other_side_is_found_and_asked_first_from_then_on(pair: Pair) -> None:
    kept = kept_by(pair)
    kept.writable()
    pair.here.writes, pair.there.writes = False, True
    kept.add("one")
    assert pair.there.rows == [(1, "one")] and pair.here.rows == []
    pair.lines[-1].close()
    kept.writable()
    assert (pair.here.asked, pair.there.asked) == (2, 2)


def test_where_no_side_takes_writes_each_says_why(pair: Pair) -> None:
    pair.here.writes = False
    with pytest.raises(UnavailableError, match=r"^session is read-only; session is read-only$"):
        kept_by(pair).writable()


def test_a_database_that_says_nothing_is_left_after_a_while(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(marks, "_PATIENCE_S", 0.1)
    pair.here.silent = True
    with pytest.raises(UnavailableError, match=r"closed the connection; session is read-only"):
        kept_by(pair).writable()


def test_no_connection_is_left_open_that_nobody_uses(pair: Pair) -> None:
    kept = kept_by(pair)
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(5):
        kept.writable()
    assert len(list(Path("/proc/self/fd").iterdir())) == before + 2
