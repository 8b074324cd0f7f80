"""Pushes to devices on paper, and every fault on the way."""

import sqlite3
from dataclasses import replace

import pytest
from sqlalchemy.exc import DBAPIError

from city.errors import InvalidInput
from city.inventory import Inventory
from city.model.city import City
from city.outcome import Status, tally
from lab.fleet.dialects.dialect import START
from lab.fleet.dialects.dialect import Session as Where
from lab.fleet.faults import Faults
from lab.fleet.fleet import new
from network.journal import Journal
from network.journal_entry import Entry
from network.plan import Kind, PushPlan
from network.push import plan
from network.stages import Stage
from platforms.registry import grammar
from tests.network.paper import (
    LIMITS,
    ONE_OF_EACH,
    DialectDevice,
    PaperTransport,
    Push,
    RouterOnPaper,
    by_device,
    entry_of,
    managed,
    wanted,
)

START_CONFIGURING = Where(configuring=True)


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
    known = [grammar(example_city.device(device_id).platform) for device_id in ONE_OF_EACH]
    looking = {command for g in known for command in (g.show_running, g.show_startup, g.show_staged, *g.prepare)}
    assert {command for _, command in transport.log} <= looking


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
        device.running = grammar("frr").after(device.running, ["log syslog errors"])
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


@pytest.mark.slow
@pytest.mark.parametrize(
    ("device_id", "command"),
    [
        pytest.param("ap-0001", "hostname ap-0001", id="sections: in the middle of the lines"),
        pytest.param("ap-0001", "configure confirm", id="sections: before it was confirmed"),
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


def test_options_that_were_applied_outlast_a_reboot_before_they_were_confirmed(
    planned: PushPlan, pushing: Push, transport: PaperTransport, example_city: City
) -> None:
    """rpcd forgets its timer with the power, and what it applied stands in /etc/config."""
    device = transport.devices["ap-0003"]
    rebooted: list[str] = []

    def reboot(there: str, said: str) -> None:
        if there == "ap-0003" and said.startswith("ubus call uci confirm") and not rebooted:
            rebooted.append(said)
            device.reboot()
            transport.booting[there] = 2

    transport.hook = reboot
    told = by_device(pushing(planned))["ap-0003"]
    assert rebooted and told.status is Status.CHANGED
    assert managed(example_city, "ap-0003", device.show()) == wanted(example_city, "ap-0003")


@pytest.mark.slow
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


@pytest.mark.slow
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
            device.running = grammar("frr").after(device.running, ["no log syslog informational"])
            transport.hook = lambda _there, _said: None

    transport.hook = forget
    told = by_device(pushing(planned))["sw-core-01"]
    assert told.status is Status.FAILED and "old configuration" in told.reason
    assert device.show() == before


def test_who_comes_second_is_told_who_is_at_work(
    planned: PushPlan, pushing: Push, journal: Journal, transport: PaperTransport
) -> None:
    somebody = replace(entry_of(planned, "ap-0001", "run-of-somebody-else"), stage=Stage.BACKED_UP)
    journal.begin(somebody.run, [somebody], ["ap-0001"])
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


@pytest.mark.parametrize("device_id", ["ap-0001", "sw-west-01"])
def test_a_device_that_never_saved_is_made_to(
    example_city: City, paper_inventory: Inventory, transport: PaperTransport, pushing: Push, device_id: str
) -> None:
    device, on_paper = example_city.device(device_id), transport.devices[device_id]
    factory = on_paper.saved()
    assert isinstance(on_paper, DialectDevice)
    pushing(plan(example_city, [device], paper_inventory, transport=transport))
    on_paper.state = replace(on_paper.state, startup=new(on_paper.state.hardware, 0.0).startup)
    assert on_paper.saved() == factory
    (entry,) = plan(example_city, [device], paper_inventory, transport=transport).entries
    assert entry.kind is Kind.CHANGE and "would start otherwise" in entry.diff[0]
    (told,) = pushing(plan(example_city, [device], paper_inventory, transport=transport))
    assert told.status is Status.CHANGED
    on_paper.reboot()
    assert managed(example_city, device_id, on_paper.show()) == wanted(example_city, device_id)


@pytest.mark.slow
def test_lines_that_were_staged_and_cannot_be_dropped_ask_a_person(
    planned: PushPlan, pushing_impatiently: Push, transport: PaperTransport
) -> None:
    def lose(there: str, said: str) -> None:
        if there == "ap-0003" and said.startswith("uci set"):
            transport.unreachable.add(there)

    transport.hook = lose
    told = by_device(pushing_impatiently(planned))["ap-0003"]
    assert told.status is Status.UNKNOWN and "`uci revert network`" in told.reason


def test_a_fault_of_ours_while_looking_at_one_device_hides_no_other(
    example_city: City, paper_inventory: Inventory, transport: PaperTransport
) -> None:
    def surprise(there: str, _said: str) -> None:
        if there == "ap-0003":
            raise ZeroDivisionError

    transport.hook = surprise
    devices = [example_city.device(device_id) for device_id in ONE_OF_EACH]
    found = plan(example_city, devices, paper_inventory, transport=transport).entries
    kinds = {entry.device: entry.kind for entry in found}
    assert kinds.pop("ap-0003") is Kind.UNREACHABLE
    assert set(kinds.values()) == {Kind.CHANGE}


def test_a_save_without_its_ok_is_no_success(planned: PushPlan, pushing: Push, transport: PaperTransport) -> None:
    """What a router starts with cannot be read back: that it was saved is told by `[OK]` alone."""
    router = transport.devices["sw-core-01"]
    assert isinstance(router, RouterOnPaper)
    router.saved_by = "Can't open configuration file /etc/frr/frr.conf"
    told = by_device(pushing(planned))["sw-core-01"]
    assert told.status is Status.UNKNOWN and "did not save" in told.reason and "frr.conf" in told.reason


def test_a_device_that_is_only_polled_is_left_out_and_stops_nobody_elses_push(
    example_city: City, paper_inventory: Inventory, transport: PaperTransport, pushing: Push
) -> None:
    polled = replace(example_city.device("sw-east-01"), platform="sensor-box")
    without = replace(example_city.device("ap-0002"), platform="")
    devices = [example_city.device("ap-0001"), polled, without, example_city.device("sw-core-01")]
    planned = plan(example_city, devices, paper_inventory, transport=transport, limits=LIMITS)
    assert [entry.kind for entry in planned.entries] == [Kind.CHANGE, Kind.LEFT_OUT, Kind.LEFT_OUT, Kind.CHANGE]
    told = pushing(PushPlan.from_json(planned.as_json()))
    assert [outcome.status for outcome in told] == [Status.CHANGED, Status.SKIPPED, Status.SKIPPED, Status.CHANGED]
    assert "no push is known for sensor-box" in told[1].reason and "without a platform" in told[2].reason


def test_what_is_ours_and_not_declared_is_never_called_as_intended(
    example_city: City, paper_inventory: Inventory, planned: PushPlan, pushing: Push, transport: PaperTransport
) -> None:
    """A port of the street that the data no longer use, opened again by hand."""
    pushing(planned)
    device = transport.devices["sw-west-01"]
    assert isinstance(device, DialectDevice)
    where, _ = device.answer(START_CONFIGURING, "interface gigabitethernet 1/0/9")
    device.answer(where, "no shutdown")
    (entry,) = plan(example_city, [example_city.device("sw-west-01")], paper_inventory, transport=transport).entries
    assert entry.kind is Kind.CHANGE and "+   shutdown" in entry.diff


def test_where_the_disk_fills_a_device_that_had_not_begun_is_not_begun(
    planned: PushPlan, journal: Journal, pushing: Push, transport: PaperTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {device_id: transport.devices[device_id].show() for device_id in ONE_OF_EACH}
    full = DBAPIError("UPDATE", None, sqlite3.OperationalError("database or disk is full"))

    def write(*_: object) -> None:
        raise full

    lease = journal.lease

    def last(entry: Entry, seconds: float) -> str:
        taken = lease(entry, seconds)
        monkeypatch.setattr(journal._writer, "write", write)
        return taken

    monkeypatch.setattr(journal, "lease", last)
    told = pushing(planned)
    assert {outcome.status for outcome in told} == {Status.FAILED}
    assert all("nothing was changed" in o.reason and "it is full. Free some space" in o.reason for o in told)
    assert {device_id: transport.devices[device_id].show() for device_id in ONE_OF_EACH} == before


def test_where_the_disk_fills_after_the_lines_were_sent_a_person_is_told_what_settles_it(
    planned: PushPlan, journal: Journal, pushing: Push, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = DBAPIError("UPDATE", None, sqlite3.OperationalError("database or disk is full"))
    write = journal._writer.write
    move = journal.move

    def moved(entry: Entry, *, with_backup: bool = False) -> bool:
        if entry.stage is Stage.APPLIED:
            monkeypatch.setattr(journal._writer, "write", lambda _: (_ for _ in ()).throw(full))
        return move(entry, with_backup=with_backup)

    monkeypatch.setattr(journal, "move", moved)
    told = by_device(pushing(replace(planned, entries=planned.entries[:1])))["ap-0001"]
    assert told.status is Status.UNKNOWN and "--resume" in told.reason and "it is full" in told.reason
    monkeypatch.setattr(journal._writer, "write", write)
    assert [entry.stage for entry in journal.unfinished()] == [Stage.ARMED]
