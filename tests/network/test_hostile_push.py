"""Pushes over real SSH to a device that takes lines as no lab's does: what is read back decides."""

import itertools
import os
import secrets
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from city.clock import SystemClock
from city.inventory import Inventory
from city.model.city import City
from city.outcome import Outcome, Status
from network.journal import Journal
from network.limits import Limits
from network.plan import plan
from network.push import push
from network.transports.netmiko import NetmikoTransport
from tests.network.hostile import BUSY, PASSWORD, PASSWORD_VARIABLE, Hooks, listening

LIMITS = Limits(workers=2, deadline_s=60, revert_after_s=120)
PATIENT = Limits(workers=2, deadline_s=600, revert_after_s=900)
RUNNING, STARTUP = "show running-config", "show startup-config"
TRUNK = "switchport mode trunk"
TIMER = "configure terminal revert timer 2"


@pytest.fixture(autouse=True)
def _password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PASSWORD_VARIABLE, PASSWORD)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal(tmp_path / "journal.sqlite", SystemClock()) as journal:
        yield journal


def pushed(city: City, inventory: Inventory, journal: Journal, limits: Limits = LIMITS) -> Outcome:
    (device_id,) = inventory
    planned = plan(city, [city.device(device_id)], inventory, transport=NetmikoTransport(), limits=limits)
    (told,) = push(planned, inventory, transport=NetmikoTransport(), journal=journal, limits=limits)
    return told


def warned(line: str, text: str) -> str:
    return "%Warning: this port may take 30 s to forward" if line == TRUNK else text


def refused(line: str) -> str | None:
    return "Command rejected: the encapsulation of this port is Auto" if line == TRUNK else None


def cut_off(times: int) -> Hooks:
    """Its configuration ends in the middle, as often as that."""
    shown = itertools.count()

    def answer(line: str, text: str) -> str:
        cut = line == RUNNING and next(shown) < times
        return text[: text.index("interface gigabitethernet 1/0/5")] if cut else text

    return Hooks(answer=answer)


def salted(line: str, text: str) -> str:
    secret = f"\nusername ops password 7 {secrets.token_hex(8)}\nntp clock-period {secrets.randbelow(10**8)}\n!\nend"
    return text.replace("\nend", secret) if line == RUNNING else text


def test_a_warning_is_no_refusal_what_is_read_back_decides(example_city: City, journal: Journal) -> None:
    with listening(example_city, "sw-west-01", Hooks(answer=warned)) as (_, inventory):
        told = pushed(example_city, inventory, journal)
    assert told.status is Status.CHANGED, told.reason


def test_the_reason_is_the_line_that_was_sent_and_what_the_device_showed(example_city: City, journal: Journal) -> None:
    with listening(example_city, "sw-west-01", Hooks(instead=refused)) as (device, inventory):
        before = device.shown()
        told = pushed(example_city, inventory, journal)
        assert device.shown() == before == device.saved()
    assert told.status is Status.FAILED
    assert f"to '{TRUNK}' it said 'Command rejected: the encapsulation" in told.reason
    assert "configure revert now" not in told.reason, "what failed after it is no cause"


def test_lines_that_drift_by_themselves_and_are_not_ours_stop_no_push(example_city: City, journal: Journal) -> None:
    with listening(example_city, "sw-west-01", Hooks(answer=salted)) as (_, inventory):
        assert pushed(example_city, inventory, journal).status is Status.CHANGED
        told = pushed(example_city, inventory, journal)
    assert told.status is Status.OK, told.reason


def test_a_configuration_that_was_cut_off_is_asked_for_again_before_it_is_believed(
    example_city: City, journal: Journal
) -> None:
    with listening(example_city, "sw-west-01", cut_off(2)) as (_, inventory):
        told = pushed(example_city, inventory, journal)
    assert told.status is Status.CHANGED, told.reason


def test_a_configuration_that_is_always_cut_off_is_neither_believed_nor_kept(
    example_city: City, journal: Journal
) -> None:
    with listening(example_city, "sw-west-01", cut_off(10**6)) as (device, inventory):
        told = pushed(example_city, inventory, journal)
    assert told.status is Status.FAILED and "no end" in told.reason
    assert not [line for line in device.log if line.startswith("configure")]


@pytest.mark.slow
def test_an_answer_that_is_lost_while_arming_ends_nobodys_pending_change(example_city: City, journal: Journal) -> None:
    """Between the plan and the push somebody else began a change of his own, with the same timer."""
    with listening(example_city, "sw-west-01", Hooks(drops=lambda line: line == TIMER)) as (device, inventory):
        told = pushed(example_city, inventory, journal)
        assert device.state.revert is not None, "whoever began it, it is left"
    assert told.status is Status.FAILED and "nothing was changed" in told.reason
    assert TIMER in told.reason and "somebody else's" in told.reason
    assert "configure revert now" not in device.log


@pytest.mark.slow
def test_a_busy_device_is_asked_again_before_anything_was_sent(example_city: City, journal: Journal) -> None:
    refusing = iter([False, False, True, False, *[True] * 100])
    with listening(example_city, "ap-0001", Hooks(admits=lambda: next(refusing))) as (device, inventory):
        told = pushed(example_city, inventory, journal)
    assert told.status is Status.CHANGED, told.reason
    assert device.connections >= 6


@pytest.mark.slow
def test_what_a_device_says_reaches_nobody_with_its_secrets_or_controls(example_city: City, journal: Journal) -> None:
    def instead(line: str) -> str | None:
        return f"% Bad \x1b[31m\x07{line}; password hunter2" if line == TRUNK else None

    with listening(example_city, "sw-west-01", Hooks(instead=instead)) as (_, inventory):
        told = pushed(example_city, inventory, journal)
    assert TRUNK in told.reason and told.reason.isprintable()
    assert "hunter2" not in told.reason and "password ***" in told.reason
    assert "hunter2" not in journal._read(True)[-1].reason  # type: ignore[arg-type]  # noqa: FBT003 - every row


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Ctrl-C interrupts, also where a shell started these tests in the background, with SIGINT ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.slow
@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize("while_pushing", [False, True], ids=["planning", "pushing"])
def test_an_interrupt_ends_the_work_on_devices_that_never_end_theirs(
    example_city: City, journal: Journal, *, while_pushing: bool
) -> None:
    """Their deadline is ten minutes away: without an end by the interrupt, this test does not end."""
    interrupted = threading.Event()

    def sent(line: str, data: bytes) -> Iterator[bytes]:
        if line == (TRUNK if while_pushing else RUNNING):
            if not interrupted.is_set():
                interrupted.set()
                os.kill(os.getpid(), signal.SIGINT)
            yield from itertools.repeat(BUSY)
        yield data

    with listening(example_city, "sw-west-01", Hooks(sent=sent)) as (_, inventory):
        with pytest.raises(KeyboardInterrupt):
            pushed(example_city, inventory, journal, PATIENT)
        left = [entry.stage.value for entry in journal.unfinished()]
        assert left == (["armed"] if while_pushing else [])
