"""Pushes over real SSH to emulated devices and a real FRR, with everything that can go wrong on the way."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from city.clock import SystemClock
from city.inventory import Endpoint
from city.outcome import Outcome, Status, tally
from city.secrets import resolve
from network.diff import compare
from network.intent import intended
from network.journal import Journal
from network.limits import Limits
from network.plan import Kind
from network.push import plan, push, resume
from network.reading import read
from network.stages import FINAL, Stage
from network.transports.base import Deadline, Session
from network.transports.netmiko import NetmikoTransport
from platforms.grammar.configuration import Configuration
from platforms.grammar.protocol import Grammar
from platforms.registry import grammar
from tests.street import Street
from tests.waiting import until

pytestmark = pytest.mark.fleet

TRANSPORT = NetmikoTransport()
LIMITS = Limits(workers=8, deadline_s=60, revert_after_s=120)
ROOT = Path(__file__).parents[2]


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    journal = Journal(tmp_path / "state" / "journal.sqlite", SystemClock())
    yield journal
    journal.close()


def shown(street: Street, device_id: str) -> Configuration:
    kind = grammar(street.city.device(device_id).platform)
    with street.session(device_id) as session:
        return read(session, device_id, kind).running


def as_intended(street: Street, device_id: str) -> bool:
    device = street.city.device(device_id)
    wanted = intended(street.city, device)
    return grammar(device.platform).managed(shown(street, device_id), wanted) == wanted


def lines_needed(street: Street, device_id: str) -> int:
    """How many lines it has to take to be as intended."""
    device = street.city.device(device_id)
    lines = compare(grammar(device.platform), shown(street, device_id), intended(street.city, device)).lines
    return len([line for line in lines if line != "exit"])


def disturb(street: Street, device_ids: Sequence[str]) -> None:
    """Change one line by hand on each, saved, so that there is something to push."""
    for device_id in device_ids:
        name = street.city.device(device_id).platform
        commands = {
            "frr": ("configure terminal", "log syslog errors", "end", "write memory"),
            "mesh-ap": ("uci set system.host.location='1.0,2.0'", "uci commit"),
        }.get(name, ("configure terminal", "snmp-server location 1.0,2.0", "end", "write memory"))
        with street.session(device_id) as session:
            session.run(commands)


def pushed(
    street: Street,
    journal: Journal,
    device_ids: Sequence[str],
    limits: Limits = LIMITS,
    between: Callable[[], None] = lambda: None,
) -> dict[str, Outcome]:
    """Plan, let something happen, push."""
    devices = [street.city.device(device_id) for device_id in device_ids]
    planned = plan(street.city, devices, street.inventory, transport=TRANSPORT, limits=limits)
    between()
    told = push(planned, street.inventory, transport=TRANSPORT, journal=journal, limits=limits)
    return {outcome.subject: outcome for outcome in told}


def test_first_everything_changes_then_nothing(street: Street, journal: Journal) -> None:
    everything = [device.id for device in street.city.devices]
    disturb(street, everything)
    first = pushed(street, journal, everything)
    assert tally(first.values())[Status.CHANGED] == len(everything), first
    again = plan(street.city, street.city.devices, street.inventory, transport=TRANSPORT, limits=LIMITS)
    assert {entry.kind for entry in again.entries} == {Kind.SAME}
    second = push(again, street.inventory, transport=TRANSPORT, journal=journal, limits=LIMITS)
    assert tally(second)[Status.OK] == len(everything)
    assert not journal.unfinished()


def test_devices_that_are_off_fail_with_the_reason_and_the_others_are_done(street: Street, journal: Journal) -> None:
    off, on = ["ap-0002", "ap-0004", "sw-east-01"], ["ap-0001", "ap-0003", "sw-core-01"]
    disturb(street, [*off, *on])
    for device_id in off:
        street.fault(device_id, off=True)
    told = pushed(street, journal, [*off, *on])
    assert {told[device].status for device in off} == {Status.FAILED}
    assert all("refused" in told[device].reason for device in off)
    assert {told[device].status for device in on} == {Status.CHANGED}


def test_wrong_credentials_are_named_as_such(street: Street, journal: Journal) -> None:
    disturb(street, ["ap-0005", "ap-0007"])
    street.fault("ap-0005", wrong_credentials=True)
    told = pushed(street, journal, ["ap-0005", "ap-0007"])
    assert told["ap-0005"].status is Status.FAILED and "password" in told["ap-0005"].reason
    secret = resolve(street.inventory["ap-0005"].password).reveal()
    assert secret not in told["ap-0005"].reason
    assert told["ap-0007"].status is Status.CHANGED


def test_a_slow_device_is_done_and_holds_up_nobody(street: Street, journal: Journal) -> None:
    disturb(street, ["ap-0008", "ap-0010"])
    street.fault("ap-0008", latency_s=0.3)
    told = pushed(street, journal, ["ap-0008", "ap-0010"])
    assert {outcome.status for outcome in told.values()} == {Status.CHANGED}
    assert told["ap-0010"].duration_s < told["ap-0008"].duration_s


@pytest.mark.parametrize(
    ("device_id", "part"),
    [
        pytest.param("ap-0001", "snmp-server location", id="street-ap"),
        pytest.param("ap-0003", "location", id="mesh-ap"),
        pytest.param("sw-west-01", "snmp-server location", id="edge-switch"),
    ],
)
def test_a_rejected_line_leaves_the_device_as_it_was(
    street: Street, journal: Journal, device_id: str, part: str
) -> None:
    disturb(street, [device_id, "ap-0011"])
    before = shown(street, device_id)
    street.fault(device_id, rejects=[part])
    told = pushed(street, journal, [device_id, "ap-0011"])
    assert told[device_id].status is Status.FAILED and "rejected" in told[device_id].reason
    assert shown(street, device_id) == before
    assert told["ap-0011"].status is Status.CHANGED
    street.mend(device_id)
    assert pushed(street, journal, [device_id])[device_id].status is Status.CHANGED, "no timer was left behind"


@pytest.mark.parametrize("device_id", ["ap-0001", "ap-0003", "sw-west-01"])
def test_a_reboot_in_the_middle_of_the_lines_ends_as_before_or_as_intended(
    street: Street, journal: Journal, device_id: str
) -> None:
    disturb(street, [device_id, "ap-0011"])
    before = shown(street, device_id)
    told = pushed(street, journal, [device_id, "ap-0011"], between=lambda: street.fault(device_id, reboot_after=1))
    assert told[device_id].status is Status.FAILED, told
    assert shown(street, device_id) == before
    assert told["ap-0011"].status is Status.CHANGED
    street.mend(device_id)
    assert pushed(street, journal, [device_id])[device_id].status is Status.CHANGED


def test_a_device_that_is_gone_when_it_has_taken_its_lines_is_unknown(street: Street, journal: Journal) -> None:
    disturb(street, ["ap-0011", "ap-0012"])
    before = shown(street, "ap-0011")
    leaving = Leaving(street, "ap-0011")
    devices = [street.city.device(device_id) for device_id in ("ap-0011", "ap-0012")]
    limits = Limits(workers=8, deadline_s=15, revert_after_s=120)
    planned = plan(street.city, devices, street.inventory, transport=TRANSPORT, limits=limits)
    told = push(planned, street.inventory, transport=leaving, journal=journal, limits=limits)
    assert [outcome.status for outcome in told] == [Status.UNKNOWN, Status.CHANGED]
    street.mend("ap-0011")
    assert shown(street, "ap-0011") == before, "it came back with what it had saved"


class Leaving:
    """A transport during whose second session with one device that device loses power."""

    def __init__(self, street: Street, device_id: str) -> None:
        self._street, self._device_id, self._opened = street, device_id, 0

    def open(self, endpoint: Endpoint, platform: Grammar, deadline: Deadline) -> Session:
        self._opened += endpoint.device == self._device_id
        if endpoint.device == self._device_id and self._opened > 1:
            self._street.fault(self._device_id, off=True)
        return TRANSPORT.open(endpoint, platform, deadline)


def journal_runs(journal: Journal) -> list[str]:
    with journal._engine.begin() as database:
        return [str(run) for (run,) in database.exec_driver_sql("SELECT DISTINCT run FROM pushes ORDER BY run")]


def test_somebody_who_changed_a_device_since_the_plan_is_not_overrun(street: Street, journal: Journal) -> None:
    disturb(street, ["ap-0001", "ap-0003", "sw-core-01"])

    def meanwhile() -> None:
        with street.session("ap-0001") as session:
            session.run(["configure terminal", "logging host 10.9.9.9", "end"])

    told = pushed(street, journal, ["ap-0001", "ap-0003", "sw-core-01"], between=meanwhile)
    assert told["ap-0001"].status is Status.FAILED and "changed since the plan" in told["ap-0001"].reason
    assert "logging host 10.9.9.9" in shown(street, "ap-0001").lines("")
    assert {told[device].status for device in ("ap-0003", "sw-core-01")} == {Status.CHANGED}


PUSHER = """
import sys, json
from dataclasses import asdict
from pathlib import Path
from ipaddress import IPv4Address
from city.clock import SystemClock
from city.load.city import load
from lab.fleet import reach
from lab.params import LabParams
from lab.real import process as real
from network.journal import Journal
from network.limits import Limits
from network.push import plan, push
from network.transports.base import Deadline, Session
from network.transports.netmiko import NetmikoTransport
root, journal = map(Path, sys.argv[1:3])
city, params = load(Path("cities/example")), LabParams.load(root)
inventory = reach.inventory(params, city) | real.inventory(params, city)
transport, limits = NetmikoTransport(), Limits(workers=4)
planned = plan(city, city.devices, inventory, transport=transport, limits=limits)
push(planned, inventory, transport=transport, journal=Journal(journal, SystemClock()), limits=limits,
     on_outcome=lambda outcome: print(json.dumps(outcome.as_json()), flush=True))
"""


@pytest.mark.parametrize("done", [0, 3, 9], ids=["before the first is done", "after three", "after nine"])
def test_killed_for_good_and_resumed(street: Street, tmp_path: Path, done: int) -> None:
    """kill -9 in the middle of a push: afterwards every device is known, and none got its lines twice."""
    everything = [device.id for device in street.city.devices]
    disturb(street, everything)
    emulated = [device_id for device_id in everything if device_id != "sw-core-01"]
    taken = {device_id: street.lines_taken(device_id) for device_id in emulated}
    needed = {device_id: lines_needed(street, device_id) for device_id in emulated}
    for device_id in emulated:
        street.fault(device_id, latency_s=0.02)
    path = tmp_path / "state" / "journal.sqlite"
    process = subprocess.Popen(
        [sys.executable, "-c", PUSHER, str(street.params.root), str(path)],
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert process.stdout is not None
    with process.stdout:
        until(lambda: some_device_is_past(path, Stage.BACKED_UP))
        finished = [json.loads(process.stdout.readline()) for _ in range(done)]
        process.send_signal(signal.SIGKILL)
        process.wait()
    street.mend(*emulated)
    journal = Journal(path, SystemClock())
    left = {entry.device: entry for entry in journal.unfinished()}
    assert left, "it was killed in the middle"
    told = resume(journal, street.inventory, transport=TRANSPORT, limits=LIMITS)
    assert {outcome.subject for outcome in told} == set(left)
    (run,) = journal_runs(journal)
    entries = journal.of_run(run)
    journal.close()
    assert len(entries) == len(everything) and all(entry.stage in FINAL for entry in entries)
    for device_id in emulated:
        if street.city.device(device_id).platform != "mesh-ap":  # staging a line again changes nothing
            assert street.lines_taken(device_id) - taken[device_id] <= needed[device_id], "no line went out twice"
    for entry in entries:
        assert (entry.stage is Stage.CONFIRMED) == as_intended(street, entry.device), entry
    assert {outcome["subject"] for outcome in finished}.isdisjoint(left)
    street.end_timers(*emulated)  # those whose arming was not provably ours, which would run for minutes
    assert {entry.stage for entry in entries} <= {Stage.CONFIRMED, Stage.REVERTED}


def some_device_is_past(path: Path, stage: Stage) -> bool:
    if not path.exists():
        return False
    journal = Journal(path, SystemClock())
    try:
        runs = journal_runs(journal)
        beyond = {Stage.ARMED, Stage.APPLIED, Stage.VERIFIED, Stage.CONFIRMED} | {stage}
        return bool(runs) and any(entry.stage in beyond for entry in journal.of_run(runs[-1]))
    finally:
        journal.close()
