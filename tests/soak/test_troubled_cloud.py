"""A cloud as it is on a bad day: answers that are lost, states that are lost, quotas that are full, things in ERROR.

The tests of this module share one cloud and run in the order in which they stand; each leaves it as it found it.
"""

import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from openstack.connection import Connection

from asty import by_hand, gathering
from city.errors import NeedsPerson
from city.load import load
from city.model.places import SiteRole
from city.outcome import Outcome, Status
from drs import mending
from infra import automation, preparing
from infra.checkpoint import latest, protected
from infra.interrupted import pending
from infra.plan import StackPlan
from infra.project import Project
from infra.reach import connection
from lab.openstack.environment import provide
from lab.params import LabParams
from tests.infra.trial import KEPT, SITE, WORKLOADS, Trial, begin
from tests.soak import killing
from tests.soak.gateway import Act, Gateway, Rule, gateway
from tests.soak.killing import Moment

UUID = "[0-9a-f-]{36}"
MEMBERS = [f"{service}-{number}" for service in KEPT for number in (1, 2)]
WITHIN_S = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    trial: Trial
    cloud: Connection
    gateway: Gateway

    def foresee(self, name: str = WORKLOADS, project: Project | None = None) -> StackPlan:
        return automation.foresee(self.trial.stack(name), project or self.trial.project, report=print)

    def apply(self) -> list[Outcome]:
        """The workloads, as a plan that was just made says."""
        stack, planned = self.trial.stack(WORKLOADS), self.foresee()
        preparing.prepare(stack, self.trial.project, print)
        return automation.up(stack, self.trial.project, print, planned=planned)

    @property
    def names(self) -> dict[str, list[str]]:
        """What the workloads have in the cloud, by kind; what stands there twice is named twice."""
        cloud, marked = self.cloud, "stack=lab-workloads-datacentre"
        return {
            "servers": sorted(one.name for one in cloud.compute.servers() if one.metadata.get("service") in KEPT),
            "volumes": sorted(one.name for one in cloud.block_storage.volumes()),
            "ports": sorted(one.name for one in cloud.network.ports() if marked in (one.description or "")),
            "groups": sorted(g.name for g in cloud.network.security_groups() if marked in (g.description or "")),
            "balancers": sorted(one.name for one in cloud.load_balancer.load_balancers()),
            "listeners": sorted(one.name for one in cloud.load_balancer.listeners()),
            "floating": sorted(one.description for one in cloud.network.ips()),
        }


WHOLE = {
    "servers": sorted(MEMBERS),
    "volumes": sorted(f"{member}-data" for member in MEMBERS),
    "ports": sorted(MEMBERS),
    "groups": sorted(KEPT),
    "balancers": sorted(KEPT),
    "listeners": sorted(KEPT),
    "floating": sorted(f"Clients of {service}" for service in KEPT),
}


@pytest.fixture(scope="module")
def world(datacentre: LabParams, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    trial = begin(tmp_path_factory.mktemp("troubled"), datacentre)
    trial.up(SITE)
    with (
        connection(trial.stack(SITE), trial.project.clouds) as cloud,
        gateway(cloud) as between,
    ):
        yield World(trial=trial, cloud=cloud, gateway=between)
        between.rules = []
        trial.end()


def wrong(outcomes: list[Outcome]) -> list[str]:
    return [str(outcome) for outcome in outcomes if outcome.status in {Status.FAILED, Status.UNKNOWN}]


def await_that(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WITHIN_S
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.5)


def test_what_was_asked_for_and_not_answered_is_made_once(world: World) -> None:
    """One request of each kind is done, and its answer lost on the way: 504 from one gateway, 500 from another."""
    posts = ("/security-groups$", "/ports$", "/volumes$", "/servers$", "/loadbalancers$", "/floatingips$")
    rules = [
        Rule(method="POST", path=path, act=Act.LOSE, status=504 if number % 2 else 500)
        for number, path in enumerate(posts)
    ]
    world.gateway.rules = rules
    for _ in range(len(posts)):
        done = world.apply()
        if not wrong(done):
            break
    world.gateway.rules = []
    assert [rule.path for rule in rules if not rule.met] == [], "each answer was lost once"
    assert wrong(done) == []
    assert world.names == WHOLE
    assert world.foresee().steps == ()


@pytest.mark.parametrize("status", [503, 502])
def test_one_failed_answer_while_looking_costs_no_plan(status: int, world: World) -> None:
    rule = Rule(method="GET", path=f"/servers/{UUID}$", act=Act.REFUSE, status=status)
    with world.gateway.following(rule):
        assert world.foresee().steps == ()


def test_an_answer_that_comes_late_is_waited_for(world: World) -> None:
    with world.gateway.following(Rule(method="GET", path=f"/ports/{UUID}$", act=Act.DELAY)):
        assert world.foresee().steps == ()


def test_a_full_quota_is_named_before_anything_is_made(world: World) -> None:
    portal = world.trial.declared("portal")
    world.trial.declare(maps={**portal, "workload": {**portal["workload"], "dns_name": "maps"}})
    cloud, project = world.cloud, str(world.cloud.current_project_id)
    quota = cloud.network.get_quota(project, details=True)
    cores = cloud.compute.get_limits().absolute.total_cores_used
    cloud.network.update_quota(project, floating_ips=quota.floating_ips["used"], ports=quota.ports["used"] + 1)
    cloud.compute.update_quota_set(project, cores=cores + 1)
    try:
        notes = world.foresee().notes
    finally:
        cloud.network.update_quota(project, floating_ips=-1, ports=-1)
        cloud.compute.update_quota_set(project, cores=-1)
        world.trial.declare(maps=None)
    told = {note.partition(":")[0]: note for note in notes}
    assert told.keys() == {"quota of floating addresses", "quota of ports", "quota of cores"}
    assert "this plan takes 1, and 0 of" in told["quota of floating addresses"]
    assert "this plan takes 3, and 1 of" in told["quota of ports"], "two members and the balancer"
    assert "Have it raised by 1 first" in told["quota of cores"]


def test_a_second_machine_with_a_state_of_its_own_makes_nothing_twice(world: World, tmp_path: Path) -> None:
    other = replace(world.trial.project, folder=tmp_path / "pulumi")
    with pytest.raises(NeedsPerson, match="things of this very stack that its state does not know"):
        world.foresee(SITE, other)


@pytest.mark.parametrize("left", ["backup", "nothing"])
def test_a_lost_state_is_overwritten_by_nobody_who_looks(left: str, world: World, tmp_path: Path) -> None:
    """With Pulumi's backup beside it, it is named; with nothing at all, the cloud itself tells that it was there."""
    folder = tmp_path / "pulumi"
    shutil.copytree(world.trial.project.folder, folder, symlinks=True)
    shutil.copy(world.trial.project.passphrase, tmp_path / "passphrase")
    copy = replace(world.trial.project, folder=folder)
    checkpoint = copy.checkpoint(WORKLOADS)
    checkpoint.unlink()
    if left == "nothing":
        for name in ("backups", "history"):
            shutil.rmtree(copy.state / ".pulumi" / name, ignore_errors=True)
        for rest in checkpoint.parent.glob(f"{WORKLOADS}.json*"):
            rest.unlink()
    before = {path: path.read_bytes() for path in copy.state.rglob("*") if path.is_file()}
    with pytest.raises(NeedsPerson) as lost:
        world.foresee(WORKLOADS, copy)
    assert {path: path.read_bytes() for path in copy.state.rglob("*") if path.is_file()} == before
    expected = "it is gone, though the stack was made" if left == "backup" else "that its state does not know"
    assert expected in str(lost.value.problem)


def move(world: World, slot: int) -> None:
    """The portal is to stand in another block. What stands there is not moved back without a word."""
    portal = world.trial.declared("portal")
    world.trial.declare(portal={**portal, "workload": {**portal["workload"], "slot": slot}})


@pytest.mark.parametrize(
    ("path", "kind", "number", "slot"),
    [
        pytest.param("/security-group-rules$", "SecGroupRule", 0, 9, id="made before the old one goes"),
        pytest.param(
            "/loadbalancers$", "LoadBalancer", 1, 8, id="made after the old one went with all that hangs on it"
        ),
    ],
)
def test_a_replacement_that_was_cut_off_while_nobody_answered_is_settled(
    path: str, kind: str, number: int, slot: int, world: World
) -> None:
    """The new one is made, its answer never comes, and the engine is killed with all that it started."""
    move(world, slot)
    log = world.trial.project.folder / f"replaced-{slot}.json"
    moment = Moment(kinds=frozenset({"create-replacement"}), number=number, delay_s=5, all_of_it=True)
    with world.gateway.following(Rule(method="POST", path=path, act=Act.SILENCE)):
        assert killing.run(world.trial, WORKLOADS, "up", log, moment) is None
    left = pending(latest(world.trial.project.checkpoint(WORKLOADS)))
    assert any(one.creating and one.type.endswith(f":{kind}") for one in left)
    assert world.foresee().steps == world.foresee().steps, "it can be planned, and planned again"
    assert wrong(world.apply()) == []
    assert world.names == WHOLE
    assert world.foresee().steps == ()


def test_a_replacement_that_was_refused_after_the_old_one_went_is_made_by_the_next_plan(world: World) -> None:
    """Such as by a quota; with the load balancer went its listener, pool and members."""
    move(world, 10)
    with world.gateway.following(Rule(method="POST", path="/loadbalancers$", act=Act.REFUSE, status=409)):
        assert any("409" in line for line in wrong(world.apply()))
    assert wrong(world.apply()) == []
    assert world.names == WHOLE


def client(world: World, remedy: str) -> None:
    """Does what a remedy says: the command of the OpenStack client between its last backticks."""
    words = re.findall(r"`openstack ([^`]*)`", remedy)[-1].split()
    program = provide(print) / "bin" / "openstack"
    done = subprocess.run(
        [program, *words],
        env={"PATH": os.environ["PATH"], "OS_CLIENT_CONFIG_FILE": str(world.trial.project.clouds)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def stopped(cloud: Connection) -> Any:  # noqa: ANN401 - a thing of openstacksdk's
    cloud.compute.stop_server(server := cloud.compute.find_server("identity-2", ignore_missing=False))
    await_that(lambda: cloud.compute.get_server(server.id).status == "SHUTOFF")


def given_up(cloud: Connection) -> Any:  # noqa: ANN401 - as above
    cloud.compute.reset_server_state(cloud.compute.find_server("portal-1", ignore_missing=False), "error")


def paused(cloud: Connection) -> Any:  # noqa: ANN401 - as above
    cloud.compute.pause_server(server := cloud.compute.find_server("portal-2", ignore_missing=False))
    await_that(lambda: cloud.compute.get_server(server.id).status == "PAUSED")


def shelved(cloud: Connection) -> Any:  # noqa: ANN401 - as above
    cloud.compute.shelve_server(server := cloud.compute.find_server("portal-2", ignore_missing=False))
    await_that(lambda: cloud.compute.get_server(server.id).status.startswith("SHELVED"))


@pytest.mark.parametrize(
    ("spoil", "name", "state"),
    [
        (stopped, "identity-2", "SHUTOFF"),
        (given_up, "portal-1", "ERROR"),
        (paused, "portal-2", "PAUSED"),
        (shelved, "portal-2", "SHELVED_OFFLOADED"),
    ],
)
def test_the_remedy_for_a_troubled_server_brings_it_back(
    spoil: Callable[[Connection], Any], name: str, state: str, world: World
) -> None:
    spoil(world.cloud)
    client(world, mending.server("datacentre", name, state))
    server = world.cloud.compute.find_server(name, ignore_missing=False)
    await_that(lambda: bool(world.cloud.compute.get_server(server.id).status == "ACTIVE"))


def test_the_remedy_for_a_volume_in_error_keeps_it_with_its_server(world: World) -> None:
    cloud = world.cloud
    volume = cloud.block_storage.find_volume("portal-1-data", ignore_missing=False)
    cloud.block_storage.reset_volume_status(volume.id, status="error")
    client(world, mending.volume("datacentre", volume.name, "error", attached=True))
    found = cloud.block_storage.get_volume(volume.id)
    assert (found.status, len(found.attachments)) == ("in-use", 1)
    assert world.foresee().steps == ()


def told_by_hand(world: World, plan: StackPlan) -> list[str]:
    city = load(world.trial.project.city)
    sites = gathering.observe(city, (), gathering.views(city, world.trial.project.clouds), datetime.now(UTC))
    steps = {step.subject for step in plan.steps}
    return list(by_hand.lines(by_hand.findings(sites, {SiteRole.DATACENTRE: steps})))


def test_what_was_opened_by_hand_is_in_the_plan_or_told_beside_it(world: World) -> None:
    """A port without its guard is a step; a rule and a pool member that nobody declared are told, with what helps."""
    cloud = world.cloud
    assert wrong(world.apply()) == []
    assert told_by_hand(world, world.foresee()) == []
    group = next(cloud.network.security_groups(name="portal", project_id=cloud.current_project_id))
    rule = cloud.network.create_security_group_rule(
        security_group_id=group.id,
        direction="ingress",
        ether_type="IPv4",
        protocol="tcp",
        port_range_min=22,
        port_range_max=22,
        remote_ip_prefix="0.0.0.0/0",
    )
    port = next(cloud.network.ports(name="identity-1"))
    cloud.network.update_port(port, security_groups=[], port_security_enabled=False)
    pool = next(cloud.load_balancer.pools(name="portal"))
    member = cloud.load_balancer.create_member(pool, name="hand", address="10.1.1.99", protocol_port=443)
    plan = world.foresee()
    assert [(step.op, step.subject) for step in plan.steps] == [("update", "Port identity-1")]
    told = "\n".join(told_by_hand(world, plan))
    assert "ingress tcp 22 0.0.0.0/0, which the city does not declare" in told
    assert "`openstack --os-cloud datacentre security group rule list portal`" in told
    assert "10.1.1.99:443" in told
    assert wrong(world.apply()) == []
    assert cloud.network.get_port(port.id).is_port_security_enabled
    (bare,) = [line for line in told_by_hand(world, world.foresee()) if "port identity-1" in line]
    assert "it lacks the security group" in bare, "the provider never reads which groups a port has"
    client(world, bare)
    client(world, f"`openstack --os-cloud datacentre security group rule delete {rule.id}`")
    balancer = cloud.load_balancer.find_load_balancer("portal", ignore_missing=False)
    await_that(lambda: bool(cloud.load_balancer.get_load_balancer(balancer.id).provisioning_status == "ACTIVE"))
    cloud.load_balancer.delete_member(member, pool)
    await_that(lambda: told_by_hand(world, world.foresee()) == [])


@pytest.mark.parametrize("act", [Act.REFUSE, Act.LOSE])
def test_a_500_in_the_middle_of_a_delete_is_told_and_ended_by_the_next_run(act: Act, world: World) -> None:
    """The service did it, or did not: nobody who got a 500 knows, and the next run goes on from there."""
    trial = world.trial
    if protected(trial.project.checkpoint(WORKLOADS)):
        trial.release()
    rules = [
        Rule(method="DELETE", path=path, act=act, status=500)
        for path in (f"/servers/{UUID}$", f"/ports/{UUID}$", f"/volumes/{UUID}$", f"/loadbalancers/{UUID}$")
    ]
    world.gateway.rules = rules
    for _ in range(len(rules) + 1):
        done = trial.destroy(WORKLOADS)
        assert all(one.reason for one in done if one.status is Status.FAILED)
        if not wrong(done):
            break
    world.gateway.rules = []
    assert [rule.path for rule in rules if not rule.met] == [], "each broke off once"
    assert wrong(done) == []
    assert {kind: names for kind, names in world.names.items() if names} == {}
    assert wrong(world.apply()) == [], "it stands again for whoever comes next"
