"""Clouds that do not answer, answer wrongly, or refuse: each is told before anything is begun."""

import json
import re
import socket
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
import yaml

from city.errors import InvalidInput
from city.model.city import City
from infra.reach import Unreachable, in_passing, require, silences
from infra.stacks import Stack, stacks
from tests.waiting import until

SERVICES = ("image", "compute", "network", "dns")


class Cloud(BaseHTTPRequestHandler):
    """Keystone's token request, and one path per service; `broken` answer 503, `missing` are not in the catalogue."""

    broken: frozenset[str] = frozenset()
    missing: frozenset[str] = frozenset()
    port = 0
    lines = 0
    """How many callers keep a line to it."""
    password = "right"  # noqa: S105 - the word that this stand-in lets in

    def setup(self) -> None:
        type(self).lines += 1
        super().setup()

    def finish(self) -> None:
        super().finish()
        type(self).lines -= 1

    def do_GET(self) -> None:
        service = self.path.strip("/").split("/")[0]
        links = [{"rel": "self", "href": f"http://{self.headers['Host']}/v3/"}]
        identity = {"version": {"id": "v3.14", "status": "stable", "links": links}}
        self._answer(503 if service in self.broken else 200, identity if service == "v3" else {"versions": []})

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        given = asked["auth"]["identity"]["password"]["user"]["password"]
        if given == self.password:
            self._answer(201, {"token": self._token()})
        else:
            self._answer(401, {"error": {"message": "no", "code": 401, "title": "Unauthorized"}})

    def _token(self) -> dict[str, object]:
        url = f"http://{self.headers['Host']}"
        offered = [service for service in SERVICES if service not in self.missing]
        catalogue = [
            {
                "type": name,
                "name": name,
                "endpoints": [
                    {
                        "interface": "public",
                        "region": "RegionOne",
                        "region_id": "RegionOne",
                        "url": f"{url}/{name}",
                        "id": name,
                    }
                ],
            }
            for name in offered
        ]
        return {
            "catalog": catalogue,
            "expires_at": "2099-01-01T00:00:00.000000Z",
            "issued_at": "2020-01-01T00:00:00.000000Z",
            "methods": ["password"],
            "user": {"id": "u", "name": "u", "domain": {"id": "d", "name": "d"}},
            "project": {"id": "p", "name": "p", "domain": {"id": "d", "name": "d"}},
            "roles": [],
        }

    def _answer(self, status: int, content: object) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("X-Subject-Token", "token")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parent's signature
        """Quiet."""


@pytest.fixture
def cloud() -> Iterator[type[Cloud]]:
    """A class of its own for each test, so that what one breaks stays broken for it alone."""
    kind: type[Cloud] = type("Cloud", (Cloud,), {})
    with ThreadingHTTPServer(("127.0.0.1", 0), kind) as server:
        kind.port = server.server_port
        thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield kind
        server.shutdown()
        thread.join()


@pytest.fixture
def stack(example_city: City) -> Stack:
    return stacks(example_city)[0]


def clouds(tmp_path: Path, port: int, password: str = "right") -> Path:  # noqa: S107 - as above
    auth = {
        "auth_url": f"http://127.0.0.1:{port}/v3",
        "username": "u",
        "password": password,
        "project_name": "p",
        "user_domain_id": "default",
        "project_domain_id": "default",
    }
    path = tmp_path / "clouds.yaml"
    path.write_text(yaml.safe_dump({"clouds": {"datacentre": {"auth": auth, "region_name": "RegionOne"}}}))
    return path


def test_a_cloud_that_answers_is_not_complained_of(cloud: type[Cloud], stack: Stack, tmp_path: Path) -> None:
    require(stack, clouds(tmp_path, cloud.port))


def test_a_broken_and_a_missing_service_are_both_named(cloud: type[Cloud], stack: Stack, tmp_path: Path) -> None:
    cloud.broken, cloud.missing = frozenset({"compute"}), frozenset({"dns"})
    with pytest.raises(Unreachable, match=r"compute of RegionOne: .* answers 503; dns of RegionOne: the catalogue"):
        require(stack, clouds(tmp_path, cloud.port))


def test_a_wrong_password_is_told_without_it(cloud: type[Cloud], stack: Stack, tmp_path: Path) -> None:
    with pytest.raises(Unreachable, match="identity of RegionOne: it refuses the user or the password") as caught:
        require(stack, clouds(tmp_path, cloud.port, password="guessed"))  # noqa: S106 - a wrong one
    assert "guessed" not in str(caught.value)


def test_a_region_that_is_off_is_told_at_once(stack: Stack, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        (found,) = silences(stack, clouds(tmp_path, free.getsockname()[1]))
    assert found.service == "identity"
    assert found.problem.startswith("nothing listens at http://127.0.0.1")


@pytest.mark.slow
def test_a_region_that_hangs_is_given_up_in_time(stack: Stack, tmp_path: Path) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        began = time.monotonic()
        (found,) = silences(stack, clouds(tmp_path, silent.getsockname()[1]))
    assert re.fullmatch(r"it does not answer in [5-9] s|it does not answer in \d\d s", found.problem)
    assert time.monotonic() - began < 30


def test_a_cloud_without_an_entry_is_named(example_city: City, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="cloud recovery"):
        require(stacks(example_city)[1], clouds(tmp_path, 9))


def test_what_is_opened_in_passing_keeps_no_line_to_any_service(
    cloud: type[Cloud], stack: Stack, tmp_path: Path
) -> None:
    """Cinder on eventlet has a hundred threads, and one is held by each line that somebody keeps."""
    cloud.protocol_version = "HTTP/1.1"  # lines are kept
    with in_passing(stack, clouds(tmp_path, cloud.port)) as connect:
        opened = [connect(), connect()]
        for one in opened:
            one.authorize()
        assert cloud.lines == len(opened)
    until(lambda: cloud.lines == 0)


def test_a_cloud_without_an_entry_is_told_when_it_is_opened(stack: Stack, tmp_path: Path) -> None:
    with in_passing(stack, tmp_path / "clouds.yaml") as connect, pytest.raises(InvalidInput, match="cloud datacentre"):
        connect()
