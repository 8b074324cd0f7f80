"""The agent of the names as the lab runs it, for both sites, killed at moments that a seed chooses."""

import os
import random
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from lab import cells, daemon
from lab.names import process
from lab.names.packages import NEEDS
from lab.names.places import endpoints, update_key
from lab.names.question import answers, serial
from lab.net import names
from lab.net.backbone import edge
from lab.openstack.drivers.exchange import Exchange
from lab.openstack.environment import alone
from lab.openstack.spec import RegionSpec, keep
from lab.params import LabParams
from tests.lab.names.zones import ZONE, Raw, www, zone
from tests.lab.packages import have
from tests.waiting import until

pytestmark = pytest.mark.slow


class World:
    """A lab whose both Designates are the test."""

    def __init__(self, params: LabParams) -> None:
        self.params = params
        params.claim()
        self.specs = [
            RegionSpec(params=params, index=n, name=name, cloud=name, zones=("az1",))
            for n, name in enumerate(["a", "b"])
        ]
        for spec in self.specs:
            keep(spec)

    def declare(self, region: int, *zones: Raw) -> None:
        both = Exchange(self.specs[region].names)
        both.open()
        both.wanted.write({"zones": list(zones)})

    def serial(self, region: int, name: str = ZONE) -> int | None:
        return serial(endpoints(self.params, region)[0], name)

    def kill_agent(self) -> None:
        found = daemon.find(process.AGENT.pid_file(self.params))
        assert found is not None
        os.kill(found.pid, signal.SIGKILL)
        until(lambda: not found.alive)

    def servers(self) -> list[str]:
        """The command lines of this lab's daemons that run."""
        return [part.name for part in process.status(self.params) if part.state == "up"]


@pytest.fixture
def world(tmp_path: Path, lab_params: LabParams) -> Iterator[World]:
    have(NEEDS)
    params = LabParams(
        name="names", root=tmp_path / "lab", hosts=True, base_port=27_300, base_address=IPv4Address("127.94.0.0")
    )
    with alone(lab_params.root.with_name(".names-agent.tests")):
        world = World(params)
        yield world
        process.down(params)
        assert world.servers() == []


def test_both_sites_serve_what_is_declared_there_and_end_with_the_lab(world: World) -> None:
    world.declare(0, zone(11, www("10.1.1.1")))
    world.declare(1, zone(12, www("10.2.1.1")))
    process.up(world.params, print)
    until(lambda: [world.serial(0), world.serial(1)] == [11, 12])
    until(lambda: world.servers() == ["names", "a knot", "a unbound", "b knot", "b unbound"])
    process.down(world.params)
    assert world.servers() == [] and world.serial(0) is None
    process.up(world.params, print)
    until(lambda: [world.serial(0), world.serial(1)] == [11, 12])


def test_a_site_that_has_said_nothing_is_not_served_as_empty(world: World) -> None:
    world.declare(0, zone(11, www("10.1.1.1")))
    process.up(world.params, print)
    until(lambda: world.serial(0) == 11)
    until(lambda: world.servers() == ["names", "a knot", "a unbound"])


def test_killed_at_any_moment_the_agent_leaves_zones_that_its_successor_serves(world: World) -> None:
    moments = random.Random(10)  # noqa: S311 - the same moments in each run
    for number in range(1, 13):
        process.up(world.params, print)
        others = [zone(number, name=f"z{n}.test.", identity=f"y{n}") for n in range(moments.randrange(3))]
        world.declare(0, zone(number, www(f"10.1.1.{number}")), *others)
        time.sleep(moments.uniform(0.0, 0.6))
        world.kill_agent()
    kept = world.specs[0].names / "knot" / "zones"
    kept.mkdir(parents=True, exist_ok=True)  # an agent that was killed each time before it did anything made none
    for half in ("y8.zone", "y9.json.new"):
        (kept / half).write_text("what a kill left of a zone that went", encoding="utf-8")
    world.declare(0, zone(20, www("10.1.1.20")))
    process.up(world.params, print)
    until(lambda: [world.serial(0), world.serial(0, "z0.test."), world.serial(0, "z1.test.")] == [20, None, None])
    until(lambda: sorted(file.name for file in kept.iterdir()) == ["z1.json", "z1.zone"])


@pytest.fixture
def edge_of(world: World) -> Iterator[Callable[[int], str]]:
    """Makes the edge of a site as the lab's network does, and returns its namespace."""
    made: list[str] = []

    def make(region: int) -> str:
        namespace = names.place(world.params, edge(region))
        made.append(namespace)
        ip("netns", "add", namespace)
        ip("-n", namespace, "link", "add", "street", "type", "veth", "peer", "name", "x-0")
        for link, address in (("street", "198.18.9.2/30"), ("x-0", "10.88.0.1/24")):
            ip("-n", namespace, "address", "add", address, "dev", link)
            ip("-n", namespace, "link", "set", link, "up")
        ip("-n", namespace, "link", "set", "lo", "up")
        return namespace

    yield make
    for namespace in made:
        if cells.beginning(namespace):
            cells.remove(namespace)


def ip(*words: str) -> None:
    subprocess.run(["/usr/sbin/ip", *words], check=True, capture_output=True)


def test_where_the_lab_has_a_network_both_servers_stand_at_the_edge(
    world: World, edge_of: Callable[[int], str]
) -> None:
    world.declare(0, zone(11, www("10.1.1.1")))
    process.up(world.params, print)
    until(lambda: world.serial(0) == 11)
    loopback = endpoints(world.params, 0)
    namespace = edge_of(0)
    at_edge = endpoints(world.params, 0)
    assert [(str(one.address), one.port, one.namespace) for one in at_edge] == [
        ("198.18.9.2", 53, namespace),
        ("10.88.0.1", 53, namespace),
    ]
    until(lambda: world.serial(0) == 11 and answers(at_edge[1]))
    assert not any(map(answers, loopback)), "nothing stays where it stood before"
    cells.remove(namespace)
    until(lambda: endpoints(world.params, 0) == loopback and world.serial(0) == 11)


def test_the_key_for_updates_is_made_once_and_kept_from_others(world: World) -> None:
    key = update_key(world.params)
    assert update_key(world.params) == key
    assert (world.params.secrets / "dns-update").stat().st_mode & 0o077 == 0
