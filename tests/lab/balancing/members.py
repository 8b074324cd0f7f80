"""Real servers behind a load balancer, and the clients before it."""

import contextlib
import errno
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.waiting import PATIENCE_S


def _listening(address: tuple[str, int]) -> socket.socket:
    """Once whoever listened there in the test before has gone."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            return socket.create_server(address)
        except OSError as error:
            if error.errno != errno.EADDRINUSE or time.monotonic() > deadline:
                raise
            time.sleep(0.02)


class Server:
    """Says its name to each line that it hears, over TLS where it has a `context`, until it dies."""

    def __init__(self, name: str, address: tuple[str, int], context: ssl.SSLContext | None = None) -> None:
        self.name, self._context = name, context
        self._listener = _listening(address)
        self._connections: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def die(self) -> None:
        """At once, with every connection."""
        for one in (self._listener, *self._connections):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self._connections.append(connection)
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            spoken = self._context.wrap_socket(connection, server_side=True) if self._context else connection
            with spoken, spoken.makefile("rwb") as lines:
                for line in lines:
                    lines.write(self._answer(line))
                    lines.flush()

    def _answer(self, line: bytes) -> bytes:
        if line.startswith(b"GET"):
            body = self.name.encode()
            return b"HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
        return b"" if line.strip() == b"" or b": " in line else self.name.encode() + b"\n"


class Client:
    """One connection; `ask` returns the name of the server that it leads to."""

    def __init__(self, address: tuple[str, int], source: str = "") -> None:
        self._socket = socket.create_connection(address, timeout=60, source_address=(source, 0) if source else None)
        self._lines = self._socket.makefile("rwb")

    def ask(self) -> str:
        self._lines.write(b"who\n")
        self._lines.flush()
        return self._lines.readline().decode().strip()

    def close(self) -> None:
        self._lines.close()
        self._socket.close()


def asked(address: tuple[str, int], source: str = "") -> str:
    """The name of the server that a new connection leads to; empty where nobody serves."""
    try:
        client = Client(address, source)
    except OSError:
        return ""
    try:
        return client.ask()
    except OSError:
        return ""
    finally:
        client.close()


@contextmanager
def crowd(address: tuple[str, int]) -> Iterator[list[str]]:
    """Opens one connection after another while this lasts; the value has what each was told."""
    heard: list[str] = []
    over = threading.Event()

    def come() -> None:
        while not over.is_set():
            heard.append(asked(address))

    visitors = [threading.Thread(target=come) for _ in range(2)]
    for one in visitors:
        one.start()
    try:
        yield heard
    finally:
        over.set()
        for one in visitors:
            one.join()
