"""Pushes over real SSH to a device that answers as no lab's does: what it shows is read as it means it."""

import itertools
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from city.clock import SystemClock
from city.inventory import Inventory
from city.model.city import City
from city.outcome import Outcome, Status
from network.journal import Journal
from network.limits import Limits
from network.push import plan, push
from network.transports.base import Deadline, SessionLost, Unreachable
from network.transports.netmiko import NetmikoTransport
from platforms.registry import grammar
from tests.network.hostile import ADDRESS, ANSWERED, BUSY, PASSWORD, PASSWORD_VARIABLE, Hooks, endpoint, listening

LIMITS = Limits(workers=2, deadline_s=60, revert_after_s=120)
SHORT_S = 1.0
RUNNING, STARTUP = "show running-config", "show startup-config"
LOG = "*Mar  1 00:01:02.003: %LINK-3-UPDOWN: Interface GigabitEthernet1/0/5, changed state to up"
OTHER_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJQ1s1yQ0Vf4ov3bXx6NC0d1TUVw6j4mEoa3bUf2f3ZL"


@pytest.fixture(autouse=True)
def _password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PASSWORD_VARIABLE, PASSWORD)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal(tmp_path / "journal.sqlite", SystemClock()) as journal:
        yield journal


def pushed(city: City, inventory: Inventory, journal: Journal) -> Outcome:
    (device_id,) = inventory
    planned = plan(city, [city.device(device_id)], inventory, transport=NetmikoTransport(), limits=LIMITS)
    (told,) = push(planned, inventory, transport=NetmikoTransport(), journal=journal, limits=LIMITS)
    return told


def backup(journal: Journal) -> str:
    return journal._read(True)[-1].backup  # type: ignore[arg-type]  # noqa: FBT003 - every row


def folded(prompt: str, line: str) -> str:
    whole = prompt + line
    return "\r\n".join(whole[at : at + 80] for at in range(0, len(whole), 80))[len(prompt) :] + "\r\n"


SQUARE = "Πλατεία Αριστοτέλους"


def with_greek(line: str, text: str) -> str:
    return text.replace("\nend", f"\nbanner login ^C\n{SQUARE}\n^C\n!\nend") if line == RUNNING else text


def cut_in_greek(turns: Iterator[int]) -> Hooks:
    def sent(line: str, data: bytes) -> list[bytes]:
        at = data.find("Π".encode()) + next(turns) % 2
        return [data[:at], BUSY, data[at:]] if line == RUNNING else [data]

    return Hooks(answer=with_greek, sent=sent)


def logging_between(line: str, data: bytes) -> list[bytes]:
    at = data.find(b"interface") if line == RUNNING else 0
    return [data[:at], f"{LOG}\r\n".encode(), data[at:]]


def in_latin(line: str, data: bytes) -> list[bytes]:
    return [data.replace(SQUARE.encode(), b"caf\xe9 \x85") if line == RUNNING else data]


def paged(more: bytes, erased: bytes) -> Callable[[str, bytes], list[bytes]]:
    """A page, the question, and once something is typed the rest: as where nobody turned the pager off."""

    def sent(line: str, data: bytes) -> list[bytes]:
        if line not in (RUNNING, STARTUP):
            return [data]
        at = data.index(b"\r\n", len(data) // 2) + 2
        return [data[:at], more, ANSWERED, erased, data[at:]]

    return sent


def overwriting(line: str, data: bytes) -> list[bytes]:
    """Asks before it overwrites what an older release wrote."""
    asks = b"Overwrite the previous NVRAM configuration?[confirm]"
    return [asks, ANSWERED, b"\r\n", data] if line == "write memory" else [data]


def moved(prompt: str, line: str) -> str:
    """At the margin of 80 the line is moved to the left, and its end shown behind a `$`."""
    room = 79 - len(prompt)
    return f"{line[:room]}{chr(8) * room}${line[1 - room :]}\r\n" if len(line) > room else f"{line}\r\n"


def unknown(line: str) -> str | None:
    return "% Invalid input detected at '^' marker." if line.startswith("terminal ") else None


ENDS = {"CR CR LF": b"\r\r\n", "LF CR": b"\n\r", "LF": b"\n", "NULs": b"\r\x00\n\x00"}


def ended(end: bytes) -> Callable[[str, bytes], list[bytes]]:
    return lambda _line, data: [data.replace(b"\r\n", end)]


def coloured(_prompt: str, line: str) -> str:
    return f"\x1b[?2004l\x1b[1m{line}\x1b[0m\x1b[K\r\n"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("device_id", "hooks"),
    [
        pytest.param("sw-west-01", Hooks(), id="a device as it should be"),
        pytest.param("ap-0001", Hooks(greeting=(b"\r\nOnly for those who may! ",)), id="a greeting without line end"),
        pytest.param("ap-0001", Hooks(greeting=(b"\r\nHello# ", BUSY, b"who comes?\r\n")), id="half a greeting"),
        pytest.param("sw-west-01", Hooks(echo=folded), id="an echo folded at 80"),
        pytest.param("sw-west-01", cut_in_greek(itertools.count()), id="a letter cut between packets"),
        pytest.param("sw-west-01", Hooks(sent=logging_between), id="a log line in the middle"),
        pytest.param("sw-west-01", Hooks(answer=with_greek, sent=in_latin), id="another encoding"),
        pytest.param("sw-west-01", Hooks(sent=paged(b" --More-- ", b"\b" * 10 + b" " * 10 + b"\b" * 10)), id="pages"),
        pytest.param("sw-west-01", Hooks(sent=paged(b"--More--", b"\r        \r")), id="pages, taken back by a return"),
        pytest.param("sw-west-01", Hooks(sent=paged(b"-- More --", b"\x1b[2K\r")), id="pages, taken back by an escape"),
        pytest.param("sw-west-01", Hooks(sent=paged(b"<--- More --->", b"\r\n")), id="pages, not taken back"),
        pytest.param("sw-west-01", Hooks(sent=overwriting), id="a question before it saves"),
        pytest.param("sw-west-01", Hooks(echo=moved), id="an echo moved to the left"),
        pytest.param("sw-west-01", Hooks(echo=coloured), id="an echo in bold"),
        pytest.param("sw-west-01", Hooks(instead=unknown), id="no terminal to set"),
        *(
            pytest.param("sw-west-01", Hooks(sent=ended(end)), id=f"lines that end in {name}")
            for name, end in ENDS.items()
        ),
    ],
)
def test_a_device_is_read_as_it_means_it(example_city: City, journal: Journal, device_id: str, hooks: Hooks) -> None:
    with listening(example_city, device_id, hooks) as (_, inventory):
        told = pushed(example_city, inventory, journal)
        assert told.status is Status.CHANGED, told.reason
        again = pushed(example_city, inventory, journal)
        assert again.status is Status.OK, again.reason


def test_a_backup_is_what_the_device_said_byte_for_byte(example_city: City, journal: Journal) -> None:
    with listening(example_city, "sw-west-01", Hooks(answer=with_greek, sent=in_latin)) as (_, inventory):
        pushed(example_city, inventory, journal)
    assert b"\ncaf\xe9 \x85\n" in backup(journal).encode(errors="surrogateescape")


def test_a_banner_line_that_begins_with_a_per_cent_sign_is_no_rejected_command(
    example_city: City, journal: Journal
) -> None:
    def answer(line: str, text: str) -> str:
        banner = "\nbanner motd ^C\n% Authorized users only\n% Invalid input is punished\n^C\nend"
        return text.replace("\nend", banner) if line in (RUNNING, STARTUP) else text

    greeting = (b"\r\n% Authorized users only\r\n",)
    with listening(example_city, "sw-west-01", Hooks(answer=answer, greeting=greeting)) as (device, inventory):
        told = pushed(example_city, inventory, journal)
    assert told.status is Status.CHANGED, told.reason
    assert not [line for line in device.log if "uthorized" in line or "punished" in line]


@contextmanager
def flood(first: bytes, more: bytes) -> Iterator[int]:
    """A TCP port that says `first` and then `more` for ever, to whoever comes."""

    def serve(listener: socket.socket) -> None:
        try:
            while True:
                taken, _ = listener.accept()
                with taken:
                    taken.sendall(first)
                    while True:
                        taken.sendall(more)
        except OSError:
            return

    with socket.create_server((ADDRESS, 0)) as listener:
        serving = threading.Thread(target=serve, args=(listener,), daemon=True)
        serving.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
        serving.join(60)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("first", "more"),
    [
        pytest.param(b"", b"x" * 1000, id="one line without end before SSH"),
        pytest.param(b"", b"hello\r\n" * 100, id="lines without end before SSH"),
        pytest.param(b"SSH-2.0-x\r\n", b"\x00" * 1000, id="noughts in place of SSH"),
    ],
)
def test_a_flood_before_a_session_comes_to_an_end(example_city: City, first: bytes, more: bytes) -> None:
    del example_city
    with flood(first, more) as port:
        reached = endpoint("ap-0001", port, OTHER_KEY)
        deadline = Deadline.after(SHORT_S)
        with pytest.raises(Unreachable):
            NetmikoTransport().open(reached, grammar("street-ap"), deadline)


def endless(data: bytes) -> Iterator[bytes]:
    while True:
        yield data


@pytest.mark.slow
@pytest.mark.parametrize(
    "data", [b"welcome\r\n" * 100, b"\b" * 60_000, b"x" * 60_000], ids=["lines", "backspaces", "one line"]
)
def test_a_deadline_bounds_a_greeting_without_end(example_city: City, data: bytes) -> None:
    hooks = Hooks(greeting=endless(data))
    with listening(example_city, "ap-0001", hooks) as (_, inventory), pytest.raises(Unreachable, match="no prompt"):
        NetmikoTransport().open(inventory["ap-0001"], grammar("street-ap"), Deadline.after(10 * SHORT_S))


@pytest.mark.slow
def test_a_deadline_bounds_an_answer_without_end(example_city: City) -> None:
    hooks = Hooks(sent=lambda line, data: endless(b"and so on\r\n" * 100) if line == RUNNING else (data,))
    with listening(example_city, "ap-0001", hooks) as (_, inventory):
        session = NetmikoTransport().open(inventory["ap-0001"], grammar("street-ap"), Deadline.after(15 * SHORT_S))
        with session, pytest.raises(SessionLost, match=r"without end|no end in time"):
            session.show([RUNNING])


def test_somebody_who_stops_ends_a_wait_that_has_long_to_go(example_city: City) -> None:
    deadline = Deadline.after(600)

    def busy() -> Iterator[bytes]:
        for chunk in itertools.count():
            if chunk == 3:
                deadline.stop.set()
            yield BUSY

    hooks = Hooks(sent=lambda line, data: busy() if line == RUNNING else (data,))
    with listening(example_city, "ap-0001", hooks) as (_, inventory):
        session = NetmikoTransport().open(inventory["ap-0001"], grammar("street-ap"), deadline)
        with session, pytest.raises(SessionLost):
            session.show([RUNNING])
