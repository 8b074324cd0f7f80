"""The machine without name service, which other tests run on, is really without."""

import subprocess
import sys
from pathlib import Path

from tests.nameless import nameless

ASK = "import socket; socket.getaddrinfo(socket.gethostname(), 80)"


def test_who_asks_for_the_machines_own_name_is_noted_and_left_without_an_answer(tmp_path: Path) -> None:
    with nameless(tmp_path) as machine:
        asking = subprocess.Popen([*machine.before, sys.executable, "-c", ASK])
        while not machine.asked:
            assert asking.poll() is None, "it waits for the answer"
        asking.kill()
        asking.wait()
    assert machine.asked[0] == "nobody-knows"


def test_loopback_is_known_all_the_same(tmp_path: Path) -> None:
    with nameless(tmp_path) as machine:
        code = "import socket; print(socket.gethostbyname('localhost'))"
        done = subprocess.run([*machine.before, sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, machine.asked) == ("127.0.0.1\n", [])
