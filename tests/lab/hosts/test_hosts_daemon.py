"""The process that answers for the guests: asked as Nova's driver asks, killed in the middle, and gone on."""

import json
import os
import queue
import signal
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from lab import cells, daemon
from lab.hosts import leftovers, process
from lab.hosts.guest import Guest
from lab.openstack.drivers.hosts import HostError, Hosts
from tests.lab.hosts.conftest import REGION, Machine, volume

pytestmark = pytest.mark.slow


@pytest.fixture
def hosts(machine: Machine) -> Iterator[Hosts]:
    params = machine.life.home.params
    process.up(params, print)
    yield Hosts(str(params.hosts_socket))
    process.down(params)


def create(hosts: Hosts, which: Guest) -> None:
    hosts.ask("create", guest=which.as_json())


def kill(machine: Machine) -> None:
    daemon.kill([machine.life.home.params.pid_file("hosts")])


def test_what_nova_asks_is_done(hosts: Hosts, machine: Machine) -> None:
    portal = machine.guest()
    assert hosts.ask("state", id=portal.id) is None
    create(hosts, portal)
    assert hosts.ask("state", id=portal.id) == "running"
    assert hosts.ask("states", region=REGION) == {portal.id: "running"}
    assert hosts.ask("states", region="RegionTwo") == {}
    machine.booted(portal)
    assert "BEGIN SSH HOST KEY KEYS" in hosts.ask("console", id=portal.id)
    assert hosts.ask("pause", id=portal.id) == "paused"
    assert hosts.ask("unpause", id=portal.id) == "running"
    assert hosts.ask("stop", id=portal.id, patience_s=0) == "stopped"
    assert hosts.ask("resize", id=portal.id, compute_host="c2", memory_mb=512, disk_gb=2) == "stopped"
    assert hosts.ask("start", id=portal.id, volumes=[], name_servers=[]) == "running"
    assert hosts.ask("delete", id=portal.id) == "deleted"
    assert hosts.ask("delete", id=portal.id) == "deleted"


@pytest.mark.parametrize(
    ("told", "problem"),
    [
        pytest.param({"do": "dance", "id": "0f0f0f0f-0000-4000-8000-00000000000a"}, "dance", id="an unknown verb"),
        pytest.param({"do": "stop", "id": "../x", "patience_s": 0}, "a server's id", id="an id that is a path"),
        pytest.param({"do": "stop", "id": "0f0f0f0f-0000-4000-8000-00000000000a"}, "patience_s", id="half a request"),
        pytest.param({"do": "create", "guest": {"id": "x"}}, "a guest", id="half a guest"),
        pytest.param({}, "do", id="nothing"),
        pytest.param(
            {"do": "start", "id": "0f0f0f0f-0000-4000-8000-00000000000a", "volumes": [], "name_servers": []},
            "no host was made of it",
            id="a server that was never made",
        ),
    ],
)
def test_a_wrong_request_is_answered_and_the_next_one_is_too(
    hosts: Hosts, machine: Machine, told: dict[str, object], problem: str
) -> None:
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(str(machine.life.home.params.hosts_socket))
        line.sendall(b"{\n" + json.dumps(told).encode() + b"\n")
        answers = line.makefile("rb")
        assert "not JSON" in json.loads(answers.readline())["error"]
        assert problem in json.loads(answers.readline())["error"]
    assert hosts.ask("states", region=REGION) == {}


def test_only_the_labs_user_may_ask(hosts: Hosts, machine: Machine) -> None:
    assert hosts.ask("states", region=REGION) == {}
    seen = machine.life.home.params.hosts_socket.stat()
    assert (seen.st_mode & 0o777, seen.st_uid) == (0o600, machine.life.home.params.root.stat().st_uid)


def listening(hosts: Hosts) -> "queue.Queue[tuple[str, str]]":
    """What a listener hears from now on."""
    found: queue.Queue[tuple[str, str]] = queue.Queue()

    def listen() -> None:
        for news in hosts.news(REGION):
            found.put(news)

    threading.Thread(target=listen, daemon=True).start()
    return found


def test_a_guest_that_dies_by_itself_is_news_within_five_seconds(hosts: Hosts, machine: Machine) -> None:
    portal = machine.guest()
    create(hosts, portal)
    news = listening(hosts)
    assert news.get(timeout=60) == (portal.id, "running")
    first = machine.life.groups.first(machine.name(portal))
    assert first is not None
    os.kill(first, signal.SIGKILL)
    assert news.get(timeout=5) == (portal.id, "stopped")
    assert not Path("/run/netns", machine.name(portal)).exists(), "nobody answers at its address"


def test_a_killed_daemon_finds_its_guests_again_and_hears_of_their_end(hosts: Hosts, machine: Machine) -> None:
    portal, other = machine.guest(), machine.guest()
    create(hosts, portal)
    create(hosts, other)
    first = machine.life.groups.first(machine.name(portal))
    kill(machine)
    machine.life.stop(other.id, 0)
    process.up(machine.life.home.params, print)
    assert hosts.ask("states", region=REGION) == {portal.id: "running", other.id: "stopped"}
    assert machine.life.groups.first(machine.name(portal)) == first, "the guest never noticed"
    news = listening(hosts)
    assert {news.get(timeout=60), news.get(timeout=60)} == {(portal.id, "running"), (other.id, "stopped")}
    assert first is not None
    os.kill(first, signal.SIGKILL)
    assert news.get(timeout=5) == (portal.id, "stopped")


def test_who_asks_while_nobody_answers_is_answered_later(hosts: Hosts, machine: Machine) -> None:
    kill(machine)
    with pytest.raises(HostError, match="nobody answers"):
        Hosts(str(machine.life.home.params.hosts_socket), patience_s=0).ask("states", region=REGION)
    starting = threading.Timer(0.5, process.up, (machine.life.home.params, print))
    starting.start()
    assert hosts.ask("states", region=REGION) == {}
    starting.join()


SEEDS = tuple(range(4))
_LONGEST_S = {"create": 0.4, "attach": 0.06, "detach": 0.04, "stop": 0.1, "start": 0.3, "delete": 0.15}
"""About as long as each takes: the kill falls into it, and now and then before or after."""


@pytest.mark.parametrize("seed", SEEDS)
def test_killed_in_the_middle_it_goes_on_and_leaves_nothing(seed: int, hosts: Hosts, machine: Machine) -> None:
    """As Nova's driver does, each request is repeated until it is answered."""
    cut_off(seed, hosts, machine)


def cut_off(seed: int, hosts: Hosts, machine: Machine) -> None:
    """Kill the daemon at a moment of the seed's in each change of a guest's life; then nothing is unowned."""
    portal, data = machine.guest(), volume(machine.life.home)
    shown = data.as_json()
    steps: list[tuple[str, dict[str, object], str | None]] = [
        ("create", {"guest": portal.as_json()}, "running"),
        ("attach", {"id": portal.id, "volume": shown}, "running"),
        ("detach", {"id": portal.id, "volume_id": data.id}, "running"),
        ("stop", {"id": portal.id, "patience_s": 0}, "stopped"),
        ("start", {"id": portal.id, "volumes": [shown], "name_servers": []}, "running"),
        ("delete", {"id": portal.id}, None),
    ]
    for index, (verb, told, wanted) in enumerate(steps):
        asking = threading.Thread(target=lambda verb=verb, told=told: hosts.ask(verb, **told))
        asking.start()
        time.sleep(_LONGEST_S[verb] * ((seed * 7 + index * 13) % 50) / 50)
        kill(machine)
        process.up(machine.life.home.params, print)
        asking.join(timeout=300)
        assert not asking.is_alive()
        assert hosts.ask("state", id=portal.id) == wanted
        if wanted == "running":
            has_it = verb in {"attach", "start"}
            assert ("/srv/data" in machine.run(portal, "cat", "/proc/mounts")) == has_it
        assert leftovers.find(machine.life) == []
    assert machine.life.home.volume(REGION, data.id).exists()


def test_down_ends_every_guest_and_up_finds_their_disks(hosts: Hosts, machine: Machine) -> None:
    portal = machine.guest()
    create(hosts, portal)
    params = machine.life.home.params
    assert [(part.name, part.state) for part in process.status(params)] == [("hosts", "up")]
    process.down(params)
    process.down(params)
    assert [(part.name, part.state) for part in process.status(params)] == [("hosts", "down")]
    assert leftovers.find(machine.life) == []
    assert machine.life.home.of(portal.id).disk.exists()
    process.up(params, print)
    hosts.ask("start", id=portal.id, volumes=[], name_servers=[])


def test_what_nobody_owns_is_named_and_removed_with_down(hosts: Hosts, machine: Machine) -> None:
    portal = machine.guest()
    create(hosts, portal)
    folder = machine.life.home.of(portal.id)
    folder.path.rename(folder.path.with_name("lost"))
    params = machine.life.home.params
    named = [part.name for part in process.status(params) if part.state == "unowned"]
    assert f"control group {folder.name}" in named and f"network namespace {folder.name}" in named
    assert sum(name.startswith("loop device /dev/loop") for name in named) == 2
    process.down(params)
    assert [part.name for part in process.status(params)] == ["hosts"]


def test_the_network_of_a_load_balancer_is_not_a_hosts_leftover(machine: Machine) -> None:
    cells.add("a7a-lb000000000")
    try:
        assert leftovers.find(machine.life) == []
    finally:
        cells.remove("a7a-lb000000000")


def test_a_lab_that_never_had_hosts_has_none_to_show(machine: Machine) -> None:
    params = replace(machine.life.home.params, root=machine.life.home.params.root / "other")
    assert process.status(params) == []
    process.down(params)
