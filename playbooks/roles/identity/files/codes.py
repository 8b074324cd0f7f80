"""The codes that were given out and not redeemed yet: each is good once, for a minute, at whichever host it comes to.

Only their digests are kept. Where the service has a database they are in it, so that all hosts of the service at both
sites know them; else in this process.
"""

import hashlib
import json
import threading
import time
from typing import Any, Protocol

LASTS_S = 60
_TABLE = (
    "create table if not exists codes(digest text primary key, kept text not null, until double precision not null)"
)
_FORGET = "delete from codes where until < %s"
_KEEP = "insert into codes(digest, kept, until) values (%s, %s, %s)"
_TAKE = "delete from codes where digest = %s returning kept, until"
Kept = dict[str, Any]


class Codes(Protocol):
    def keep(self, code: str, what: Kept) -> None: ...

    def take(self, code: str) -> Kept | None:
        """What was kept with it; never twice, and nothing once its time is over."""


class InMemory:
    def __init__(self) -> None:
        self._kept: dict[str, tuple[Kept, float]] = {}
        self._lock = threading.Lock()

    def keep(self, code: str, what: Kept) -> None:
        with self._lock:
            now = time.time()
            self._kept = {digest: one for digest, one in self._kept.items() if one[1] > now}
            self._kept[_digest(code)] = what, now + LASTS_S

    def take(self, code: str) -> Kept | None:
        with self._lock:
            what, until = self._kept.pop(_digest(code), ({}, 0.0))
        return what if until > time.time() else None


class InDatabase:
    """`marks` is the application's connection to the service's database; it raises what it raises there."""

    def __init__(self, marks: Any) -> None:  # noqa: ANN401 - marks.Marks of the role `application`
        self._marks = marks

    def keep(self, code: str, what: Kept) -> None:
        def add(cursor: Any) -> None:  # noqa: ANN401 - psycopg2 ships without types
            cursor.execute(_TABLE)
            cursor.execute(_FORGET, (time.time(),))
            cursor.execute(_KEEP, (_digest(code), json.dumps(what), time.time() + LASTS_S))

        self._marks.do(add)

    def take(self, code: str) -> Kept | None:
        def remove(cursor: Any) -> Any:  # noqa: ANN401 - as above
            cursor.execute(_TABLE)
            cursor.execute(_TAKE, (_digest(code),))
            return cursor.fetchone()

        row = self._marks.do(remove)
        return json.loads(row[0]) if row is not None and row[1] > time.time() else None


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
