"""Pushes to devices on paper: every fault, and a process killed around every single operation."""

from collections.abc import Callable
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from city.clock import FixedClock
from city.errors import InvalidInput
from city.inventory import Inventory
from city.model.city import City
from city.outcome import Outcome, Status, tally
from lab.fleet.dialects.dialect import START
from lab.fleet.dialects.dialect import Session as Where
from lab.fleet.faults import Faults
from network.device_push import DevicePush, Tools
from network.intent import intended
from network.journal import Entry, Journal
from network.limits import Limits
from network.plan import Kind, PushPlan
from network.platforms.base import Configuration
from network.platforms.registry import platform
from network.push import plan, push, resume
from network.stages import FINAL, Stage
from tests.network.paper import (
    DialectDevice,
    Fate,
    Killed,
    MortalJournal,
    PaperTransport,
    RouterOnPaper,
    paper_devices,
)

START_CONFIGURING = Where(configuring=True)
ONE_OF_EACH = ("ap-0001", "ap-0003", "sw-west-01", "sw-core-01")
LIMITS = Limits(workers=4, deadline_s=30, revert_after_s=120)
IMPATIENT = Limits(workers=4, deadline_s=0.3, revert_after_s=120)
"""For devices that never come back: who waits for them waits until the deadline."""
Push = Callable[[PushPlan], tuple[Outcome, ...]]


@pytest.fixture
def transport(example_city: City) -> PaperTransport:
    return PaperTransport(paper_devices(example_city))


@pytest.fixture
def planned(example_city: City, paper_inventory: Inventory, transport: PaperTransport) -> PushPlan:
    devices = [example_city.device(device_id) for device_id in ONE_OF_EACH]
    return plan(example_city, devices, paper_inventory, transport=transport, limits=LIMITS)


@pytest.fixture
def pushing(paper_inventory: Inventory, transport: PaperTransport, journal: Journal) -> Push:
    return lambda planned: push(planned, paper_inventory, transport=transport, journal=journal, limits=LIMITS)


@pytest.fixture
def pushing_impatiently(paper_inventory: Inventory, transport: PaperTransport, journal: Journal) -> Push:
    return lambda planned: push(planned, paper_inventory, transport=transport, journal=journal, limits=IMPATIENT)


def by_device(outcomes: tuple[Outcome, ...]) -> dict[str, Outcome]:
    return {outcome.subject: outcome for outcome in outcomes}


def managed(city: City, device_id: str, shown: Configuration) -> Configuration:
    device = city.device(device_id)
    return platform(device.platform).managed(shown, intended(city, device))


def wanted(city: City, device_id: str) -> Configuration:
    return intended(city, city.device(device_id))


def test_a_push_brings_every_device_there_and_makes_it_keep_it(
    example_city: City, planned: PushPlan, pushing: Push, transport: PaperTransport
) -> None:
    told = pushing(planned)
    assert [outcome.subject for outcome in told] == list(ONE_OF_EACH), "in the plan's order"
    assert tally(told)[Status.CHANGED] == len(ONE_OF_EACH)
    for device_id in ONE_OF_EACH:
        device = transport.devices[device_id]
        assert managed(example_city, device_id, device.show()) == wanted(example_city, device_id)
        device.reboot()
        assert managed(example_city, device_id, device.show()) == wanted(example_city, device_id), "saved"


def test_a_second_push_touches_nothing(
    example_city: City, paper_inventory: Inventory, planned: PushPlan, pushing: Push, transport: PaperTransport
) -> None:
    pushing(planned)
    devices = [example_city.device(device_id) for device_id in ONE_OF_EACH]
    again = plan(example_city, devices, paper_inventory, transport=transport)
    assert {entry.kind for entry in again.entries} == {Kind.SAME}
    transport.log.clear()
    assert tally(pushing(again))[Status.OK] == len(ONE_OF_EACH)
    assert {command for _, command in transport.log} <= {"show running-config", "uci changes", "uci show"}


def test_no_timer_is_left_to_undo_the_change(planned: PushPlan, pushing: Push, transport: PaperTransport) -> None:
    pushing(planned)
    for device_id in ("ap-0001", "ap-0003", "sw-west-01"):
        device = transport.devices[device_id]
        assert isinstance(device, DialectDevice)
        before = device.show()
        device.now += 24 * 3600
        assert device.show() == before


def test_a_device_that_is_off_fails_and_hinders_no_other(
    example_city: City, paper_inventory: Inventory, transport: PaperTransport, pushing: Push
) -> None:
    transport.unreachable.add("ap-0001")
    devices = [example_city.device(device_id) for device_id in ONE_OF_EACH]
    told = by_device(pushing(plan(example_city, devices, paper_inventory, transport=transport)))
    assert told["ap-0001"].status is Status.FAILED and "no answer" in told["ap-0001"].reason
    assert {outcome.status for device, outcome in told.items() if device != "ap-0001"} == {Status.CHANGED}


def test_a_device_that_went_off_after_the_plan_fails_untouched(
    planned: PushPlan, pushing: Push, transport: PaperTransport
) -> None:
    transport.unreachable.add("sw-core-01")
    told = by_device(pushing(planned))["sw-core-01"]
    assert told.status is Status.FAILED and "nothing was changed" in told.reason and "no answer" in told.reason


@pytest.mark.parametrize("device_id", ONE_OF_EACH)
def test_a_device_that_changed_since_the_plan_is_refused(
    planned: PushPlan, pushing: Push, transport: PaperTransport, device_id: str
) -> None:
    device = transport.devices[device_id]
    if isinstance(device, DialectDevice):
        other = DialectDevice(device.state)
        line = "uci set system.host.hostname='x'" if device_id == "ap-0003" else "hostname x"
        where, _ = other.answer(START_CONFIGURING, line)
        other.answer(where, "uci commit") if device_id == "ap-0003" else None
        device.state = other.state
    else:
        device.running = platform("frr").after(device.running, ["ip route 0.0.0.0/0 10.9.0.2"])
    shown = device.show()
    told = by_device(pushing(planned))[device_id]
    assert told.status is Status.FAILED and "changed since the plan" in told.reason
    assert device.show() == shown


def test_somebody_elses_staged_changes_are_neither_applied_nor_dropped(
    planned: PushPlan, pushing: Push, transport: PaperTransport
) -> None:
    device = transport.devices["ap-0003"]
    assert isinstance(device, DialectDevice)
    device.answer(START_CONFIGURING, "uci set wireless.radio0.channel='6'")
    staged = device.state.staged
    told = by_device(pushing(planned))["ap-0003"]
    assert told.status is Status.FAILED and "staged" in told.reason
    assert device.state.staged == staged


def test_somebody_elses_timer_is_neither_confirmed_nor_reverted(
    planned: PushPlan, pushing: Push, transport: PaperTransport
) -> None:
    device = transport.devices["ap-0001"]
    assert isinstance(device, DialectDevice)
    device.answer(START, "configure terminal revert timer 5")
    told = by_device(pushing(planned))["ap-0001"]
    assert told.status is Status.FAILED and "timed revert is pending" in told.reason
    assert device.state.revert is not None


@pytest.mark.parametrize(
    ("device_id", "part"),
    [
        pytest.param("ap-0001", "eirp 20", id="sections"),
        pytest.param("ap-0003", "ssid", id="options: before anything runs"),
        pytest.param("sw-west-01", "interface vlan", id="a section's header, so that its lines go astray"),
        pytest.param("sw-core-01", "log syslog", id="no timed revert: by inverse lines"),
    ],
)
def test_a_rejected_line_leaves_the_device_as_it_was(
    planned: PushPlan, pushing: Push, transport: PaperTransport, device_id: str, part: str
) -> None:
    device = transport.devices[device_id]
    before = device.show()
    if isinstance(device, DialectDevice):
        device.state = replace(device.state, faults=Faults(rejects=(part,)))
    else:
        device.rejects = (part,)
    told = by_device(pushing(planned))
    assert told[device_id].status is Status.FAILED and "rejected" in told[device_id].reason
    assert device.show() == before == device.saved()
    assert not isinstance(device, DialectDevice) or device.state.staged is None
    assert {o.status for d, o in told.items() if d != device_id} == {Status.CHANGED}


@pytest.mark.parametrize(
    ("device_id", "command"),
    [
        pytest.param("ap-0001", "hostname ap-0001", id="sections: in the middle of the lines"),
        pytest.param("ap-0001", "configure confirm", id="sections: before it was confirmed"),
        pytest.param("ap-0003", "ubus call uci confirm", id="options: before it was confirmed"),
        pytest.param("sw-west-01", "write memory", id="switch: confirmed, not saved"),
    ],
)
def test_a_reboot_in_the_middle_is_seen_as_what_it_left(
    planned: PushPlan, pushing: Push, transport: PaperTransport, device_id: str, command: str
) -> None:
    device = transport.devices[device_id]
    before, rebooted = device.show(), set[str]()

    def reboot(there: str, said: str) -> None:
        if there == device_id and said == command and there not in rebooted:
            rebooted.add(there)
            device.reboot()
            transport.booting[there] = 2

    transport.hook = reboot
    told = by_device(pushing(planned))[device_id]
    assert rebooted
    assert told.status is Status.FAILED and "old configuration" in told.reason
    assert device.show() == before


@pytest.mark.parametrize("device_id", ONE_OF_EACH)
def test_a_device_lost_after_its_lines_were_sent_is_unknown(
    planned: PushPlan, pushing_impatiently: Push, transport: PaperTransport, device_id: str
) -> None:
    last = {"ap-0003": "ubus call uci apply"}.get(device_id, "end")

    def lose(there: str, said: str) -> None:
        if there == device_id and said.startswith(last):
            transport.unreachable.add(there)

    transport.hook = lose
    told = by_device(pushing_impatiently(planned))
    assert told[device_id].status is Status.UNKNOWN and "look at the device" in told[device_id].reason
    assert {o.status for d, o in told.items() if d != device_id} == {Status.CHANGED}


def test_a_device_lost_with_a_timer_of_its_own_goes_back_by_itself(
    planned: PushPlan, pushing_impatiently: Push, transport: PaperTransport
) -> None:
    device = transport.devices["ap-0001"]
    assert isinstance(device, DialectDevice)
    before = device.show()
    transport.hook = lambda there, said: (
        transport.unreachable.add(there) if (there, said) == ("ap-0001", "end") else None
    )
    pushing_impatiently(planned)
    assert device.show() != before
    device.now += LIMITS.revert_after_s + 1
    assert device.show() == before


def test_a_device_that_applies_something_else_is_taken_back(
    planned: PushPlan, pushing: Push, transport: PaperTransport
) -> None:
    """It answers without complaint and does not do it: only reading back tells."""
    device = transport.devices["sw-core-01"]
    assert isinstance(device, RouterOnPaper)
    before = device.show()

    def forget(there: str, said: str) -> None:
        if (there, said) == ("sw-core-01", "end"):
            device.running = platform("frr").after(device.running, ["no log syslog informational"])
            transport.hook = lambda _there, _said: None

    transport.hook = forget
    told = by_device(pushing(planned))["sw-core-01"]
    assert told.status is Status.FAILED and "old configuration" in told.reason
    assert device.show() == before


def test_who_comes_second_is_told_who_is_at_work(
    planned: PushPlan, pushing: Push, journal: Journal, transport: PaperTransport
) -> None:
    somebody = entry_of(planned, "ap-0001", "run-of-somebody-else")
    journal.begin([somebody])
    journal.lease(somebody, 600)
    shown = transport.devices["ap-0001"].show()
    told = by_device(pushing(planned))["ap-0001"]
    assert told.status is Status.FAILED and "run-of-somebody-else" in told.reason
    assert transport.devices["ap-0001"].show() == shown


def test_a_fault_of_ours_on_one_device_is_unknown_and_hides_no_other(
    planned: PushPlan, pushing: Push, transport: PaperTransport
) -> None:
    def surprise(there: str, _said: str) -> None:
        if there == "ap-0003":
            raise ZeroDivisionError

    transport.hook = surprise
    told = by_device(pushing(planned))
    assert told["ap-0003"].status is Status.UNKNOWN
    assert {o.status for d, o in told.items() if d != "ap-0003"} == {Status.CHANGED}


def test_a_plan_survives_being_kept(planned: PushPlan) -> None:
    kept = planned.as_json()
    assert PushPlan.from_json(kept) == planned
    kept["entries"][0]["intended"] += "x"
    with pytest.raises(InvalidInput, match="fingerprint"):
        PushPlan.from_json(kept)
    with pytest.raises(InvalidInput, match="cannot be read"):
        PushPlan.from_json({"city": "x", "fingerprint": "y"})  # type: ignore[typeddict-item]  # that is the test


def entry_of(planned: PushPlan, device_id: str, run: str) -> Entry:
    found = next(entry for entry in planned.entries if entry.device == device_id)
    return Entry(
        run=run,
        device=device_id,
        platform=found.platform,
        stage=Stage.PLANNED,
        running_digest=found.running,
        intended=found.intended,
        diff=found.diff,
    )


def killed_at(
    journal: MortalJournal, inventory: Inventory, entry: Entry, transport: PaperTransport, fate: Fate
) -> None:
    """A push of one device whose process dies as `fate` says, with all that it held in memory."""
    journal.begin([entry])
    transport.fate = journal.fate = fate
    tools = Tools(transport=transport, journal=journal, limits=LIMITS)
    try:
        DevicePush(tools, entry, inventory[entry.device]).push()
    except Killed:
        pass
    finally:
        transport.fate = journal.fate = Fate()


@pytest.mark.parametrize("device_id", ONE_OF_EACH)
@pytest.mark.parametrize("after", [False, True], ids=["just before", "just after"])
def test_killed_around_any_operation_and_resumed(  # noqa: PLR0913 - fixtures, and a row
    tmp_path: Path, example_city: City, paper_inventory: Inventory, clock: FixedClock, device_id: str, *, after: bool
) -> None:
    """Whatever the moment: afterwards the device is as intended and saved, or as before, and lines went out once."""
    city = replace(
        example_city,
        switches=tuple(switch for switch in example_city.switches if switch.id in ONE_OF_EACH),
        access_points=tuple(point for point in example_city.access_points if point.id in ONE_OF_EACH),
    )
    journal, ends = MortalJournal(tmp_path / "journal.sqlite", clock), set()
    planned = plan(
        city, [city.device(device_id)], paper_inventory, transport=PaperTransport(paper_devices(city)), limits=LIMITS
    )
    for at in count(1):
        transport, fate = PaperTransport(paper_devices(city)), Fate(at=at, after=after)
        device = transport.devices[device_id]
        before = device.show()
        killed_at(journal, paper_inventory, entry_of(planned, device_id, f"run-{at}"), transport, fate)
        if fate.seen < at:
            break
        told = resume(journal, paper_inventory, transport=transport, limits=LIMITS)
        (entry,) = journal.of_run(f"run-{at}")
        assert entry.stage in FINAL and entry.sent <= 1, at
        shown = managed(city, device_id, device.show())
        if entry.stage is Stage.CONFIRMED:
            assert shown == wanted(city, device_id) == managed(city, device_id, device.saved()), at
        else:
            assert entry.stage is Stage.REVERTED and device.show() == before, (at, told)
        if isinstance(device, DialectDevice):
            assert device.state.staged is None, at
            device.now += 24 * 3600
            assert managed(city, device_id, device.show()) == shown, f"a timer was left running at {at}"
        ends.add(entry.stage)
    journal.close()
    assert ends == {Stage.CONFIRMED, Stage.REVERTED}


def test_a_run_that_is_at_work_is_left_to_itself(
    planned: PushPlan, paper_inventory: Inventory, transport: PaperTransport, journal: Journal, pushing: Push
) -> None:
    seen: list[tuple[Outcome, ...]] = []

    def resume_meanwhile(_there: str, said: str) -> None:
        if said == "end" and not seen:
            seen.append(())
            seen.append(resume(journal, paper_inventory, transport=transport, limits=LIMITS))

    transport.hook = resume_meanwhile
    assert tally(pushing(planned))[Status.CHANGED] == len(ONE_OF_EACH)
    assert seen == [(), ()], "it looked, and had nothing to do"


def test_resuming_a_device_that_cannot_be_seen_asks_a_person(
    planned: PushPlan, paper_inventory: Inventory, transport: PaperTransport, journal: Journal
) -> None:
    entry = replace(entry_of(planned, "ap-0001", "run-1"), stage=Stage.APPLIED, sent=1, backup="hostname street-ap\n")
    journal.begin([entry])
    transport.unreachable.add("ap-0001")
    (told,) = resume(journal, paper_inventory, transport=transport, limits=IMPATIENT)
    assert told.status is Status.UNKNOWN
    assert journal.of_run("run-1")[0].stage is Stage.UNKNOWN
