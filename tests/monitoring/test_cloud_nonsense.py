"""Something answers at a cloud's address, but not as a cloud does: that is no exception, and nothing is up or down."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
import yaml

from city.model.city import City
from city.model.places import SiteRole
from monitoring.cloud import CloudProbe, OpenStackSite
from monitoring.ledger.intervals import State

NOON = datetime(2030, 3, 31, 12, tzinfo=UTC)
WHO = {"id": "u", "name": "u", "domain": {"id": "d", "name": "d"}}
TIMES = {"expires_at": "2099-01-01T00:00:00Z", "issued_at": "2030-01-01T00:00:00Z"}


class Impostor(BaseHTTPRequestHandler):
    """Gives everybody a token, and the server's `body` to every question."""

    def do_GET(self) -> None:
        body: bytes = self.server.body  # type: ignore[attr-defined]  # set by the fixture below
        self.send_response(201)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Subject-Token", "token")
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's signature
        pass


@pytest.fixture
def impostor(tmp_path: Path) -> Iterator[Callable[[bytes], Path]]:
    """Makes it answer with a body; returns the clouds.yaml that leads to it."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Impostor) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()

        def answering(body: bytes) -> Path:
            server.body = body  # type: ignore[attr-defined]  # read by its handler
            auth = {"auth_url": f"http://127.0.0.1:{server.server_port}/v3", "username": "u", "password": "p"}
            auth |= {"project_name": "p", "user_domain_name": "d", "project_domain_name": "d"}
            file = tmp_path / "clouds.yaml"
            file.write_text(yaml.safe_dump({"clouds": {"datacentre": {"auth": auth}}}))
            return file

        yield answering
        server.shutdown()
        thread.join()


def token(**parts: object) -> bytes:
    return json.dumps({"token": {"methods": ["password"], "user": WHO, **TIMES, **parts}}).encode()


@pytest.mark.slow
@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"{{{", id="no JSON"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b"null", id="null"),
        pytest.param(b'{"token": {}}', id="a token of nothing"),
        pytest.param(b'{"token": 7}', id="a token that is a number"),
        pytest.param(token(catalog=[]), id="a catalogue without services"),
        pytest.param(token(catalog=7), id="a catalogue that is a number"),
        pytest.param(token(catalog=[{"type": "compute"}]), id="a service without endpoints"),
    ],
)
def test_nonsense_is_unknown(example_city: City, impostor: Callable[[bytes], Path], body: bytes) -> None:
    sites = {SiteRole.DATACENTRE: OpenStackSite(impostor(body), "datacentre")}
    seen = CloudProbe(example_city, sites).observe(NOON, timedelta(seconds=150))
    assert {found.state for found in seen} == {State.UNKNOWN}
    in_the_cloud = {f"service:{service.id}" for service in example_city.services if service.workload is not None}
    causes = {found.cause for found in seen if found.subject in in_the_cloud}
    assert in_the_cloud
    assert all(cause.startswith("datacentre: cannot be asked: ") for cause in causes)
