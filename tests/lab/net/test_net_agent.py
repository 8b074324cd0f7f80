"""The agent as a process of root's: told, killed, away from its databases, beside another lab, and removed."""

import json
import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from ipaddress import IPv4Address, IPv4Interface
from pathlib import Path

import pytest

from city.errors import AstyError, Failed, InvalidInput, Refused
from lab import daemon
from lab.net import faults, kernel, names, process, weather
from lab.net.agent import tell
from lab.net.rounds import look, settle
from lab.net.weather import Way, Weather
from lab.openstack.spec import RegionSpec, keep
from lab.params import LabParams
from lab.real import namespaces
from tests.lab.net.city import ingress
from tests.lab.net.test_net_mend import seen, spoil
from tests.lab.net.test_net_neutron import RECORDED
from tests.lab.net.world import ARRIVES_S, PARAMS, SILENCE_S, World, arrives, reaches
from tests.waiting import until

pytestmark = pytest.mark.slow
SERVER = "a1111111-2222-4333-8444-555555555555"


class Lab:
    """A lab of which only the network stands. What each Neutron has is in a file that tests write."""

    def __init__(self, folder: Path) -> None:
        self.params = replace(PARAMS, root=folder / "lab", hosts=True)
        self.params.claim()
        for index, name in enumerate(("RegionOne", "RegionTwo")):
            keep(RegionSpec(params=self.params, index=index, name=name, cloud=name, zones=("az1",)))
        self.rows = folder / "environment" / "bin" / "rows"
        self.rows.mkdir(parents=True)
        shutil.copy(Path(__file__).parent / "reader.py", self.rows.parent / "python")

    def say(self, index: int, **changes: object) -> None:
        """From now on this is what the region's Neutron has; the recovery site's ids and addresses are its own."""
        rows = {**json.loads(RECORDED.read_text()), **changes}
        text = json.dumps(rows).replace("10.203.", f"10.{203 + index}.")
        if index:
            text = text.replace('"a1111111', '"b1111111')
            for table in ("networks", "subnets", "ports", "routers"):
                for row in rows[table]:
                    text = text.replace(row["id"], f"f{row['id'][1:]}" if row["id"][0] != "f" else f"0{row['id'][1:]}")
        partial = self.rows / "new"
        partial.write_text(text)
        partial.replace(self.rows / f"{index}.json")

    @property
    def spaces(self) -> list[str]:
        return process.names_of(self.params)


@pytest.fixture
def lab(bare: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    lab = Lab(tmp_path)
    monkeypatch.setattr(process, "environment_folder", lambda: tmp_path / "environment")
    lab.say(0)
    lab.say(1)
    assert not lab.spaces, bare
    yield lab
    process.down(lab.params)
    assert process.leftovers(lab.params) == ()


def test_it_builds_what_both_neutrons_have_and_removes_all_of_it(lab: Lab) -> None:
    assert process.up(lab.params, print) is None
    assert len(lab.spaces) == 3 + 3 + 2 + 4 + 2, "the last are the probe hosts of both sites"
    assert [part.state for part in process.status(lab.params)] == ["up"]
    process.down(lab.params)
    assert lab.spaces == []
    assert not (Path("/sys/class/net") / names.place(lab.params, "gate")).exists()
    assert [part.state for part in process.status(lab.params)] == ["down"]


def test_a_device_is_plugged_in_by_itself_and_at_once_when_somebody_tells(lab: Lab) -> None:
    process.up(lab.params, print)
    space = names.device(lab.params, SERVER)
    subprocess.run(["/usr/sbin/ip", "netns", "add", space], check=True)
    assert tell(lab.params)["problems"] == []
    assert kernel.read(space).links["eth0"].mac == "fa:16:3e:fa:d6:d5"
    subprocess.run(["/usr/sbin/ip", "netns", "delete", space], check=True)
    subprocess.run(["/usr/sbin/ip", "netns", "add", space], check=True)
    until(lambda: "eth0" in kernel.read(space).links)


def test_what_neutron_forgets_goes(lab: Lab) -> None:
    process.up(lab.params, print)
    before = len(lab.spaces)
    ports = [row for row in json.loads(RECORDED.read_text())["ports"] if row["device_owner"] == "compute:x"]
    lab.say(0, routers=[], ports=ports, floating=[])
    until(lambda: len(lab.spaces) == before - 1)


def test_without_its_database_a_region_stays_as_it_is(lab: Lab) -> None:
    process.up(lab.params, print)
    before, _ = look(lab.params)
    (lab.rows / "0.json").unlink()
    assert tell(lab.params) == {"steps": 0, "problems": []}
    after, _ = look(lab.params)
    assert seen(after) == seen(before)


def test_an_agent_that_never_saw_a_region_touches_nothing(lab: Lab) -> None:
    process.up(lab.params, print)
    daemon.kill([lab.params.pid_file("net")])
    before = lab.spaces
    (lab.rows / "1.json").unlink()
    with pytest.raises(Failed, match="never read"):
        process.up(lab.params, print)
    assert lab.spaces == before
    lab.say(1)
    until(lambda: tell(lab.params) == {"steps": 0, "problems": []})


def test_a_killed_agents_network_goes_on_and_belongs_to_the_next(lab: Lab) -> None:
    process.up(lab.params, print)
    daemon.kill([lab.params.pid_file("net")])
    agent, *unowned = process.status(lab.params)
    assert agent.state == "down" and {part.state for part in unowned} == {"unowned"}
    assert f"network namespace {names.place(lab.params, 'street')}" in {part.name for part in unowned}
    assert f"routing rule from {lab.params.backbone[1]}" in {part.name for part in unowned}
    assert arrives(names.place(lab.params, "street"), "10.203.0.162", 1), "the router still answers"
    process.up(lab.params, print)
    assert process.leftovers(lab.params) == ()


def test_what_somebody_breaks_by_hand_is_mended_when_somebody_tells(lab: Lab) -> None:
    process.up(lab.params, print)
    before, _ = look(lab.params)
    chance = random.Random(7)  # noqa: S311 - which damage is done is no secret
    for _ in range(4):
        spoil(chance)
    tell(lab.params)
    after, _ = look(lab.params)
    assert seen(after) == seen(before)


def test_two_labs_with_one_mark_do_not_work_side_by_side(lab: Lab, tmp_path: Path) -> None:
    process.up(lab.params, print)
    other = Lab(tmp_path / "other")
    with pytest.raises(Failed, match="its agent ended"):
        process.up(other.params, print)
    assert str(lab.params.root) in (other.params.logs / "net.log").read_text()


def test_where_no_namespaces_can_be_made_it_is_left_out_and_said_so(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(namespaces, "as_root", lambda: None)
    said: list[str] = []
    left_out = process.up(lab.params, said.append)
    assert left_out is not None and "need root" in left_out.reason
    assert said == [str(left_out)]


SITES = ("datacentre", "recovery")


def over_the_link(params: LabParams, index: int = 0, patience_s: float = ARRIVES_S) -> bool:
    """Whether the other site's edge answers that site's."""
    return reaches(names.place(params, f"edge-{index + 1}"), str(params.backbone[10 - index]), 1, patience_s)


def test_a_fault_of_the_link_befalls_it_at_once_and_ends_when_it_is_cleared(lab: Lab) -> None:
    process.up(lab.params, print)
    assert over_the_link(lab.params)
    faults.fault(lab.params, SITES, ["link"], {"off": True})
    assert not over_the_link(lab.params, patience_s=SILENCE_S)
    faults.clear(lab.params, SITES, ["link:recovery"])
    assert weather.declared(lab.params) == Weather(back=Way(cut=True))
    faults.clear(lab.params, SITES, ["link"])
    assert over_the_link(lab.params)


def test_a_silent_site_is_heard_by_nobody_until_it_is_back(lab: Lab) -> None:
    """No answer at all, and no refusal either: whoever asks waits, as before a house that burns."""
    process.up(lab.params, print)
    street, there = names.place(lab.params, "street"), str(kernel_address(lab.params, "edge-2", "street"))
    assert arrives(street, there, 1) and over_the_link(lab.params)
    faults.silence(lab.params, 1, silent=True)
    assert not reaches(street, there, 1) and not over_the_link(lab.params, patience_s=SILENCE_S)
    assert faults.standing(lab.params, SITES) == {}, "the link itself is whole"
    faults.fault(lab.params, SITES, ["link"], {"off": True})
    assert faults.standing(lab.params, SITES) == {"link:recovery": {"cut": True}, "link:datacentre": {"cut": True}}
    faults.clear(lab.params, SITES, ["link"])
    assert not over_the_link(lab.params, patience_s=SILENCE_S), "another fault's end is not this one's"
    faults.silence(lab.params, 1, silent=False)
    assert arrives(street, there, 1) and over_the_link(lab.params)


def kernel_address(params: LabParams, place: str, link: str) -> IPv4Address:
    """The address that a place has on a link."""
    found = kernel.read(names.place(params, place)).links[link].addresses
    return next(one.ip for one in found if isinstance(one, IPv4Interface))


def test_a_slow_link_outlives_the_agent_and_ends_with_the_lab(lab: Lab) -> None:
    process.up(lab.params, print)
    faults.fault(lab.params, SITES, ["link:recovery"], {"latency_s": 0.15})
    assert [part.name for part in process.status(lab.params)] == ["net", "net-relay"]
    daemon.kill([lab.params.pid_file("net")])
    begun = time.monotonic()
    assert over_the_link(lab.params) and time.monotonic() - begun >= 0.15
    process.up(lab.params, print)
    assert over_the_link(lab.params)
    process.down(lab.params)
    assert daemon.find(lab.params.pid_file("net-relay")) is None


def test_a_killed_relay_is_followed_by_another(lab: Lab) -> None:
    process.up(lab.params, print)
    faults.fault(lab.params, SITES, ["link"], {"loss": 0.01})
    daemon.kill([lab.params.pid_file("net-relay")])
    until(lambda: over_the_link(lab.params, patience_s=SILENCE_S))
    assert daemon.find(lab.params.pid_file("net-relay")) is not None


def test_what_a_lab_left_whose_folder_is_gone_goes_with_the_next_end(lab: Lab) -> None:
    stranded = replace(lab.params, root=lab.params.root.with_name("never-made"))
    left = f"{names.mark(stranded)}r-0123456789a"
    process.down(lab.params)
    subprocess.run(["/usr/sbin/ip", "netns", "add", left], check=True)
    assert process.leftovers(stranded) == (f"network namespace {left}",)
    process.down(stranded)
    assert process.leftovers(stranded) == () and not stranded.root.exists()


def test_a_rule_that_outlived_all_else_is_named_and_goes(lab: Lab) -> None:
    process.up(lab.params, print)
    process.down(lab.params)
    rule = f"from {lab.params.backbone[1]} lookup {names.table(lab.params)} protocol {kernel.PROTOCOL}"
    subprocess.run(["/usr/sbin/ip", "rule", "add", *rule.split()], check=True)
    assert process.leftovers(lab.params) == (f"routing rule from {lab.params.backbone[1]}",)
    process.down(lab.params)
    assert process.leftovers(lab.params) == ()


@pytest.mark.parametrize(
    ("targets", "changes", "refusal"),
    [
        pytest.param(["link"], {"reboot_after": 1}, Refused, id="a fault that no link has"),
        pytest.param(["link:west"], {"off": True}, InvalidInput, id="a way that leads nowhere"),
        pytest.param(["link"], {"off": True}, Refused, id="a lab without a network"),
    ],
)
def test_a_fault_that_the_link_cannot_have_changes_nothing(
    tmp_path: Path, targets: list[str], changes: dict[str, object], refusal: type[AstyError]
) -> None:
    params = replace(PARAMS, root=tmp_path)
    with pytest.raises(refusal):
        faults.fault(params, SITES, targets, changes)
    assert weather.declared(params) == weather.CLEAR


def cut_off(bare: World, seed: int) -> None:
    """Rounds are killed after moments that the seed draws, while devices come and go; then one round mends it all."""
    chance = random.Random(seed)  # noqa: S311 - when it is killed is no secret
    for site in bare.sites:
        site.group("portal", ingress("tcp", 443))
        for number in range(4):
            site.port(f"{number}portal", f"10.{site.index + 201}.1.{9 + number}", ["portal"])
            bare.stand(site, f"{number}portal")
    for _ in range(3):
        killed_after(bare, chance.uniform(0.0, 0.6))
        if chance.random() < 0.5:
            site, number = chance.choice(bare.sites), chance.randrange(4)
            bare.fall(site, f"{number}portal")
            bare.stand(site, f"{number}portal")
    bare.settle()
    assert bare.settle() == 0
    machine, broken = look(PARAMS)
    assert broken == [] and machine.keys() - {""} == kernel.names(names.mark(PARAMS))
    for site in bare.sites:
        router = f"10.{site.index + 201}.1.1"
        until(partial(reaches, bare.space(site, "0portal"), router, 1))


def killed_after(world: World, moment: float) -> None:
    child = os.fork()
    if child == 0:
        try:
            settle(world.params, world.regions, world.weather)
        finally:
            os._exit(0)
    time.sleep(moment)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


@pytest.mark.parametrize("seed", range(3))
def test_whoever_is_killed_in_the_middle_of_a_round_leaves_nothing_that_the_next_does_not_mend(
    bare: World, seed: int
) -> None:
    cut_off(bare, seed)
