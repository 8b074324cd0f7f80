"""A dashboard that shows what another host observed: it has a copy of that host's ledger, and gets it again and again.

The connection stays. So a load balancer before several observers leads to one of them for as long as that one lives,
and what is shown does not change from one to the other at each look.
"""

import http.client
import logging
import socket
import ssl
import zlib
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from http import HTTPStatus
from ipaddress import IPv4Address
from itertools import count
from pathlib import Path
from threading import Event, Lock, Thread
from urllib.parse import urlsplit

from city.errors import AstyError, Failed
from monitoring.ledger.store import Ledger
from monitoring.snapshot import Snapshot

EVERY = timedelta(seconds=30)
"""Observers look at a city once a minute."""
TAG = "Signature: 8a477f597d28d172789f06886806bc55\n"
"""Who copies a host's files leaves the folder out (bford.info/cachedir): in it are copies that come anew."""
_PATIENCE_S = 10.0
_SQLITE = b"SQLite format 3\0"
_LARGEST = 256 * 2**20
_LOG = logging.getLogger(__name__)
Take = Callable[[datetime], Snapshot]


class _Line(http.client.HTTPSConnection):
    """To whoever has that name, at an address that we were told, where we were."""

    def __init__(self, name: str, port: int, context: ssl.SSLContext, at: IPv4Address | None) -> None:
        super().__init__(name, port, timeout=_PATIENCE_S, context=context)
        self._at, self._tls = str(at or name), context

    def connect(self) -> None:
        plain = socket.create_connection((self._at, self.port), self.timeout)
        self.sock = self._tls.wrap_socket(plain, server_hostname=self.host)


class Source:
    """Whom we ask, at an https address: it has to show a certificate for its name that `trust` (a file) vouches for.

    `at` is where that name is reached; None: as a resolver says.
    """

    def __init__(self, url: str, trust: Path, at: IPv4Address | None = None) -> None:
        parts = urlsplit(url)
        self._path, context = parts.path or "/", ssl.create_default_context(cafile=str(trust))
        self._line = _Line(parts.hostname or "", parts.port or 443, context, at)

    def get(self) -> bytes:
        """What is published there now. Raises OSError, HTTPException, and ValueError for what is none."""
        try:
            self._line.request("GET", self._path)
            answer = self._line.getresponse()
            body = answer.read(_LARGEST + 1)
        except BaseException:
            self._line.close()
            raise
        if answer.status != HTTPStatus.OK or len(body) > _LARGEST:
            self._line.close()
            raise ValueError(f"it answers {answer.status} with {len(body)} bytes")
        return _unzipped(body)

    def close(self) -> None:
        self._line.close()


def _unzipped(body: bytes) -> bytes:
    unpacking = zlib.decompressobj(wbits=31)
    try:
        found = unpacking.decompress(body, _LARGEST)
    except zlib.error as error:
        raise ValueError(f"it is not packed as it should be ({error})") from error
    if unpacking.unconsumed_tail or not unpacking.eof:
        raise ValueError("it is cut, or too large")
    if not found.startswith(_SQLITE):
        raise ValueError("it is no ledger")
    return found


class Followed:
    """`take` is a snapshot of the newest copy; until there is one, it raises Failed.

    `opened` opens a file as the ledger, `taker` says how a snapshot is taken of it.
    """

    def __init__(
        self, folder: Path, opened: Callable[[Path], Ledger], taker: Callable[[Ledger], Take], get: Callable[[], bytes]
    ) -> None:
        self._folder, self._opened, self._taker, self._get = folder, opened, taker, get
        folder.mkdir(exist_ok=True)
        (folder / "CACHEDIR.TAG").write_text(TAG, encoding="ascii")
        self._numbers, self._lock, self._stop = count(), Lock(), Event()
        self._shown: tuple[Path, Ledger, Take] | None = None
        for old in folder.glob("followed-*"):
            old.unlink()

    def take(self, at: datetime) -> Snapshot:
        with self._lock:
            if self._shown is None:
                raise Failed("what was observed", "no observer has told us yet", "Look whether any is reached.")
            return self._shown[2](at)

    def pull(self) -> None:
        """Have the newest copy. Trouble is logged, and what is shown stays as old as it is."""
        try:
            told = self._get()
            # A new name for each: beside a file that is replaced, SQLite would find the old one's log.
            file = self._folder / f"followed-{next(self._numbers)}.sqlite"
            file.write_bytes(told)
            self._show(file)
        except (OSError, http.client.HTTPException, ValueError, AstyError) as trouble:
            _LOG.warning("nothing newer is shown: %s", trouble)

    def _show(self, file: Path) -> None:
        try:
            ledger = self._opened(file)
            take = self._taker(ledger)
        except AstyError:
            _forget(file)
            raise
        with self._lock:
            before, self._shown = self._shown, (file, ledger, take)
        if before is not None:
            before[1].close()
            _forget(before[0])

    def follow(self) -> Thread:
        """Pull each `EVERY`, until `end`."""
        following = Thread(target=self._follow, name="follow", daemon=True)
        following.start()
        return following

    def _follow(self) -> None:
        while True:
            self.pull()
            if self._stop.wait(EVERY.total_seconds()):
                return

    def end(self) -> None:
        self._stop.set()
        with self._lock:
            if self._shown is not None:
                self._shown[1].close()


def _forget(file: Path) -> None:
    for name in (file.name, f"{file.name}-wal", f"{file.name}-shm"):
        with suppress(FileNotFoundError):
            file.with_name(name).unlink()
