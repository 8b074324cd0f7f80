"""The difference between what ought to be and what is there, taken to the kernel: from any damage back to the whole."""

import random
import re
import subprocess
from dataclasses import replace
from ipaddress import IPv4Network, ip_interface

import pytest

from lab.net import kernel, names
from lab.net.backbone import lookup
from lab.net.layout import layout
from lab.net.machine import ROOT, End, Link, LinkKind, Machine, Namespace, Route
from lab.net.mend import Step, Verb, digest, mend
from lab.net.remove import remove
from lab.net.rounds import look, settle, taken
from tests.lab.net.world import PARAMS, World

LAID = End(namespace="b", link="eth0")


def a_cable() -> Machine:
    """A bridge of ours with one cable to somebody's device."""
    near = Link(kind=LinkKind.VETH, master="bridge0", peer=LAID)
    far = Link(
        kind=LinkKind.VETH,
        mac="fa:16:3e:00:00:01",
        addresses=frozenset({ip_interface("10.1.0.9/24")}),
        peer=End(namespace="a", link="p1"),
    )
    route = Route(to=IPv4Network("0.0.0.0/0"), via=ip_interface("10.1.0.1/24").ip, link="eth0")
    return {
        "a": Namespace(links={"bridge0": Link(kind=LinkKind.BRIDGE), "p1": near}, rules="table ip x\n"),
        "b": Namespace(ours=False, links={"eth0": far}, routes=frozenset({route})),
    }


def as_found(wanted: Machine) -> Machine:
    """A machine that is just as it should be."""
    found = {}
    for name, space in wanted.items():
        links = {
            link: replace(wish, peer=None, numbers=(2, 7) if name == "a" else (7, 2), marked=wish.addresses)
            for link, wish in space.links.items()
        }
        found[name] = replace(space, links=links, rules="", digest=digest(space.rules))
    return found


def test_what_is_as_it_should_be_is_left_alone() -> None:
    assert mend(a_cable(), as_found(a_cable())) == []


def test_a_device_is_plugged_in_behind_its_rules_and_ready_before_it_joins_the_bridge() -> None:
    steps = mend(a_cable(), {"b": Namespace(ours=False)})
    done = [(step.namespace, step.verb, line) for step in steps for line in step.lines or ("",)]
    order = [
        ("a", Verb.ADD, ""),
        ("a", Verb.RULES, "table ip x\n"),
        ("a", Verb.IP, "link add name p1 mtu 1500 type veth peer name eth0 mtu 1500 address fa:16:3e:00:00:01 netns b"),
        ("b", Verb.IP, "address add 10.1.0.9/24 dev eth0 label eth0:net"),
        ("b", Verb.IP, "link set dev eth0 up"),
        ("a", Verb.IP, "link set dev p1 master bridge0"),
        ("b", Verb.IP, "route replace 0.0.0.0/0 via 10.1.0.1 dev eth0 proto 97"),
    ]
    assert [step for step in done if step in order] == order


def changed(link: str = "eth0", **changes: object) -> Machine:
    """As it should be, but for one thing about the device's end."""
    found = dict(as_found(a_cable()))
    links = dict(found["b"].links)
    links[link] = replace(links[link], **changes)  # type: ignore[arg-type]
    return {**found, "b": replace(found["b"], links=links)}


@pytest.mark.parametrize(
    ("found", "steps"),
    [
        pytest.param(changed(up=False), [], id="a device switched its own end off: as before a power cut"),
        pytest.param(changed(mac="fa:16:3e:00:00:02"), ["link set dev eth0 address fa:16:3e:00:00:01"], id="its MAC"),
        pytest.param(
            changed(
                addresses=frozenset({ip_interface("10.1.0.9/24"), ip_interface("10.1.0.8/24")}),
                marked=frozenset({ip_interface("10.1.0.9/24")}),
            ),
            [],
            id="an address that the device gave itself",
        ),
        pytest.param(
            changed(
                addresses=frozenset({ip_interface("10.1.0.9/24"), ip_interface("10.1.0.8/24")}),
                marked=frozenset({ip_interface("10.1.0.9/24"), ip_interface("10.1.0.8/24")}),
            ),
            ["address delete 10.1.0.8/24 dev eth0"],
            id="an address that Neutron took away",
        ),
    ],
)
def test_of_a_devices_own_namespace_only_what_is_neutrons_is_mended(found: Machine, steps: list[str]) -> None:
    assert [line for step in mend(a_cable(), found) for line in step.lines] == steps


def test_what_nobody_wants_goes_but_never_what_others_made() -> None:
    found = {**as_found(a_cable()), "c": Namespace(), "d": Namespace(ours=False), ROOT: Namespace(ours=False)}
    assert mend({**a_cable(), ROOT: Namespace(ours=False)}, found) == [Step(namespace="c", verb=Verb.DELETE)]


def test_a_cable_that_ends_elsewhere_is_laid_anew() -> None:
    first, *_ = mend(a_cable(), changed(numbers=(7, 3)))
    assert (first.namespace, first.lines) == ("a", ("link delete dev p1",))


@pytest.mark.slow
def test_one_round_builds_everything_and_the_next_finds_nothing_to_do(world: World) -> None:
    assert world.settle() == 0
    actual, broken = look(PARAMS)
    assert broken == []
    wanted = layout(PARAMS, world.regions, actual, taken(PARAMS, actual))
    for name, space in wanted.items():
        assert space.links.keys() <= actual[name].links.keys()
        assert space.routes <= actual[name].routes


def spoil(chance: random.Random) -> str:
    """Damage of one kind or another, as a person, a crash or a bug does it; returns which."""
    mark = names.mark(PARAMS)
    spaces = sorted(name for name in kernel.names(mark) if names.ours(PARAMS, name))
    name = chance.choice(spaces)
    links = sorted(link for link, found in kernel.read(name).links.items() if found.kind)
    link = chance.choice(links)
    inside = ["/usr/sbin/ip", "netns", "exec", name]
    command = chance.choice(
        [
            ["/usr/sbin/ip", "netns", "delete", name],
            ["/usr/sbin/ip", "-n", name, "link", "delete", "dev", link],
            ["/usr/sbin/ip", "-n", name, "link", "set", "dev", link, "down"],
            ["/usr/sbin/ip", "-n", name, "address", "flush", "dev", link],
            ["/usr/sbin/ip", "-n", name, "route", "flush", "proto", "97"],
            ["/usr/sbin/ip", "-n", name, "link", "set", "dev", link, "nomaster"],
            ["/usr/sbin/ip", "-n", name, "link", "set", "dev", link, "name", "strange"],
            ["/usr/sbin/ip", "-n", name, "link", "add", "name", "stray0", "type", "veth"],
            ["/usr/sbin/ip", "-n", name, "link", "set", "dev", "lo", "alias", "nothing"],
            [*inside, "/usr/sbin/sysctl", "-qw", "net.ipv4.ip_forward=0"],
            ["/usr/bin/touch", f"/run/netns/{mark}nffffffffff"],
        ]
    )
    subprocess.run(command, check=False, capture_output=True)
    return " ".join(command)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_from_any_damage_it_comes_back_to_the_same(world: World, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - which damage is done is no secret
    before, _ = look(PARAMS)
    said = [spoil(chance) for _ in range(6)]
    world.settle()
    after, broken = look(PARAMS)
    assert broken == []
    assert seen(after) == seen(before), said


def seen(machine: Machine) -> dict[str, object]:
    """All that is to be the same again; numbers of links and MAC addresses that the kernel chose are not."""
    return {
        name: (
            {
                link: (found.kind, found.mtu, found.up, found.master, found.addresses)
                for link, found in space.links.items()
                if found.kind and (name != ROOT or link.startswith(names.mark(PARAMS)))
            },
            {route for route in space.routes if route.marked},
            space.switches,
            space.digest,
        )
        for name, space in machine.items()
    }


@pytest.mark.slow
def test_a_device_that_comes_is_plugged_in_and_one_that_goes_leaves_nothing(world: World) -> None:
    dc = world.sites[0]
    application = names.network(PARAMS, dc.id("application"))
    before = kernel.read(application).links.keys()
    dc.port("late", "10.201.1.50", ["portal"])
    assert world.settle() == 0, "nobody stands for it yet"
    space = world.stand(dc, "late")
    world.settle()
    assert kernel.read(space).links["eth0"].addresses == {ip_interface("10.201.1.50/24")}
    world.fall(dc, "late")
    world.settle()
    assert kernel.read(application).links.keys() == before


@pytest.mark.slow
def test_the_ports_of_a_device_are_numbered_as_neutron_made_them_and_the_first_has_the_gateway(world: World) -> None:
    dc = world.sites[0]
    space = world.stand(dc, "two")
    for address in ("10.201.2.60", "10.201.1.60"):
        dc.port("two", address, ["portal"])
    try:
        world.settle()
        found = kernel.read(space)
        assert [str(*found.links[name].addresses) for name in ("eth0", "eth1")] == ["10.201.2.60/24", "10.201.1.60/24"]
        assert [str(route.via) for route in found.routes] == ["10.201.2.1"]
        dc.ports.pop()
        world.settle()
        assert "eth1" not in kernel.read(space).links
    finally:
        world.fall(dc, "two")


def routes_of_the_machine() -> set[str]:
    """Where the machine itself sends packets, whoever speaks; but for other labs, which come and go meanwhile."""
    shown = subprocess.run(
        ["/usr/sbin/ip", "route", "show", "table", "main"], check=True, capture_output=True, text=True
    )
    own = names.place(PARAMS, "gate")
    gates = {line: re.search(r" dev (a[0-9a-f]{2}\.gate)\b", line) for line in shown.stdout.splitlines()}
    return {line for line, found in gates.items() if found is None or found[1] == own}


@pytest.mark.slow
def test_a_lab_hides_nobody_whom_the_machine_talks_to(bare: World) -> None:
    """The street of this city is what many a network uses itself; only who speaks from the gate is sent to the lab."""
    before = routes_of_the_machine()
    bare.settle()
    gate = names.place(PARAMS, "gate")
    assert routes_of_the_machine() - before == {
        line for line in routes_of_the_machine() if line.startswith(f"{PARAMS.backbone[0]}/30 dev {gate}")
    }
    chosen = subprocess.run(
        ["/usr/sbin/ip", "route", "get", "10.201.0.5", "from", str(PARAMS.backbone[1])],
        check=True,
        capture_output=True,
        text=True,
    )
    assert f"dev {gate} table {names.table(PARAMS)}" in chosen.stdout
    assert remove(PARAMS) == []
    assert routes_of_the_machine() == before and not kernel.read(ROOT).lookups & {lookup(PARAMS)}


@pytest.mark.slow
def test_a_lab_that_is_removed_takes_nothing_of_another_with_it(world: World) -> None:
    world.settle()
    other = replace(PARAMS, base_address=PARAMS.base_address + 65_536)
    made, problems = settle(other, [], world.weather)
    assert made and problems == []
    assert remove(other) == []
    assert not kernel.names(names.mark(other))
    assert world.settle() == 0
