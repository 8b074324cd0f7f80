"""Pushes to devices on paper whose process was killed or interrupted, and what resuming makes of them."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest

from city.clock import FixedClock
from city.inventory import Inventory
from city.model.city import City
from city.outcome import Outcome, Status, tally
from lab.fleet.dialects.dialect import START
from network.at_device import Tools
from network.device_push import DevicePush
from network.diff import compare
from network.journal import Journal
from network.journal_entry import Entry
from network.limits import Limits
from network.plan import Kind, PushPlan
from network.push import plan, push, resume
from network.stages import FINAL, Stage
from platforms.grammar.configuration import Configuration
from platforms.registry import grammar
from tests.network.paper import (
    IMPATIENT,
    LIMITS,
    ONE_OF_EACH,
    DialectDevice,
    Fate,
    Killed,
    MortalJournal,
    PaperTransport,
    Push,
    entry_of,
    managed,
    paper_devices,
    wanted,
)


def killed_at(
    journal: MortalJournal, inventory: Inventory, entry: Entry, transport: PaperTransport, fate: Fate
) -> None:
    """A push of one device whose process dies as `fate` says, with all that it held in memory."""
    journal.begin(entry.run, [entry], [entry.device])
    transport.fate = journal.fate = fate
    tools = Tools(transport=transport, journal=journal, limits=LIMITS)
    try:
        DevicePush(tools, entry, inventory[entry.device]).push()
    except Killed:
        pass
    finally:
        transport.fate = journal.fate = Fate()


def sent_once(city: City, device_id: str, before: Configuration, transport: PaperTransport) -> bool:
    """As the device saw it: no command of the apply came a second time, whoever sent it."""
    kind = grammar(city.device(device_id).platform)
    lines = compare(kind, before, wanted(city, device_id)).lines
    framing = {"configure terminal", "exit", "end"}
    applying = Counter(line for line in kind.apply(lines, LIMITS.revert_after_s) if line not in framing)
    said = Counter(command for there, command in transport.log if there == device_id)
    assert applying
    return all(said[line] <= times for line, times in applying.items())


@pytest.mark.slow
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
        assert entry.stage in FINAL, at
        assert sent_once(city, device_id, before, transport), at
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


def test_a_plan_that_was_given_up_is_not_replayed_by_a_later_resume(
    example_city: City, paper_inventory: Inventory, planned: PushPlan, transport: PaperTransport, journal: Journal
) -> None:
    """A wrong change dies after its first devices; the data goes back; what was not begun is over for good."""
    wrong = [replace(entry_of(planned, device_id, "run-1"), intended="") for device_id in ONE_OF_EACH]
    journal.begin("run-1", wrong, ONE_OF_EACH)
    devices = [example_city.device(device_id) for device_id in ONE_OF_EACH]
    push(planned, paper_inventory, transport=transport, journal=journal, limits=LIMITS)
    again = plan(example_city, devices, paper_inventory, transport=transport)
    push(again, paper_inventory, transport=transport, journal=journal, limits=LIMITS)
    transport.log.clear()
    assert resume(journal, paper_inventory, transport=transport, limits=LIMITS) == ()
    assert not transport.log
    assert {entry.stage for entry in journal.of_run("run-1")} == {Stage.REFUSED}


def test_a_device_that_another_push_left_half_way_is_not_called_as_intended(
    example_city: City, paper_inventory: Inventory, transport: PaperTransport, journal: Journal, pushing: Push
) -> None:
    """It shows what is intended, and its own timer would take that back."""
    device = example_city.device("ap-0001")
    first = plan(example_city, [device], paper_inventory, transport=transport)
    (entry,) = first.entries
    shown = transport.devices["ap-0001"].show()
    lines = compare(grammar("street-ap"), shown, wanted(example_city, "ap-0001")).lines
    fate = Fate(at=6 + len(lines) + len(["end"]), after=True)  # sent, and nobody has confirmed them
    mortal = MortalJournal(journal.path, FixedClock(journal._clock.now()))
    killed_at(mortal, paper_inventory, entry_of(first, "ap-0001", "run-1"), transport, fate)
    mortal.close()
    assert managed(example_city, "ap-0001", transport.devices["ap-0001"].show()) == wanted(example_city, "ap-0001")
    same = replace(first, entries=(replace(entry, kind=Kind.SAME),))
    (told,) = pushing(same)
    assert told.status is Status.FAILED and "run-1" in told.reason and "--resume" in told.reason
    (settled,) = resume(journal, paper_inventory, transport=transport, limits=LIMITS)
    assert settled.status is Status.CHANGED
    assert tally(pushing(plan(example_city, [device], paper_inventory, transport=transport)))[Status.OK] == 1


def test_an_interrupted_push_begins_no_further_device(
    planned: PushPlan, paper_inventory: Inventory, transport: PaperTransport, journal: Journal
) -> None:
    before = {device_id: transport.devices[device_id].show() for device_id in ONE_OF_EACH}

    def interrupt(_there: str, _said: str) -> None:
        transport.hook = lambda _there, _said: None
        raise KeyboardInterrupt

    transport.hook = interrupt
    one_by_one = Limits(workers=1, deadline_s=30, revert_after_s=120)
    with pytest.raises(KeyboardInterrupt):
        push(planned, paper_inventory, transport=transport, journal=journal, limits=one_by_one)
    waiting = [entry.device for entry in journal.unfinished() if entry.stage is Stage.PLANNED]
    assert len(waiting) >= len(ONE_OF_EACH) - 2
    assert all(transport.devices[device_id].show() == before[device_id] for device_id in waiting)
    left = journal.unfinished()
    told = resume(journal, paper_inventory, transport=transport, limits=LIMITS)
    assert tally(told)[Status.CHANGED] == len(left)


def test_resuming_a_device_that_is_nowhere_says_so_and_keeps_the_question(
    planned: PushPlan, paper_inventory: Inventory, transport: PaperTransport, journal: Journal
) -> None:
    entry = replace(entry_of(planned, "sw-core-01", "run-1"), stage=Stage.APPLIED, backup="hostname vm\n")
    journal.begin(entry.run, [entry], [entry.device])
    without = {device: endpoint for device, endpoint in paper_inventory.items() if device != "sw-core-01"}
    (told,) = resume(journal, without, transport=transport, limits=LIMITS)
    assert told.status is Status.UNKNOWN and "run-1 left it applied" in told.reason
    assert journal.unfinished() == (entry,)


@pytest.mark.slow
def test_resuming_a_device_that_cannot_be_seen_asks_a_person(
    planned: PushPlan, paper_inventory: Inventory, transport: PaperTransport, journal: Journal
) -> None:
    entry = replace(entry_of(planned, "ap-0001", "run-1"), stage=Stage.APPLIED, backup="hostname street-ap\n")
    journal.begin(entry.run, [entry], [entry.device])
    transport.unreachable.add("ap-0001")
    (told,) = resume(journal, paper_inventory, transport=transport, limits=IMPATIENT)
    assert told.status is Status.UNKNOWN
    assert journal.of_run("run-1")[0].stage is Stage.UNKNOWN


@pytest.mark.slow
@pytest.mark.parametrize(
    ("stage", "late_s"),
    [
        pytest.param(Stage.BACKED_UP, 0, id="whether we had begun is not known"),
        pytest.param(Stage.ARMED, 24 * 3600, id="what we had begun is long over"),
    ],
)
def test_resuming_ends_no_pending_change_that_is_not_provably_ours(  # noqa: PLR0913, PLR0917 - fixtures, and a row
    planned: PushPlan,
    paper_inventory: Inventory,
    transport: PaperTransport,
    journal: Journal,
    clock: FixedClock,
    stage: Stage,
    late_s: int,
) -> None:
    """Somebody else is in the middle of a change of his own, on a timer of his own, when we come back."""
    device = transport.devices["sw-west-01"]
    assert isinstance(device, DialectDevice)
    entry = replace(
        entry_of(planned, "sw-west-01", "run-1"), stage=stage, backup=grammar("edge-switch").render(device.show())
    )
    journal.begin(entry.run, [entry], [entry.device])
    where, _ = device.answer(START, "configure terminal revert timer 10")
    device.answer(where, "hostname in-the-hands-of-a-colleague")
    theirs = device.show()
    clock.at += timedelta(seconds=late_s)
    (told,) = resume(journal, paper_inventory, transport=transport, limits=LIMITS)
    assert told.status is Status.UNKNOWN and "left as it is" in told.reason
    assert device.state.revert is not None and device.show() == theirs
    assert not [said for _, said in transport.log if said.startswith(("configure revert", "configure confirm"))]


def test_lines_that_a_colleague_staged_meanwhile_are_not_dropped_with_ours(
    planned: PushPlan, paper_inventory: Inventory, transport: PaperTransport, journal: Journal
) -> None:
    device = transport.devices["ap-0003"]
    assert isinstance(device, DialectDevice)
    entry = replace(
        entry_of(planned, "ap-0003", "run-1"), stage=Stage.BACKED_UP, backup=grammar("mesh-ap").render(device.show())
    )
    journal.begin(entry.run, [entry], [entry.device])
    device.answer(START, "uci set wireless.radio0.country='DE'")
    staged = device.state.staged
    (told,) = resume(journal, paper_inventory, transport=transport, limits=LIMITS)
    assert told.status is Status.UNKNOWN and "staged" in told.reason
    assert device.state.staged == staged
