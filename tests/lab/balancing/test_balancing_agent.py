"""The agent as the lab runs it: as root, for two regions, in namespaces that the network below plugs addresses into."""

import os
import random
import signal
import time

import pytest

from city.processes import start_time
from lab import cells, daemon
from lab.balancing import process
from lab.balancing.places import prefix
from lab.net import names
from tests.lab.balancing.balancers import member
from tests.lab.balancing.world import CLIENTS, World, balancer, ip
from tests.waiting import until

pytestmark = pytest.mark.slow


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
