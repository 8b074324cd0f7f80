"""How the fleet starts where little works: without any name service, and where it stalls."""

import signal
import subprocess
import sys
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from city.errors import Failed
from city.model.city import City
from lab import daemon
from lab.daemon import Daemon, Process, find
from lab.fleet import process
from lab.params import LabParams
from lab.system import as_root

pytestmark = pytest.mark.slow

REPOSITORY = Path(__file__).parents[3]
NAMELESS = """
set -eu
echo "nameserver 127.0.0.1" >"$1/resolv.conf"
: >"$1/hosts"
mount --bind "$1/resolv.conf" /etc/resolv.conf
mount --bind "$1/hosts" /etc/hosts
hostname nobody-knows-me
ip link set lo up
exec "$2" -c "$3" "$1"
"""
"""In namespaces of its own: no way out, a name that is nowhere, and a name server that hears and never answers."""
STARTED = """
import socket, sys
from ipaddress import IPv4Address
from pathlib import Path
from city.load import load
from lab.fleet import process
from lab.params import LabParams

heard = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
heard.bind(("127.0.0.1", 53))
heard.setblocking(False)
params = LabParams(name="nameless", root=Path(sys.argv[1]) / "lab", base_port=25_000,
                   base_address=IPv4Address("127.96.0.0"))
process.up(params, load(Path("cities/example")), print)
seen = process.status(params)
process.down(params)
try:
    asked = heard.recv(512)
except BlockingIOError:
    asked = b""
print(seen.devices, seen.answering, asked)
"""


def test_the_fleet_starts_without_asking_any_name_service(tmp_path: Path, example_city: City) -> None:
    by = as_root()
    assert by is not None
    apart = ("/usr/bin/unshare", "--mount", "--uts", "--net", "--pid", "--fork", "--kill-child", "--mount-proc")
    done = subprocess.run(
        [*by, *apart, "/bin/sh", "-c", NAMELESS, "sh", str(tmp_path), sys.executable, STARTED],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    devices = len([device for device in example_city.devices if device.platform != "frr"])
    assert done.stdout.splitlines()[-1] == f"{devices} {devices} b''"


@pytest.fixture
def stalling(monkeypatch: pytest.MonkeyPatch) -> list[Process]:
    """A machine on which the fleet's process is stopped as soon as it runs."""
    started: list[Process] = []
    start = daemon.start

    def held(wanted: Daemon) -> Process:
        started.append(start(wanted))
        started[-1].signal(signal.SIGSTOP)
        return started[-1]

    monkeypatch.setattr(daemon, "start", held)
    monkeypatch.setattr(process, "STRETCH_S", 0.2)
    return started


def test_a_fleet_that_stalls_is_ended_and_its_log_says_how_far_it_came(
    tmp_path: Path, example_city: City, stalling: list[Process]
) -> None:
    params = LabParams(name="stalled", root=tmp_path / "lab", base_port=26_200, base_address=IPv4Address("127.125.0.0"))
    devices = len([device for device in example_city.devices if device.platform != "frr"])
    with pytest.raises(Failed, match=f"given up: 0 of {devices} devices answered"):
        process.up(params, example_city, print)
    assert [left.alive for left in stalling] == [False]
    assert find(params.pid_file("fleet")) is None
    last = (params.logs / "fleet.log").read_text(encoding="utf-8").splitlines()[-1]
    assert last == f"given up: 0 of {devices} devices answered, and no more for 0.2 s"
