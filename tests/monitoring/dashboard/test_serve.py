"""`serve` as an operator starts it: a process of its own that answers where it was told and ends when it is told to."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import httpx
import pytest

PROGRAM = """
import socket
import sys
from pathlib import Path
from city.load import load
from monitoring.dashboard.app import create_app, serve
from monitoring.snapshot import ObservedIn, Snapshot
city = load(Path("cities/example"))
empty = {"figures": (), "states": {}, "access_points": {}, "standings": {}, "observed_in": ObservedIn.LAB}
app = create_app(city, lambda at: Snapshot(at=at, **empty))
serve(app, socket.create_server((sys.argv[1], int(sys.argv[2]))))
"""
HOST, PORT = "127.77.0.1", 28800
"""An address of this test alone."""
COMMAND = (sys.executable, "-c", PROGRAM, HOST, str(PORT))


@pytest.fixture
def served() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(COMMAND, env={**os.environ, "PYTHONWARNINGS": ""})
    yield process
    if process.poll() is None:
        process.kill()
    process.wait(60)


def answer() -> httpx.Response:
    deadline = time.monotonic() + 120
    while True:
        try:
            return httpx.get(f"http://{HOST}:{PORT}/healthz", timeout=30)
        except httpx.TransportError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


@pytest.mark.slow
@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
def test_it_answers_where_it_was_told_and_ends_in_good_order(
    served: subprocess.Popen[bytes], told: signal.Signals
) -> None:
    assert answer().json()["status"] == "ok"
    served.send_signal(told)
    assert served.wait(60) in {0, -told}


@pytest.mark.slow
def test_a_second_one_takes_nothing_from_the_first(served: subprocess.Popen[bytes]) -> None:
    answer()
    second = subprocess.run(COMMAND, check=False, capture_output=True, timeout=120)
    assert second.returncode != 0
    assert b"Address already in use" in second.stderr
    assert served.poll() is None
