"""What a database host without a cluster says at PostgreSQL's port: that its volume is empty, and nothing else.

Who asks and who answers show each other the service's certificate, as PostgreSQL's own two sides do. PostgreSQL is not
there meanwhile: it gets the port once it has a cluster.
"""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable
from typing import Any, Self

TRUST, CERTIFICATE, KEY = (f"/etc/ssl/service/{name}.pem" for name in ("trust", "chain", "key"))
EMPTY = b"this host's volume has no cluster\n"
_WAIT_S = 3.0


class Voice:
    """Answers from the first `speak` to the end of its block; what it says is true at the moment that it says it."""

    def __init__(self, empty: Callable[[], bool]) -> None:
        self._empty = empty
        self._door: socket.socket | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """The port is free afterwards."""
        if self._door is not None and self._thread is not None:
            with contextlib.suppress(OSError):
                self._door.shutdown(socket.SHUT_RDWR)  # wakes who waits for the next caller
            self._thread.join()
            self._door.close()

    def speak(self, address: str, port: int, service: str) -> None:
        """At this host's own address, if there is anything to say. One that it does not have yet is tried again."""
        if self._door is not None or not self._empty():
            return
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with contextlib.suppress(OSError):
            self._door = socket.create_server((address, port), family=family)
            self._thread = threading.Thread(target=self._answer_all, args=(self._door, service), daemon=True)
            self._thread.start()

    def _answer_all(self, door: socket.socket, service: str) -> None:
        while True:
            try:
                line, _ = door.accept()
            except OSError:
                return
            with line, contextlib.suppress(OSError, ValueError):
                line.settimeout(_WAIT_S)
                with _context(ssl.PROTOCOL_TLS_SERVER).wrap_socket(line, server_side=True) as safe:
                    if self._empty() and _common_name(safe) == service:
                        safe.sendall(EMPTY)
                        safe.unwrap()


def says_empty(address: str, port: int, service: str) -> bool:
    """Whether the host there says so, and is the service's. Whoever says anything else, or nothing, does not."""
    try:
        with (
            socket.create_connection((address, port), timeout=_WAIT_S) as line,
            _context(ssl.PROTOCOL_TLS_CLIENT).wrap_socket(line) as safe,
        ):
            return _common_name(safe) == service and safe.recv(len(EMPTY)) == EMPTY
    except (OSError, ValueError):
        return False


def _context(side: "ssl._SSLMethod") -> ssl.SSLContext:
    """Read anew for each line: certificates change while a host waits."""
    made = ssl.SSLContext(side)
    made.check_hostname = False  # it is asked by its address; whose it is, its common name says
    made.verify_mode = ssl.CERT_REQUIRED
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.load_verify_locations(TRUST)
    made.load_cert_chain(CERTIFICATE, KEY)
    return made


def _common_name(line: ssl.SSLSocket) -> str:
    subject: Any = (line.getpeercert() or {}).get("subject", ())
    return next((str(value) for part in subject for name, value in part if name == "commonName"), "")
