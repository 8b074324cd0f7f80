import http.server
import socket
import threading
from collections.abc import Iterator
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from city.errors import Failed, InvalidInput
from lab.openstack import region
from lab.openstack.spec import RegionSpec
from lab.params import Api, LabParams

BASE_PORT = 17_200


@pytest.fixture
def spec(tmp_path: Path) -> RegionSpec:
    params = LabParams(name="t", root=tmp_path, base_port=BASE_PORT, base_address=IPv4Address("127.70.0.0"))
    return RegionSpec(params=params, index=0, name="R", cloud="datacentre", zones=("az1",))


class Answering(http.server.BaseHTTPRequestHandler):
    status = 200

    def do_GET(self) -> None:
        self.send_response(self.status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def keystone(spec: RegionSpec) -> Iterator[type[Answering]]:
    """Something that answers on Keystone's port, with the status that the test sets."""
    handler = type("Handler", (Answering,), {})
    with http.server.ThreadingHTTPServer(("127.0.0.1", spec.port(Api.KEYSTONE)), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield handler
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("status", "up"), [(200, True), (300, True), (401, True), (404, True), (500, False), (503, False)]
)
def test_a_service_is_up_when_it_answers_without_a_fault_of_its_own(
    spec: RegionSpec, keystone: type[Answering], status: int, *, up: bool
) -> None:
    keystone.status = status
    assert region.http_answers(spec, "keystone") is up


def test_what_speaks_no_http_is_not_up(spec: RegionSpec) -> None:
    with socket.create_server(("127.0.0.1", spec.port(Api.KEYSTONE))) as listening:

        def echo() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.sendall(connection.recv(1024))

        thread = threading.Thread(target=echo)
        thread.start()
        assert not region.http_answers(spec, "keystone")
        thread.join()


def test_a_service_that_is_not_there_is_not_up(spec: RegionSpec) -> None:
    assert not region.http_answers(spec, "glance")


def test_a_taken_port_is_told_before_anything_is_started(spec: RegionSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(region, "_PORT_S", 0.1)
    with (
        socket.create_server(("127.0.0.1", spec.port(Api.NOVA))),
        pytest.raises(Failed, match=rf"port {BASE_PORT + 2} is taken .* another base port"),
    ):
        region.start(spec, Path("/nowhere"), print)
    assert not spec.folder.exists()


@pytest.mark.slow
def test_a_port_that_one_who_was_killed_still_holds_is_waited_for(
    spec: RegionSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    class WentOn(Exception):  # noqa: N818 - no error
        pass

    def database(_: RegionSpec) -> None:
        raise WentOn

    monkeypatch.setattr(region, "start_database", database)
    monkeypatch.setattr(region, "_PORT_S", 60.0)
    with socket.create_server(("127.0.0.1", spec.port(Api.NOVA))) as held:
        letting_go = threading.Timer(0.3, held.close)
        letting_go.start()
        with pytest.raises(WentOn):
            region.start(spec, Path("/nowhere"), print)
        letting_go.join()


def test_a_service_of_another_name_is_refused() -> None:
    assert region.service_named("nova") == "nova"
    with pytest.raises(InvalidInput, match="Name one of keystone, glance"):
        region.service_named("swift")


def test_jobs_run_side_by_side_and_the_first_error_is_told() -> None:
    meet = threading.Barrier(2)
    done: list[str] = []

    def works() -> None:
        meet.wait(timeout=20)
        done.append("works")

    def fails() -> None:
        meet.wait(timeout=20)
        raise Failed("one", "it broke", "Mend it.")

    with pytest.raises(Failed, match="it broke"):
        region.in_parallel([works, fails])
    assert done == ["works"]


def test_stopping_what_was_never_started_changes_nothing(spec: RegionSpec) -> None:
    region.stop(spec)
    region.cut_off(spec)
    region.wipe(spec)
    assert list(spec.params.root.iterdir()) == []
