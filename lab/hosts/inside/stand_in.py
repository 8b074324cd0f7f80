"""Runs inside a guest: answers in the place of a city's service, and says that it does. Guest's Python only.

What it is, it learns from the metadata that the cloud gave the server: `service`, `site`, and the `port` at which the
service is known. There it speaks HTTPS. Whatever the service itself does, it does not do.
"""

import json
import socket
import ssl
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

METADATA = Path("/run/config-drive/openstack/latest/meta_data.json")
CERTIFICATE, KEY = "/etc/stand-in/certificate.pem", "/etc/stand-in/key.pem"
_PATIENCE_S = 10.0
_PAGE = """<!doctype html>
<html lang="el"><meta charset="utf-8"><title>{service}</title>
<h1>{service}</h1>
<p>Στη θέση της υπηρεσίας απαντά προσωρινά το εργαστήριο, από τον διακομιστή {server} ({site}).</p>
<p lang="en">The lab answers in the place of this service, from the server {server} ({site}).</p>
</html>
"""


class Answers(BaseHTTPRequestHandler):
    """/ for people, /healthz for machines."""

    server: "StandIn"
    server_version, sys_version = "stand-in", ""
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        told = self.server.told
        if self.path == "/":
            self._say(200, "text/html; charset=utf-8", _PAGE.format(**told))
        elif self.path == "/healthz":
            self._say(200, "application/json", json.dumps(told) + "\n")
        else:
            self._say(404, "text/plain; charset=utf-8", "There is no such page.\n")

    do_HEAD = do_GET  # noqa: N815 - http.server's name

    def _say(self, status: int, kind: str, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing is kept of who asked."""


class StandIn(ThreadingHTTPServer):
    """`told` is what it says of itself. A client that connects and says nothing, as a load balancer's monitor does,
    keeps no other waiting: the handshake is made in the client's own thread."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], told: dict[str, str], tls: ssl.SSLContext) -> None:
        self.told, self._tls = told, tls
        super().__init__(address, Answers)

    def finish_request(self, request: socket.socket, client_address: object) -> None:  # type: ignore[override]
        request.settimeout(_PATIENCE_S)
        with self._tls.wrap_socket(request, server_side=True) as secured:
            super().finish_request(secured, client_address)

    def handle_error(self, *_: object) -> None:
        """A client that went away is no event."""


def identity(metadata: str) -> tuple[dict[str, str], int]:
    """What to say of itself, and the port. Raises ValueError where the cloud gave this server no service."""
    found = json.loads(metadata)
    meta = found.get("meta", {})
    try:
        return {"service": meta["service"], "site": meta["site"], "server": found["name"]}, int(meta["port"])
    except KeyError as error:
        raise ValueError(f"the metadata of this server name no {error.args[0]}") from error


def main() -> None:
    try:
        told, port = identity(METADATA.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        sys.exit(f"stand-in: {error}")
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(CERTIFICATE, KEY)
    with StandIn(("", port), told, tls) as server:
        server.serve_forever(poll_interval=3600)


if __name__ == "__main__":
    main()
