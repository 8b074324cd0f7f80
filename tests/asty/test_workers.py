"""The dashboard needs no lab, so it is the worker that is really started here."""

import http.client
import os
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Address
from pathlib import Path
from threading import Thread

import pytest

from asty import lab_access, workers, workspace
from asty.verbs.up import start_workers
from asty.workers import Worker
from asty.workspace import Workspace
from city.errors import Failed
from city.processes import start_time
from lab.daemon import Process
from lab.fleet.credentials import Credentials

pytestmark = pytest.mark.slow

PORT = 26_200


@pytest.fixture
def ours(tmp_path: Path) -> Iterator[Workspace]:
    found = workspace.find(
        {"XDG_STATE_HOME": str(tmp_path), "HOME": str(tmp_path)},
        name="workers",
        city="example",
        base_port=PORT,
        base_address="127.114.0.0",
    )
    found.prepare()
    yield found
    workers.stop(found)


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {**os.environ, "XDG_STATE_HOME": str(tmp_path), "ASTY_WORKSPACE": "another", "SECRET_TOKEN": "x"}


@pytest.fixture
def silent_lab(ours: Workspace, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """One that has its secrets, and nothing in it that answers the poller."""
    params = lab_access.params(ours)
    params.claim()
    Credentials(params.secrets).make()
    monkeypatch.setattr(os, "environ", environ)


class Healthy(BaseHTTPRequestHandler):
    """200 to whatever is asked."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()


def health(found: Workspace) -> str:
    return f"http://127.0.0.1:{found.dashboard_port}/healthz"


def test_the_dashboard_is_started_once_answers_and_is_stopped(ours: Workspace, environ: dict[str, str]) -> None:
    process = workers.start(ours, workers.DASHBOARD, environ)
    assert workers.start(ours, workers.DASHBOARD, environ) == process
    workers.await_answer(health(ours), process, workers.log(ours, workers.DASHBOARD))
    command = Path(f"/proc/{process.pid}/cmdline").read_text().split("\0")
    assert "--workspace=workers" in command and f"--base-port={PORT}" in command
    variables = Path(f"/proc/{process.pid}/environ").read_text()
    assert "SECRET_TOKEN" not in variables and "ASTY_WORKSPACE" not in variables
    workers.stop(ours)
    assert not process.alive
    assert workers.running(ours, workers.DASHBOARD) is None
    with pytest.raises(ConnectionRefusedError):
        http.client.HTTPConnection("127.0.0.1", ours.dashboard_port).connect()


def test_a_worker_that_dies_is_told_with_its_log(ours: Workspace, environ: dict[str, str]) -> None:
    dashboard = Worker(name="dashboard", arguments=("serve", "--port=0"))
    log = workers.log(ours, dashboard)
    with pytest.raises(Failed, match="does not answer") as failed:
        workers.await_answer(health(ours), workers.start(ours, dashboard, environ), log)
    assert str(log) in failed.value.remedy
    assert "--port" in log.read_text()


@pytest.mark.usefixtures("silent_lab")
def test_up_starts_both_and_they_are_seen(ours: Workspace) -> None:
    assert start_workers(ours) == f"http://127.0.0.1:{ours.dashboard_port}/"
    seen = [workers.seen(ours, worker) for worker in workers.WORKERS]
    assert [(one["name"], one["state"]) for one in seen] == [("poller", "running"), ("dashboard", "running")]
    workers.stop(ours)
    seen = [workers.seen(ours, worker) for worker in workers.WORKERS]
    assert [(one["state"], one["pid"]) for one in seen] == [("not running", None)] * 2


def test_up_tells_of_a_poller_that_does_not_live(
    ours: Workspace, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is nothing to poll: no lab was ever up here."""
    monkeypatch.setattr(os, "environ", environ)
    with pytest.raises(Failed, match="poller: it ended as soon as it was started") as failed:
        start_workers(ours)
    log = workers.log(ours, workers.POLLER)
    assert str(log) in failed.value.remedy and "asty lab up" in log.read_text()


@pytest.mark.usefixtures("silent_lab")
def test_up_does_not_take_another_dashboard_for_ours(ours: Workspace) -> None:
    """What answers at our port, and well, is somebody else's."""
    with ThreadingHTTPServer(("127.0.0.1", ours.dashboard_port), Healthy) as another:
        answering = Thread(target=another.serve_forever)
        answering.start()
        try:
            with pytest.raises(Failed, match="dashboard: it ended as soon as it was started"):
                start_workers(ours)
        finally:
            another.shutdown()
            answering.join()
    assert "it is taken" in workers.log(ours, workers.DASHBOARD).read_text()


def test_a_poller_that_does_not_come_to_work_is_told_with_its_log(ours: Workspace) -> None:
    idle = Process(os.getpid(), start_time(os.getpid()) or 0)
    with pytest.raises(Failed, match="poller: it is not at work after 0 s") as failed:
        workers.await_work(ours, workers.POLLER, idle, patience_s=0.1)
    assert str(workers.log(ours, workers.POLLER)) in failed.value.remedy


def test_stopping_what_never_ran_is_no_error(ours: Workspace) -> None:
    workers.stop(ours)


def test_two_workspaces_have_workers_of_their_own(ours: Workspace, tmp_path: Path) -> None:
    other = workspace.find({"XDG_STATE_HOME": str(tmp_path), "HOME": str(tmp_path)}, name="test", city="example")
    assert workers.pid_file(ours, workers.POLLER) != workers.pid_file(other, workers.POLLER)
    assert ours.base_address == IPv4Address("127.114.0.0") != other.base_address
