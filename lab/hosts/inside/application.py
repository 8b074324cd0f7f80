"""Runs inside a guest: stands in for an application that nobody can ship, and says so. Guest's Python only.

HTTPS at the service's port, with the host's certificate:

    GET  /                        for people
    GET  /healthz                 200 while it runs
    GET  /readyz                  200 where its database takes writes, or it has none; else 503 with the reason
    POST /marks {"token": ...}    201 {"number", "token", "at"} once that row is committed; 200 where the token has one
    GET  /marks?after=N&limit=M   rows in order

What it is, it learns from its environment (/run/service.env): SERVICE, SITE, SERVER, PORT, and DATABASE with
DATABASE_HOSTS where it has one.
"""

import html
import json
import os
import socket
import ssl
import sys
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

FOLDER = "/etc/ssl/service"
_PATIENCE_S = 10.0
_LARGEST, _LONGEST, _MOST = 4096, 200, 1000
_DIGITS = 18
_OK, _CREATED, _BAD, _UNKNOWN, _UNAVAILABLE = 200, 201, 400, 404, 503
_PAGE = """<!doctype html>
<html lang="el"><meta charset="utf-8"><title>{service}</title>
<h1>{service}</h1>
<p>Στη θέση της υπηρεσίας απαντά προσωρινά το εργαστήριο, από τον διακομιστή {server} ({site}).</p>
<p lang="en">The lab answers in the place of this service, from the server {server} ({site}).</p>
</html>
"""


class Answers(BaseHTTPRequestHandler):
    """One client."""

    server: "Application"
    server_version, sys_version = "application", ""
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        asked = urlsplit(self.path)
        told = self.server.told
        if asked.path == "/":
            page = _PAGE.format(**{name: html.escape(value) for name, value in told.items()})
            self._say(_OK, page, "text/html; charset=utf-8")
        elif asked.path == "/healthz":
            self._tell(_OK, told)
        elif asked.path == "/readyz":
            self._ready()
        elif asked.path == "/marks" and self.server.marks is not None:
            self._list(parse_qs(asked.query))
        else:
            self._unknown()

    do_HEAD = do_GET  # noqa: N815 - http.server's name

    def do_POST(self) -> None:
        self.close_connection = True  # what was not read of it would be taken for the next request
        if self.path != "/marks" or self.server.marks is None:
            self._unknown()
            return
        try:
            token = _token(self.rfile.read(_length(self.headers.get("Content-Length"))))
        except ValueError as error:
            self._tell(_BAD, {"error": str(error)})
            return
        try:
            new, row = self.server.marks.add(token)
        except self.server.unavailable as error:
            self._tell(_UNAVAILABLE, {"error": str(error)})
        else:
            self._tell(_CREATED if new else _OK, row)

    def _ready(self) -> None:
        try:
            if self.server.marks is not None:
                self.server.marks.writable()
        except self.server.unavailable as error:
            self._tell(_UNAVAILABLE, {**self.server.told, "error": str(error)})
        else:
            self._tell(_OK, self.server.told)

    def _list(self, query: Mapping[str, list[str]]) -> None:
        try:
            after, limit = _number(query, "after", 0), _number(query, "limit", 100)
        except ValueError as error:
            self._tell(_BAD, {"error": str(error)})
            return
        try:
            self._tell(_OK, self.server.marks.since(after, min(limit, _MOST)))
        except self.server.unavailable as error:
            self._tell(_UNAVAILABLE, {"error": str(error)})

    def _unknown(self) -> None:
        self._say(_UNKNOWN, "There is no such page.\n", "text/plain; charset=utf-8")

    def _tell(self, status: int, thing: object) -> None:
        self._say(status, json.dumps(thing, default=_time) + "\n", "application/json")

    def _say(self, status: int, text: str, kind: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing is kept of who asked."""


class Application(ThreadingHTTPServer):
    """`told` is what it says of itself; `marks` keeps its rows, where it has a database, and raises `unavailable`.

    A client that connects and says nothing, as a load balancer's monitor does, keeps no other waiting: the handshake is
    made in the client's own thread.
    """

    answers: type[Answers] = Answers
    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self,
        address: tuple[str, int],
        told: dict[str, str],
        tls: ssl.SSLContext,
        marks: Any = None,  # noqa: ANN401 - inside.marks.Marks: in a guest the two files lie beside each other
        unavailable: type[Exception] = OSError,
    ) -> None:
        self.told, self.marks, self.unavailable, self._tls = told, marks, unavailable, tls
        super().__init__(address, self.answers)

    def finish_request(self, request: socket.socket, client_address: object) -> None:  # type: ignore[override]
        request.settimeout(_PATIENCE_S)
        with self._tls.wrap_socket(request, server_side=True) as secured:
            super().finish_request(secured, client_address)

    def handle_error(self, *_: object) -> None:
        """A client that went away is no event."""


def identity(environment: Mapping[str, str]) -> tuple[dict[str, str], int]:
    """What to say of itself, and the port. Raises ValueError where the cloud gave this server no service."""
    try:
        told = {name.lower(): environment[name] for name in ("SERVICE", "SITE", "SERVER")}
        return told, int(environment["PORT"])
    except KeyError as error:
        raise ValueError(f"the metadata of this server name no {error.args[0].lower()}") from error


def _length(told: str | None) -> int:
    if told is None or not told.isdecimal() or not 0 < int(told[:_DIGITS]) <= _LARGEST:
        raise ValueError(f"the body has to be JSON of at most {_LARGEST} bytes, with its Content-Length")
    return int(told)


def _token(body: bytes) -> str:
    """Raises ValueError."""
    told = json.loads(body)
    token = told.get("token") if isinstance(told, dict) else None
    if not isinstance(token, str) or not 0 < len(token) <= _LONGEST or not token.isprintable():
        raise ValueError(f'the body has to be {{"token": TEXT}}, of at most {_LONGEST} printable characters')
    return token


def _number(query: Mapping[str, list[str]], name: str, otherwise: int) -> int:
    text = query.get(name, [str(otherwise)])[0]
    if not text.isdecimal() or len(text) > _DIGITS:
        raise ValueError(f"{name} has to be a number")
    return int(text)


def _time(value: Any) -> str:  # noqa: ANN401 - the only thing in a row that JSON does not know
    return str(value.isoformat())


Kind = TypeVar("Kind", bound=Application)


def made(kind: type[Kind], environment: Mapping[str, str]) -> Kind:
    """The application of this host. Raises ValueError where the cloud gave this server no service."""
    told, port = identity(environment)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(f"{FOLDER}/chain.pem", f"{FOLDER}/key.pem")
    marks, unavailable = None, OSError
    if name := environment.get("DATABASE"):
        import psycopg2  # type: ignore[import-not-found, import-untyped, unused-ignore]  # noqa: PLC0415 - the guest's
        from marks import Marks, UnavailableError  # type: ignore[import-not-found]  # noqa: PLC0415 - beside this file there

        hosts = [host for host in environment.get("DATABASE_HOSTS", "").split(",") if host]
        marks, unavailable = Marks(name, hosts, told["server"], psycopg2.connect), UnavailableError
    return kind(("", port), told, tls, marks, unavailable)


def main() -> None:
    try:
        server = made(Application, os.environ)
    except ValueError as error:
        sys.exit(f"application: {error}")
    with server:
        server.serve_forever(poll_interval=3600)


if __name__ == "__main__":
    main()
