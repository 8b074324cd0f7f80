"""A client that resolves and writes, against a real name server's words and a real HTTPS service."""

import json
import socket
import ssl
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from fcntl import LOCK_SH, flock
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Address
from pathlib import Path
from threading import Thread

import pytest

from drs.outside.dns import NoAnswer, ask
from drs.outside.marker import Client, keep, read, stop_file, writes
from drs.outside.marks import NotTaken

pytestmark = pytest.mark.slow
NAME = "www.example.test"


@dataclass
class Names:
    """A server of one name; `silent` says nothing, `code` is its RCODE."""

    ttl_s: int = 60
    addresses: list[str] = field(default_factory=lambda: ["127.0.0.1"])
    silent: bool = False
    code: int = 0
    line: socket.socket = field(default_factory=lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))

    def __post_init__(self) -> None:
        self.line.bind(("127.0.0.1", 0))
        Thread(target=self._serve, daemon=True).start()

    @property
    def place(self) -> tuple[str, int]:
        host, port = self.line.getsockname()
        return str(host), int(port)

    def _serve(self) -> None:
        while True:
            try:
                asked, client = self.line.recvfrom(512)
            except OSError:
                return
            if not self.silent:
                records = b"".join(
                    b"\xc0\x0c" + struct.pack("!2HIH", 1, 1, self.ttl_s, 4) + IPv4Address(one).packed
                    for one in self.addresses
                )
                head = struct.pack("!6H", int.from_bytes(asked[:2]), 0x8180 | self.code, 1, len(self.addresses), 0, 0)
                self.line.sendto(head + asked[12:] + records, client)


@pytest.fixture
def names() -> Iterator[Names]:
    made = Names()
    yield made
    made.line.close()


def test_an_answer_is_its_addresses_and_the_shortest_time_to_live(names: Names) -> None:
    names.addresses = ["192.0.2.2", "192.0.2.1"]
    found = ask(names.place, NAME)
    assert (found.values, found.ttl_s) == (("192.0.2.1", "192.0.2.2"), 60)


def test_who_is_silent_or_refuses_has_not_answered_and_an_unknown_name_has_no_address(names: Names) -> None:
    names.addresses = []
    names.code = 3
    assert ask(names.place, NAME).values == ()
    names.code = 5
    with pytest.raises(NoAnswer, match="code 5"):
        ask(names.place, NAME)
    names.silent = True
    with pytest.raises(NoAnswer):
        ask(names.place, NAME, timeout_s=0.1)


class Marks(BaseHTTPRequestHandler):
    """Keeps each token in `kept`; `refuses` answers 503."""

    protocol_version = "HTTP/1.1"
    kept: list[str] = []  # noqa: RUF012 - one service for the module
    refuses = False

    def do_POST(self) -> None:
        token = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["token"]
        if self.refuses:
            self._say(503, {"error": "no leader"})
        else:
            self.kept.append(token)
            self._say(201, {"number": len(self.kept), "token": token, "at": "2030-03-31T12:00:00Z"})

    def do_GET(self) -> None:
        after = int(self.path.partition("after=")[2].partition("&")[0])
        rows = [{"number": n, "token": one} for n, one in enumerate(self.kept, start=1)]
        self._say(200, rows[after : after + 2])

    def _say(self, status: int, told: object) -> None:
        body = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing is logged."""


@pytest.fixture(scope="module")
def trust(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trust")
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-days", "1", "-subj", "/CN=portal", "-addext", f"subjectAltName=DNS:{NAME}"]
    command += ["-keyout", str(folder / "key.pem"), "-out", str(folder / "chain.pem")]
    subprocess.run(command, check=True, capture_output=True)
    return folder / "chain.pem"


@pytest.fixture
def port(trust: Path) -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Marks)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(trust, trust.with_name("key.pem"))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    Thread(target=server.serve_forever, daemon=True).start()
    Marks.kept, Marks.refuses = [], False
    yield int(server.server_address[1])
    server.shutdown()
    server.server_close()


def test_a_promise_is_a_promise_by_the_services_own_name_and_certificate(names: Names, port: int, trust: Path) -> None:
    client = Client(fqdn=f"{NAME}.", port=port, resolvers=(names.place,), trust=trust)
    assert all(client.write(token).taken for token in "abc")
    assert list(client.entrance("127.0.0.1").tokens()) == ["a", "b", "c"], "page by page"
    stranger = Client(fqdn="other.example.test", port=port, resolvers=(names.place,), trust=trust)
    assert "certificate" in stranger.write("d").reason
    Marks.refuses = True
    refused = client.write("e")
    assert not refused.taken and refused.reason == 'it answers 503: {"error": "no leader"}'


def test_the_next_resolver_is_asked_where_one_is_silent_and_a_service_that_is_gone_promises_nothing(
    names: Names, port: int, trust: Path
) -> None:
    dead = Names(silent=True)
    client = Client(fqdn=NAME, port=port, resolvers=(dead.place, names.place), trust=trust, patience_s=2)
    assert client.write("a").taken
    assert not Client(fqdn=NAME, port=port, resolvers=(dead.place,), trust=trust, patience_s=0.1).write("b").taken
    with pytest.raises(NotTaken):
        Client(fqdn=NAME, port=1, resolvers=(), trust=trust).entrance("127.0.0.1").write("c")


def test_who_looks_whether_somebody_writes_keeps_nobody_from_writing(tmp_path: Path) -> None:
    file = tmp_path / "portal.jsonl"
    client = Client(fqdn=NAME, port=1, resolvers=(), trust=None)
    with file.open("a") as looking:
        flock(looking, LOCK_SH)
        writing = Thread(target=keep, args=(client, file, 0.01, 600))
        writing.start()
        time.sleep(0.1)
    while not read(file):
        assert writing.is_alive()
    stop_file(file).touch()
    writing.join()


def test_marks_are_written_by_one_process_until_it_is_told_to_stop(
    names: Names, port: int, trust: Path, tmp_path: Path
) -> None:
    file = tmp_path / "portal.jsonl"
    doors = [{"fqdn": NAME, "port": port, "file": str(file)}]
    settings = {"doors": doors, "resolvers": [names.place], "trust": str(trust)}
    words = [sys.executable, "-m", "drs.outside.marker", json.dumps({**settings, "every_s": 0.05, "longest_s": 600})]
    first = subprocess.Popen(words)
    until = time.monotonic() + 120
    while len(read(file)) < 3 and time.monotonic() < until:
        time.sleep(0.02)
    assert writes(file)
    second = subprocess.run(words, check=False, timeout=120)
    assert second.returncode == 0, "somebody writes already"
    stop_file(file).touch()
    assert first.wait(120) == 0
    assert not writes(file)
    found = read(file)
    tokens = [one.token for one in found]
    assert len(set(tokens)) == len(tokens) and [one for one in tokens if one in Marks.kept] == Marks.kept, (
        "each token once, and all of them on the disk"
    )
    assert {one.token for one in found if one.taken} <= set(Marks.kept)
    file.write_bytes(file.read_bytes()[:-5])
    assert len(read(file)) == len(found) - 1, "of the line that was cut nobody knows"
