"""The roles `monitoring` and `dashboard`, each on a guest of its own: asty, once its operators told it the city."""

import hashlib
import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from asty.post import Post, packed
from lab.hosts import authority, credentials, golden_image, operators
from lab.hosts.folder import HostsFolder
from lab.hosts.guest import Guest
from lab.params import LabParams
from monitoring.probes import https
from monitoring.probing.web import Page
from monitoring.snapshot import ObservedIn
from tests.lab.hosts.conftest import Machine, machine_of
from tests.lab.hosts.test_hosts_roles import Town, server

pytestmark = pytest.mark.slow
CITY = Path(__file__).parents[3] / "cities" / "example"


@dataclass(frozen=True)
class Told:
    town: Town
    digest: str


def take(machine: Machine, host: Guest, post: Post) -> str:
    """Over a pipe, as over SSH; the digest of what it was told."""
    content = packed(post, CITY)
    digest = hashlib.sha256(content).hexdigest()
    first = machine.life.groups.first(machine.name(host))
    into = ["nsenter", f"--target={first}", "--mount", "--uts", "--ipc", "--net", "--pid", "--root", "--wd=/"]
    program = ["/usr/bin/python3", "/usr/lib/asty/take.py", digest]
    done = subprocess.run([*into, *program], input=content, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return digest


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    root = tmp_path_factory.mktemp("watching") / "lab"
    params = LabParams(name="w", root=root, base_port=17_480, base_address=IPv4Address("127.122.0.0"), hosts=True)
    params.claim()
    home = HostsFolder(params)
    home.make()
    authority.make(params)
    credentials.make(params)
    operators.make(params)
    with machine_of(home, golden_image.provide(print)) as machine:
        host = server(machine, "monitoring", 443)
        machine.life.create(host)
        machine.booted(host)
        assert (
            machine.run(host, "systemctl", "show", "--property=ActiveState", "poller.service") == "ActiveState=inactive"
        )
        post = Post(name="monitoring-1 (datacentre)", observed_in=ObservedIn.LAB, point="datacentre")
        digest = take(machine, host, post)
        yield Told(Town(machine, {"monitoring": host}, params), digest)


def test_a_host_that_is_told_the_city_watches_it_and_says_so_over_https(told: Told) -> None:
    page = Page(path="/healthz", port=443, text='"observed_by":"monitoring-1 (datacentre)"')
    assert "200" in told.town.asks("monitoring", https.PROBE, page)
    assert "200" in told.town.asks("monitoring", https.PROBE, Page(path="/el/", port=443, text="Παράδειγμα"))
    assert "200" in told.town.asks("monitoring", https.PROBE, Page(path="/ledger", port=443))


def test_it_runs_as_a_user_of_its_own_and_says_what_it_was_told(told: Told) -> None:
    machine, host = told.town.machine, told.town.hosts["monitoring"]
    for unit in ("poller.service", "monitoring.service"):
        assert machine.run(host, "systemctl", "show", "--property=User", "--value", unit) == "asty"
        assert machine.run(host, "systemctl", "is-active", unit) == "active"
    assert machine.run(host, "/usr/bin/python3", "/usr/lib/asty/take.py") == told.digest
    assert machine.run(host, "stat", "-c%a %U:%G", "/var/lib/asty/told/post.json") == "640 root:asty"


def test_what_nobody_reaches_from_there_is_never_up(told: Told) -> None:
    """The guest has no cable: whatever it asks is silent."""
    program = "import ssl,urllib.request as u;c=ssl._create_unverified_context();"
    program += "print(u.urlopen('https://127.0.0.1/api/estate.json',context=c).read().decode())"
    seen = json.loads(told.town.machine.run(told.town.hosts["monitoring"], "/usr/bin/python3", "-c", program))
    states = {one["state"] for one in seen["services"].values()}
    assert states and not states & {"up", "degraded"}
