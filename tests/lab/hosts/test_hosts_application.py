"""The application that answers in the place of a city's service: in this process, over TLS, with and without rows."""

import contextlib
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.client import HTTPSConnection
from typing import Any

import pytest

from lab.hosts import authority
from lab.hosts.authority import Identity
from lab.hosts.inside.application import Application, identity
from lab.params import LabParams

TOLD = {"service": "portal", "site": "datacentre", "server": "portal-2"}
ENVIRONMENT = {"SERVICE": "portal", "SITE": "datacentre", "SERVER": "portal-2", "PORT": "443"}


class AwayError(Exception):
    """Of the rows below."""


@dataclass
class Rows:
    """In the place of a database that can be away."""

    away: bool = False
    kept: dict[str, dict[str, Any]] = field(default_factory=dict)

    def writable(self) -> None:
        if self.away:
            raise AwayError("session is read-only")

    def add(self, token: str) -> tuple[bool, dict[str, Any]]:
        self.writable()
        new = token not in self.kept
        return new, self.kept.setdefault(token, {"number": len(self.kept) + 1, "token": token})

    def since(self, number: int, limit: int) -> list[dict[str, Any]]:
        self.writable()
        return [row for row in self.kept.values() if row["number"] > number][:limit]


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    port: int
    trust: ssl.SSLContext
    rows: Rows | None = None

    def asks(
        self, path: str, *, method: str = "GET", name: str = "www.example.test", body: str | None = None
    ) -> tuple[int, str]:
        """Under a name of the city's, as a resident's browser does: the certificate is looked at."""
        secured = self.trust.wrap_socket(socket.create_connection(("127.0.0.1", self.port)), server_hostname=name)
        with contextlib.closing(HTTPSConnection(name)) as line:
            line.sock = secured
            line.request(method, path, body)
            answer = line.getresponse()
            return answer.status, answer.read().decode()

    def adds(self, body: str) -> tuple[int, Any]:
        status, told = self.asks("/marks", method="POST", body=body)
        return status, json.loads(told)


@contextlib.contextmanager
def serving(params: LabParams, rows: Rows | None) -> Iterator[Running]:
    authority.make(params)
    issued = authority.issue(params, Identity(common="portal", names=("portal-2", "www.example.test")))
    for name, text in (("own", issued.chain), ("key", issued.key)):
        (params.root / name).write_text(text)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(params.root / "own", params.root / "key")
    with Application(("127.0.0.1", 0), TOLD, tls, rows, AwayError) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            trust = ssl.create_default_context(cadata=issued.trust)
            yield Running(port=server.server_address[1], trust=trust, rows=rows)
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def application(params: LabParams) -> Iterator[Running]:
    with serving(params, None) as found:
        yield found


@pytest.fixture
def kept(params: LabParams) -> Iterator[Running]:
    """One with a database."""
    with serving(params, Rows()) as found:
        yield found


def test_it_says_which_server_answers_in_the_place_of_which_service(application: Running) -> None:
    assert json.loads(application.asks("/healthz")[1]) == TOLD
    status, page = application.asks("/")
    assert status == 200
    assert "Στη θέση της υπηρεσίας απαντά προσωρινά το εργαστήριο" in page and "portal-2" in page
    assert application.asks("/healthz", method="HEAD") == (200, "")
    assert application.asks("/etc/passwd")[0] == 404


def test_without_a_database_it_is_ready_and_keeps_nothing(application: Running) -> None:
    assert application.asks("/readyz")[0] == 200
    assert application.asks("/marks")[0] == application.asks("/marks", method="POST")[0] == 404


def test_a_mark_is_one_row_however_often_it_is_told(kept: Running) -> None:
    status, row = kept.adds('{"token": "one"}')
    assert (status, row["number"], row["token"]) == (201, 1, "one")
    assert kept.adds('{"token": "one"}') == (200, row)
    assert kept.adds('{"token": "two"}')[0] == 201
    assert [one["token"] for one in json.loads(kept.asks("/marks?after=1&limit=5")[1])] == ["two"]


def test_while_the_database_takes_no_writes_it_lives_and_is_not_ready(kept: Running) -> None:
    assert kept.rows is not None
    kept.rows.away = True
    status, told = kept.asks("/readyz")
    assert status == 503 and json.loads(told)["error"] == "session is read-only"
    assert kept.adds('{"token": "one"}')[0] == kept.asks("/marks")[0] == 503
    assert kept.asks("/healthz")[0] == 200
    kept.rows.away = False
    assert kept.asks("/readyz")[0] == 200


@pytest.mark.parametrize(
    "body", ["", "{", "[]", "{}", '{"token": 1}', '{"token": ""}', '{"token": "a\\nb"}', f'{{"token": "{"x" * 201}"}}']
)
def test_what_is_no_mark_is_refused(kept: Running, body: str) -> None:
    status, told = kept.adds(body)
    assert status == 400 and told["error"]


@pytest.mark.parametrize("query", ["after=-1", "limit=x", "after=" + "9" * 30])
def test_a_list_that_cannot_be_is_refused(kept: Running, query: str) -> None:
    assert kept.asks(f"/marks?{query}")[0] == 400


def test_clients_that_connect_and_say_nothing_keep_nobody_waiting(application: Running) -> None:
    """As the monitor of a load balancer does, every few seconds."""
    with contextlib.ExitStack() as silent:
        for _ in range(20):
            silent.enter_context(socket.create_connection(("127.0.0.1", application.port)))
        assert application.asks("/healthz")[0] == 200


def test_what_it_is_comes_from_its_environment() -> None:
    assert identity(ENVIRONMENT) == (TOLD, 443)


@pytest.mark.parametrize("missing", ["SERVICE", "SITE", "SERVER", "PORT"])
def test_a_server_without_a_service_has_nothing_to_answer(missing: str) -> None:
    with pytest.raises(ValueError, match=f"name no {missing.lower()}"):
        identity({name: value for name, value in ENVIRONMENT.items() if name != missing})
