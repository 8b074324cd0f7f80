from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asty.change import Change, from_json, moved
from asty.tree import device_tree, tree
from city.errors import InvalidInput
from infra.plan import StackPlan, Step
from network.plan import Kind, PlanEntry, PushPlan


def entry(device: str, kind: Kind = Kind.CHANGE, diff: tuple[str, ...] = ("+ ntp server 10.0.0.1",)) -> PlanEntry:
    return PlanEntry(
        device=device,
        platform="street-ap",
        kind=kind,
        intended="hostname " + device,
        running="" if kind is Kind.UNREACHABLE else "aa11",
        diff=diff if kind is Kind.CHANGE else (),
        reason="no answer within 10 s" if kind is Kind.UNREACHABLE else "",
    )


def step(op: str, kind: str, name: str, *changed: str) -> Step:
    urn = f"urn:pulumi:lab-datacentre::asty::asty:infra:Workload${kind}::{name}"
    return Step(urn=urn, op=op, type=kind, changed=changed)


def change(*steps: Step, entries: tuple[PlanEntry, ...] = (), city: str = "example") -> Change:
    stack = StackPlan(stack="lab-datacentre", steps=tuple(sorted(steps)), unchanged=3)
    return Change(city=city, stacks=(stack,), devices=PushPlan(city=city, entries=entries))


def away(why: str = "nothing listens there") -> StackPlan:
    return StackPlan(stack="lab-datacentre", unreachable=why)


ADDED = step("create", "openstack:networking/network:Network", "datacentre-iot")
RESIZED = step("update", "openstack:blockstorage/volume:Volume", "portal-1-data", "size")
PLANNED = change(ADDED, RESIZED, entries=(entry("ap-1"), entry("ap-2", Kind.SAME), entry("ap-3", Kind.UNREACHABLE)))


def devices(*entries: PlanEntry) -> Change:
    return replace(PLANNED, devices=PushPlan(city="example", entries=entries))


AP_1, AP_2, AP_3 = PLANNED.devices.entries

MOVES = [
    pytest.param(
        change(RESIZED, entries=(AP_1, AP_2, AP_3)),
        "stack lab-datacentre: no longer to do: + Network datacentre-iot",
        id="somebody added the network by hand",
    ),
    pytest.param(
        change(
            ADDED,
            RESIZED,
            step("create", "openstack:compute/instance:Instance", "portal-2"),
            entries=(AP_1, AP_2, AP_3),
        ),
        "stack lab-datacentre: now also to do: + Instance portal-2",
        id="a server was deleted behind our back",
    ),
    pytest.param(
        change(ADDED, replace(RESIZED, inputs="of 30 GB"), entries=(AP_1, AP_2, AP_3)),
        "stack lab-datacentre: to other values now: ~ Volume portal-1-data (size)",
        id="the city was edited again, the same property of it",
    ),
    pytest.param(
        devices(replace(AP_1, running="bb22"), AP_2, AP_3),
        "device ap-1: its running configuration is another",
        id="somebody configured a device",
    ),
    pytest.param(
        devices(entry("ap-1", Kind.SAME), AP_2, AP_3),
        "device ap-1: it was to be changed, and is as intended",
        id="somebody else pushed the device",
    ),
    pytest.param(
        devices(AP_1, AP_2, entry("ap-3", Kind.SAME)),
        "device ap-3: it was out of reach, and is as intended",
        id="a device came back",
    ),
    pytest.param(
        devices(replace(AP_1, intended="hostname other"), AP_2, AP_3),
        "device ap-1: another configuration is intended now",
        id="the city was edited",
    ),
    pytest.param(
        replace(PLANNED, stacks=(away(),)), "stack lab-datacentre: it is out of reach now", id="a site went away"
    ),
    pytest.param(devices(AP_1, AP_2), "device ap-3: it was removed", id="a device was taken out of the city"),
    pytest.param(devices(AP_1, AP_2, AP_3, entry("ap-4")), "device ap-4: it was added", id="a device came in"),
]


@pytest.mark.parametrize(("found", "told"), MOVES)
def test_a_world_that_moved_has_another_hash_and_says_where(found: Change, told: str) -> None:
    assert found.hash != PLANNED.hash
    assert told in moved(PLANNED, found)


def test_another_city_is_another_plan() -> None:
    other = change(ADDED, city="elsewhere")
    assert other.hash != change(ADDED).hash
    assert moved(change(ADDED), other) == ["the city is elsewhere, not example"]


def test_the_same_world_is_the_same_plan() -> None:
    again = devices(AP_1, AP_2, replace(AP_3, reason="connection refused"))
    assert again.hash == PLANNED.hash, "why a device is out of reach decides nothing"
    assert moved(PLANNED, again) == []
    without, later = (replace(PLANNED, stacks=(away(why),)) for why in ("nothing listens there", "it does not answer"))
    assert without.hash == later.hash, "nor why a cloud is"
    assert moved(without, later) == []


def test_a_site_that_came_back_is_another_plan() -> None:
    without = replace(change(), stacks=(away(),))
    assert without.hash != change().hash, "also where nothing is to be done there"
    assert moved(without, change()) == ["stack lab-datacentre: it was out of reach, and is within it"]


@pytest.mark.parametrize(
    ("plan", "nothing"),
    [
        pytest.param(change(), True, id="no resource and no device"),
        pytest.param(change(entries=(entry("a", Kind.SAME),)), True, id="all as intended"),
        pytest.param(change(entries=(entry("a"),)), False, id="one device"),
        pytest.param(change(ADDED), False, id="one resource"),
        pytest.param(replace(change(), stacks=(away(),)), False, id="a cloud out of reach: it may need anything"),
        pytest.param(change(entries=(entry("a", Kind.UNREACHABLE),)), False, id="out of reach: it may need anything"),
        pytest.param(
            change(entries=(entry("a", Kind.SAME), entry("b", Kind.UNREACHABLE))), False, id="one of them out of reach"
        ),
    ],
)
def test_nothing(plan: Change, nothing: bool) -> None:  # noqa: FBT001 - a table
    assert plan.nothing is nothing


def test_tree_groups_devices_by_identical_change() -> None:
    ap = "+ hostname {}", "  interface radio 0", "+   channel {}", "+   no shutdown"
    entries = tuple(
        entry(device, diff=tuple(line.format(value) for line, value in zip(ap, (device, "", channel, ""), strict=True)))
        for device, channel in (("ap-1", 1), ("ap-2", 6), ("ap-3", 11))
    )
    lines = list(tree(change(ADDED, RESIZED, entries=(*entries, entry("sw-1"), entry("ap-9", Kind.UNREACHABLE)))))
    assert lines[1:] == [
        "  stack lab-datacentre: 1 to create, 1 to update, 3 stay",
        "    ~ Volume portal-1-data (size)",
        "    + Network datacentre-iot",
        "  devices: 4 to be changed, 1 out of reach",
        "    3 alike: ap-1, ap-2, ap-3",
        "      + hostname …",
        "        interface radio 0",
        "      +   channel …",
        "      +   no shutdown",
        "    1 alike: sw-1",
        "      + ntp server 10.0.0.1",
        "    ? ap-9: no answer within 10 s",
    ]


def test_tree_says_why_a_stack_was_not_looked_at() -> None:
    lines = list(tree(replace(change(), stacks=(away(),))))
    assert lines[1:3] == ["  stack lab-datacentre: out of reach", "    ? nothing listens there"]


def test_tree_tells_what_a_person_should_know() -> None:
    noted = replace(change().stacks[0], notes=("asty:release-volumes.portal stands",))
    assert "    ! asty:release-volumes.portal stands" in tree(replace(change(), stacks=(noted,)))


def switch(device: str, ports: int) -> PlanEntry:
    numbered = [
        (f"  interface gigabitethernet 1/0/{port}", f"+   description city:ap-000{port}", "+   no shutdown")
        for port in range(1, ports + 1)
    ]
    return entry(device, diff=(f"+ hostname {device}", *(line for port in numbered for line in port)))


@pytest.mark.parametrize(
    ("ports", "told"),
    [
        pytest.param((3, 3), " (3 alike)", id="two of the same size"),
        pytest.param((2, 5), " (2 to 5 alike)", id="two of different sizes"),
        pytest.param((1, 1), "", id="one port each"),
    ],
)
def test_the_ports_of_switches_are_told_once(ports: tuple[int, ...], told: str) -> None:
    entries = tuple(switch(f"sw-{chr(97 + n)}", count) for n, count in enumerate(ports))
    lines = [line.strip() for line in tree(change(entries=entries)) if line.startswith("     ")]
    header = next(line for line in lines if "interface" in line)
    assert header.endswith(told) and header.startswith("interface gigabitethernet ")
    assert lines.count("+   no shutdown") == 1


def test_of_a_single_device_every_value_that_will_be_set_is_shown() -> None:
    diff = tuple(
        line
        for radio, was, will in ((0, 20, 14), (1, 30, 23))
        for line in (f"  interface dot11radio {radio}", f"-   eirp {was}", f"+   eirp {will}")
    )
    as_intended = (entry("ap-2", Kind.SAME), entry("ap-3", Kind.SAME))
    lines = list(device_tree(PushPlan(city="example", entries=(entry("ap-1", diff=diff), *as_intended))))
    assert lines[1:] == ["  1 alike: ap-1", *(f"    {line}" for line in diff)]


def test_tree_counts_what_it_does_not_list() -> None:
    lines = list(tree(change(entries=tuple(entry(f"ap-{n}") for n in range(100)))))
    assert "    100 alike: ap-0, ap-1, ap-2, ap-3, ap-4, ap-5, ap-6, ap-7 and 92 more" in lines


names = st.text("abc-12", min_size=1, max_size=6)
steps = st.builds(step, st.sampled_from(["create", "update", "replace", "delete"]), names, names, names)
entries = st.builds(entry, names, st.sampled_from(Kind), st.tuples(names))
seen = st.builds(
    lambda found: StackPlan(stack="lab-datacentre", steps=tuple(sorted(found)), unchanged=3),
    st.lists(steps, max_size=4, unique=True),
)
changes = st.builds(
    lambda stack, listed: Change(
        city="example", stacks=(stack,), devices=PushPlan(city="example", entries=tuple(listed))
    ),
    seen | st.builds(away, st.sampled_from(["nothing listens there", "it does not answer"])),
    st.lists(entries, max_size=4, unique_by=lambda one: one.device),
)


@pytest.mark.slow
@given(changes)
def test_what_is_kept_is_read_back(made: Change) -> None:
    assert from_json(made.as_json()) == made


@given(changes, changes)
def test_hash_and_moves_agree(one: Change, other: Change) -> None:
    """Refusal by hash and explanation by comparison never contradict each other."""
    same_order = [e.device for e in one.devices.entries] == [e.device for e in other.devices.entries]
    if one.hash == other.hash:
        assert moved(one, other) == []
    elif same_order:
        assert moved(one, other) != []


@given(changes)
def test_every_change_can_be_told(made: Change) -> None:
    lines = list(tree(made))
    assert len([line for line in lines if line.startswith("  stack ")]) == 1
    assert made.hash[:12] in lines[0]


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param({"city": "elsewhere"}, id="another city"),
        pytest.param({"stacks": []}, id="a stack taken out"),
        pytest.param({"hash": "00"}, id="another hash"),
        pytest.param({"devices": None}, id="no devices"),
        pytest.param(
            {"stacks": [{"stack": "x", "steps": [{"op": "create"}], "unchanged": 0}]}, id="a step without its resource"
        ),
    ],
)
def test_a_plan_that_was_altered_is_refused(spoil: dict[str, object]) -> None:
    content = {**PLANNED.as_json(), **spoil}
    with pytest.raises(InvalidInput):
        from_json(content)  # type: ignore[arg-type]  # spoilt on purpose
