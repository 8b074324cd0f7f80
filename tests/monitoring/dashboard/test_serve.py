"""`serve` as an operator starts it: a process of its own, on loopback, that ends when it is told to."""

import inspect
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import httpx
import pytest

from monitoring.dashboard.app import serve

PROGRAM = """
import sys
from datetime import datetime
from pathlib import Path
from city.load import load
from monitoring.dashboard.app import create_app, serve
from monitoring.snapshot import Snapshot
city = load(Path("cities/example"))
serve(create_app(city, lambda at: Snapshot(at=at, figures=(), states={})), host=sys.argv[1], port=int(sys.argv[2]))
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
    process.wait(10)


def answer() -> httpx.Response:
    deadline = time.monotonic() + 30
    while True:
        try:
            return httpx.get(f"http://{HOST}:{PORT}/healthz", timeout=5)
        except httpx.TransportError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def test_it_answers_on_loopback_and_ends_when_told(served: subprocess.Popen[bytes]) -> None:
    assert answer().json()["status"] == "ok"
    served.send_signal(signal.SIGTERM)
    assert served.wait(10) in {0, -signal.SIGTERM}


def test_a_port_that_is_taken_is_said_by_its_exit(served: subprocess.Popen[bytes]) -> None:
    answer()
    second = subprocess.run(COMMAND, check=False, capture_output=True, timeout=60)
    assert second.returncode != 0
    assert b"address already in use" in second.stderr
    assert served.poll() is None


def test_who_says_nothing_gets_loopback() -> None:
    assert inspect.signature(serve).parameters["host"].default == "127.0.0.1"
