"""A gateway in front of a region's services, as a real cloud has one: it may refuse, be late, or lose an answer.

The region's catalogue leads clients to it as long as it is there; the services among themselves do without it.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum, auto
from http.client import HTTPConnection, HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from openstack.connection import Connection

if TYPE_CHECKING:
    from openstack.identity.v3._proxy import Proxy

_SERVICES = ("compute", "network", "block-storage", "volumev3", "load-balancer", "dns")
_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "host"}
_HANGS_S = 20.0


class Act(Enum):
    REFUSE = auto()  # the service never hears of it
    LOSE = auto()  # the service does it, and its answer is lost
    SILENCE = auto()  # the service does it, and the client waits as long as it likes
    DELAY = auto()  # answered well, and late


@dataclass(slots=True, kw_only=True)
class Rule:
    """What becomes of the next `times` requests of this method to such a path; `status` is what the client is told."""

    method: str
    path: str
    act: Act
    status: int = 503
    times: int = 1
    met: list[str] = field(default_factory=list)

    def takes(self, method: str, path: str) -> bool:
        if self.method != method or len(self.met) >= self.times or not re.search(self.path, path):
            return False
        self.met.append(path)
        return True


@dataclass(slots=True)
class Gateway:
    rules: list[Rule] = field(default_factory=list)
    over: Event = field(default_factory=Event)
    _one: Lock = field(default_factory=Lock)

    def rule(self, method: str, path: str) -> Rule | None:
        with self._one:
            return next((rule for rule in self.rules if rule.takes(method, path)), None)

    @contextmanager
    def following(self, *rules: Rule) -> Iterator[None]:
        """As long as this lasts; each rule must have met all the requests that it waits for."""
        self.rules = list(rules)
        try:
            yield
        finally:
            self.rules = []
        assert [rule for rule in rules if len(rule.met) < rule.times] == [], "each had its turn"


@contextmanager
def gateway(cloud: Connection) -> Iterator[Gateway]:
    """Between this region and its clients, until it is left."""
    made, servers = Gateway(), []
    identity = cast("Proxy", cloud.identity)
    types = {service.id: service.type for service in identity.services()}
    public = [one for one in identity.endpoints(interface="public") if types[one.service_id] in _SERVICES]
    before = {one.id: one.url for one in public}
    try:
        for one in public:
            at = urlsplit(before[one.id])
            server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(made, at.netloc))
            server.daemon_threads = True
            servers.append(server)
            Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
            identity.update_endpoint(one.id, url=f"http://127.0.0.1:{server.server_address[1]}{at.path}")
        yield made
    finally:
        made.over.set()
        for endpoint, url in before.items():
            identity.update_endpoint(endpoint, url=url)
        for server in servers:
            server.shutdown()
            server.server_close()


class _Between(BaseHTTPRequestHandler):
    """`service` is host and port of the one that it stands before."""

    gateway: Gateway
    service: str
    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        rule = self.gateway.rule(self.command, urlsplit(self.path).path)
        act = rule.act if rule else None
        if act is Act.DELAY:
            self.gateway.over.wait(_HANGS_S)
        if rule and act is Act.REFUSE:
            self.tell(rule.status)
            return
        answered, content = self.forward(body)
        if rule and act is Act.LOSE:
            self.tell(rule.status)
        elif act is Act.SILENCE:
            self.gateway.over.wait()
            self.close_connection = True
        else:
            self.hand_on(answered, content)

    def forward(self, body: bytes) -> tuple[HTTPResponse, bytes]:
        headers = {name: value for name, value in self.headers.items() if name.lower() not in _HOP}
        connection = HTTPConnection(self.service, timeout=120)
        connection.request(self.command, self.path, body, {**headers, "Host": self.service})
        answered = connection.getresponse()
        content = answered.read()
        connection.close()
        return answered, content

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = answer  # noqa: N815 - the library's names

    def tell(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def hand_on(self, answered: HTTPResponse, content: bytes) -> None:
        self.send_response(answered.status)
        for name, value in answered.getheaders():
            if name.lower() not in _HOP:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's own signature
        """Nobody reads it."""


def _handler(gateway: Gateway, service: str) -> type[BaseHTTPRequestHandler]:
    return type("Between", (_Between,), {"gateway": gateway, "service": service})
