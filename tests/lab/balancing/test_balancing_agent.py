"""The agent as the lab runs it: as root, for two regions, in namespaces that the network below plugs addresses into."""

import contextlib
import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from city.processes import start_time
from lab import cells, daemon
from lab.balancing import process
from lab.balancing.packages import NEEDS
from lab.balancing.places import prefix
from lab.net import names
from lab.net.kernel import inside
from lab.openstack.drivers.exchange import Exchange
from lab.openstack.environment import alone
from lab.openstack.spec import RegionSpec, keep
from lab.params import LabParams
from lab.system import as_root
from tests.lab.balancing.balancers import Raw, listener, member, monitor, pool
from tests.lab.balancing.balancers import balancer as declared
from tests.lab.balancing.members import Server, asked, until
from tests.lab.packages import have

pytestmark = pytest.mark.slow
CLIENTS, VIP = "10.77.9.1", "10.77.9.80"
QUICK = monitor(delay_s=1, timeout_s=1, rise=1, fall=2)


def ip(*words: str) -> None:
    subprocess.run(["/usr/sbin/ip", *words], check=True, capture_output=True)


class World:
    """A lab whose OpenStack and whose network below are the test."""

    def __init__(self, params: LabParams) -> None:
        self.params = params
        self.by = as_root()
        assert self.by is not None, "namespaces take root, or sudo"
        params.claim()
        self.specs = [
            RegionSpec(params=params, index=n, name=name, cloud=name, zones=("az1",))
            for n, name in enumerate(["dc", "drs"])
        ]
        for spec in self.specs:
            keep(spec)
        self.exchanges = [Exchange(spec.balancing) for spec in self.specs]
        self.client = f"{names.mark(params)}.t"
        ip("netns", "add", self.client)
        ip("-n", self.client, "link", "set", "lo", "up")

    def start(self) -> None:
        process.up(self.params, print)

    def declare(self, *balancers: Raw, region: int = 0) -> None:
        self.exchanges[region].open()
        self.exchanges[region].wanted.write({"balancers": list(balancers)})

    def told(self, region: int = 0) -> dict[str, Raw]:
        content = self.exchanges[region].told.read()
        return {} if content is None else dict(content["balancers"])

    def until_taken(self, *balancers: Raw, region: int = 0) -> None:
        wanted = {one["id"]: one["revision"] for one in balancers}
        until(lambda: {key: one["revision"] for key, one in self.told(region).items()} == wanted, f"{wanted}")

    def namespace(self, balancer: Raw) -> str:
        return names.device(self.params, balancer["device"])

    def plug(self, balancer: Raw) -> None:
        """As the network below does, a while after the namespace is there."""
        until(lambda: Path("/run/netns", self.namespace(balancer)).exists())
        ip("-n", self.client, "link", "add", "lb", "type", "veth", "peer", "eth0", "netns", self.namespace(balancer))
        ip("-n", self.client, "address", "replace", f"{CLIENTS}/24", "dev", "lb")
        ip("-n", self.namespace(balancer), "address", "add", f"{VIP}/24", "dev", "eth0")
        for namespace, link in ((self.client, "lb"), (self.namespace(balancer), "eth0")):
            ip("-n", namespace, "link", "set", link, "up")

    def asked(self) -> str:
        with inside(self.client):
            return asked((VIP, 8443))

    def serve(self, name: str, port: int) -> Server:
        with inside(self.client):
            return Server(name, (CLIENTS, port))

    def left(self) -> list[str]:
        """Namespaces, processes and folders of load balancers."""
        running = [file.parent.name for file in Path("/proc").glob("[0-9]*/cwd") if self._here(file)]
        folders = [str(folder) for spec in self.specs for folder in spec.balancing.glob("lb-*")]
        return [*cells.beginning(prefix(self.params)), *running, *folders]

    def _here(self, link: Path) -> bool:
        with contextlib.suppress(OSError):
            return "/balancing/lb-" in str(link.readlink()) and str(self.params.root) in str(link.readlink())
        return False

    def pid(self, balancer: Raw) -> int:
        """0 where it does not run."""
        found = daemon.find(self.specs[0].balancing / f"lb-{balancer['id']}" / "pid")
        return found.pid if found else 0

    @property
    def agent(self) -> int:
        found = daemon.find(process.AGENT.pid_file(self.params))
        assert found is not None
        return found.pid

    def close(self) -> None:
        process.down(self.params)
        ip("netns", "delete", self.client)


@pytest.fixture
def world(tmp_path: Path, lab_params: LabParams) -> Iterator[World]:
    have(NEEDS)
    params = LabParams(
        name="lb", root=tmp_path / "lab", hosts=True, base_port=38_200, base_address=IPv4Address("127.93.0.0")
    )
    with alone(lab_params.root.with_name(".balancing-agent.tests")):
        world = World(params)
        yield world
        world.close()
        assert cells.beginning(prefix(params)) == []


def balancer(number: int = 1, revision: str = "r1", *members: Raw) -> Raw:
    name = f"{number:08x}-0000-4000-8000-000000000000"
    served = pool(*members, monitor=QUICK, id=f"pool-{number}")
    one = declared(listener(pool=served["id"]), pools=(served,), id=name, addresses=[VIP], revision=revision)
    return {**one, "device": f"lb-{name}"}


def test_an_address_that_is_plugged_in_later_leads_to_the_members(world: World) -> None:
    wanted = balancer(1, "r1", member("a", address=CLIENTS, port=9000))
    world.declare(wanted)
    world.declare(region=1)
    world.start()
    world.until_taken(wanted)
    assert world.asked() == "", "nothing leads there before it is plugged in"
    world.plug(wanted)
    server = world.serve("a", 9000)
    until(lambda: world.told()[wanted["id"]]["statuses"]["members"].get("a") == "ONLINE")
    assert world.asked() == "a"
    server.die()
    until(lambda: world.told()[wanted["id"]]["statuses"]["loadbalancers"].get(wanted["id"]) == "ERROR")


def test_killed_load_balancers_come_back_and_a_killed_agent_changes_nothing(world: World) -> None:
    wanted = balancer()
    world.declare(wanted)
    world.declare(region=1)
    world.start()
    world.until_taken(wanted)
    pid = world.pid(wanted)
    os.kill(world.agent, signal.SIGKILL)
    until(lambda: daemon.find(process.AGENT.pid_file(world.params)) is None)
    world.start()
    changed = {**wanted, "revision": "r2"}
    world.declare(changed)
    world.until_taken(changed)
    assert world.pid(wanted) == pid, "who comes later takes over what runs"
    os.kill(pid, signal.SIGKILL)
    until(
        lambda: (
            daemon.find(world.specs[0].balancing / f"lb-{wanted['id']}" / "pid") is not None
            and world.pid(wanted) != pid
        )
    )


def test_a_namespace_that_somebody_removed_is_made_again_with_its_load_balancer(world: World) -> None:
    wanted = balancer()
    world.declare(wanted)
    world.declare(region=1)
    world.start()
    world.until_taken(wanted)
    before = world.pid(wanted)
    ip("netns", "delete", world.namespace(wanted))
    until(lambda: world.pid(wanted) not in {0, before} and cells.holds(world.namespace(wanted), world.pid(wanted)))
    assert start_time(before) is None


def test_a_region_that_has_said_nothing_loses_nothing(world: World) -> None:
    """What the other region wants is unknown: a namespace without an owner may be its."""
    ip("netns", "add", names.device(world.params, "lb-of-the-other-region"))
    wanted = balancer()
    world.declare(wanted)
    world.start()
    world.until_taken(wanted)
    assert len(cells.beginning(prefix(world.params))) == 2
    world.declare(region=1)
    until(lambda: cells.beginning(prefix(world.params)) == [world.namespace(wanted)])


def test_killed_at_any_moment_it_leaves_nothing_that_nobody_owns(world: World) -> None:
    """Seeded moments within create, change and delete; who comes after it mends or removes what was half done."""
    moments = random.Random(10)  # noqa: S311 - the same moments in each run
    world.declare(region=1)
    for number in range(12):
        world.start()
        wanted = [balancer(n, f"r{number}") for n in range(1, 1 + moments.randrange(4))]
        world.declare(*wanted)
        time.sleep(moments.uniform(0.0, 0.8))
        os.kill(world.agent, signal.SIGKILL)
        until(lambda: daemon.find(process.AGENT.pid_file(world.params)) is None)
    world.start()
    last = balancer(7, "last")
    world.declare(last)
    world.until_taken(last)
    until(lambda: cells.beginning(prefix(world.params)) == [world.namespace(last)])
    until(lambda: len(world.left()) == 1 + 2 + 1, "one namespace, master and worker, one folder")
    world.declare()
    until(lambda: world.left() == [], "nothing")


def test_the_end_of_the_lab_is_the_end_of_all_of_it(world: World) -> None:
    wanted = [balancer(1), balancer(2)]
    world.declare(*wanted)
    world.declare(region=1)
    world.start()
    world.until_taken(*wanted)
    assert [part.state for part in process.status(world.params)] == ["up"] * 3
    process.down(world.params)
    assert [one for one in world.left() if "/" not in one] == []
    assert [part.state for part in process.status(world.params)] == ["down"] * 3
