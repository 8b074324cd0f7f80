"""Commands on hosts over SSH, against a real sshd: pinned, bounded, and each word itself."""

import hashlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from city.errors import AstyError
from city.outcome import Status
from infra.hosts.access import Access, Bounds
from infra.hosts.command import Answer, run
from infra.hosts.host import Host
from infra.hosts.session import Session, session, words
from lab.net import process
from lab.net.kernel import inside
from lab.real.packages import NEEDS
from tests.infra.hosts.daemons import Daemon, daemon, make_key
from tests.lab.packages import have

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[3]
QUICK = Bounds(connect_s=60, run_s=120, output=1000)


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    have(need for need in (*NEEDS, *process.NEEDS) if need.package in {"openssh-server", "iproute2", "nftables"})
    with daemon(tmp_path_factory.mktemp("portal"), "portal-1", f"s{os.getpid() % 0xFFFF:04x}") as found:
        yield found


@pytest.fixture
def access(portal: Daemon) -> Access:
    return Access(user="root", identity=portal.identity, bounds=QUICK)


def ran(portal: Daemon, access: Access, *command: str) -> Answer:
    return run(portal.host, access, command, portal.dial)


def test_what_a_command_writes_and_how_it_ends_is_told(portal: Daemon, access: Access) -> None:
    done = ran(portal, access, "sh", "-c", "echo Δήμος; echo oops >&2; exit 3")
    assert done.ran is not None
    assert (done.ran.exit, done.ran.stdout, done.ran.stderr, done.ran.cut) == (3, "Δήμος\n", "oops\n", False)
    assert (done.outcome.subject, done.outcome.status) == ("portal-1 (datacentre)", Status.FAILED)
    assert done.as_json()["exit"] == 3 and done.as_json()["reason"] == "exit 3"


def test_no_word_is_anything_but_itself_to_the_hosts_shell(portal: Daemon, access: Access) -> None:
    nasty = ["$(id)", "`id`", "a;id", "'", '"', "*", "~", "a\nb", "", "--", "&& id", "\\"]
    done = ran(portal, access, "printf", "%s|", *nasty)
    assert done.ran is not None and done.ran.stdout == "".join(f"{word}|" for word in nasty)


@given(st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20), max_size=5))
def test_the_shell_reads_back_every_word_as_it_was(given_words: list[str]) -> None:
    text = words(["printf", "%s\\0", *given_words])
    read = subprocess.run(["/bin/sh", "-c", text], capture_output=True, check=True).stdout.decode()
    assert read == "".join(f"{word}\0" for word in given_words or [""])


def test_a_command_that_does_not_end_is_left_and_called_unknown(portal: Daemon, access: Access) -> None:
    done = ran(portal, replace(access, bounds=replace(QUICK, run_s=0.3)), "sleep", "60")
    assert (done.outcome.status, done.ran) == (Status.UNKNOWN, None)
    assert "did not end within 0.3 s. It may still be running there" in done.outcome.reason


def test_of_a_flood_only_so_much_is_kept_and_the_end_is_still_seen(portal: Daemon, access: Access) -> None:
    done = ran(portal, access, "sh", "-c", "head -c 3000000 /dev/zero | tr '\\0' x; exit 4")
    assert done.ran is not None
    assert (done.ran.exit, done.ran.stdout, done.ran.cut) == (4, "x" * 1000, True)


def test_a_command_that_reads_finds_the_end_and_does_not_wait(portal: Daemon, access: Access) -> None:
    done = ran(portal, access, "cat")
    assert done.ran is not None and (done.ran.exit, done.ran.stdout) == (0, "")


def test_a_command_that_a_signal_ends_is_not_called_done(portal: Daemon, access: Access) -> None:
    assert ran(portal, access, "sh", "-c", "kill -9 $$").outcome.status is Status.UNKNOWN


def test_a_host_with_another_key_than_the_cloud_recorded_is_not_spoken_to(
    portal: Daemon, access: Access, tmp_path: Path
) -> None:
    mark = tmp_path / "ran"
    other = replace(portal.host, keys=(make_key(tmp_path / "other"),))
    done = run(other, access, ["touch", str(mark)], portal.dial)
    assert done.outcome.status is Status.FAILED and "another host key" in done.outcome.reason
    assert not mark.exists()


def test_what_the_users_own_known_hosts_says_counts_for_nothing(
    portal: Daemon, access: Access, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh" / "known_hosts").write_text(f"{portal.host.address} {portal.host.keys[0]}\n")
    (tmp_path / ".ssh" / "config").write_text("Host *\n  StrictHostKeyChecking no\n  User nobody\n")
    done = run(replace(portal.host, keys=()), access, ["true"], portal.dial)
    assert done.outcome.status is Status.FAILED and done.ran is None
    assert run(portal.host, access, ["true"], portal.dial).outcome.status is Status.CHANGED


def test_whoever_is_not_let_in_is_told_so(portal: Daemon, access: Access, tmp_path: Path) -> None:
    make_key(tmp_path / "stranger")
    done = ran(portal, replace(access, identity=tmp_path / "stranger"), "true")
    assert done.outcome.status is Status.FAILED and "does not let root in" in done.outcome.reason


def test_without_a_key_of_our_choice_those_of_the_user_are_offered(
    portal: Daemon, access: Access, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    offering = replace(access, identity=None)
    assert (
        "no key to offer, so nothing was run there. Name one by --identity"
        in ran(portal, offering, "true").outcome.reason
    )
    (tmp_path / ".ssh").mkdir()
    shutil.copy(portal.identity, tmp_path / ".ssh" / "id_ed25519")
    assert ran(portal, offering, "true").outcome.status is Status.CHANGED


def test_a_key_that_is_locked_is_told_apart_from_one_that_is_refused(
    portal: Daemon, access: Access, tmp_path: Path
) -> None:
    make_key(tmp_path / "locked", passphrase="open sesame")  # noqa: S106 - of a key that this test makes
    reason = ran(portal, replace(access, identity=tmp_path / "locked"), "true").outcome.reason
    assert "our key is locked with a passphrase" in reason and "SSH agent" in reason


def test_where_nobody_answers_nothing_was_run(portal: Daemon, access: Access) -> None:
    done = run(replace(portal.host, port=23), access, ["true"], portal.dial)
    assert done.outcome.status is Status.FAILED
    assert "nothing listens at its address" in done.outcome.reason and "nothing was run" in done.outcome.reason


def test_a_server_that_says_nothing_is_given_up(access: Access) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        host = Host(name="mute", site="here", address=IPv4Address("127.0.0.1"), keys=(), port=silent.getsockname()[1])
        done = run(host, replace(access, bounds=replace(QUICK, connect_s=0.3)), ["true"])
    assert done.outcome.status is Status.FAILED and "speaks no SSH" in done.outcome.reason


@contextmanager
def once(come: Callable[[], bool], act: Callable[[], None]) -> Iterator[None]:
    """Act as soon as that has come to be; whatever comes of it, nobody waits for ever."""
    left = threading.Event()

    def wait() -> None:
        while not come() and not left.wait(0.02):
            pass
        act()

    waiting = threading.Thread(target=wait)
    waiting.start()
    try:
        yield
    finally:
        left.set()
        waiting.join()


def test_an_interrupt_ends_what_runs_on_a_host_for_us(portal: Daemon, access: Access, tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    with once(begun.exists, access.stop.set):
        done = ran(portal, access, "sh", "-c", 'touch "$0" && sleep 100', str(begun))
    assert done.outcome.status is Status.UNKNOWN and "interrupted" in done.outcome.reason


def test_an_interrupt_ends_the_waiting_for_a_host_that_says_nothing(access: Access) -> None:
    """The server takes the connection and is silent: for an hour, if nobody interrupted."""
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        host = Host(name="mute", site="here", address=IPv4Address("127.0.0.1"), keys=(), port=silent.getsockname()[1])
        patient = replace(access, bounds=replace(QUICK, connect_s=3600))

        def interrupt() -> None:
            line, _ = silent.accept()
            with closing(line):
                line.recv(1)
                patient.stop.set()

        interrupting = threading.Thread(target=interrupt)
        interrupting.start()
        done = run(host, patient, ["true"])
        interrupting.join()
    assert done.outcome.status is Status.FAILED
    assert "somebody interrupted us, so nothing was run there" in done.outcome.reason


def test_an_interrupt_ends_the_dialling_of_a_host_that_is_gone(portal: Daemon, access: Access) -> None:
    """Whoever drops every packet, as a host without power does, is waited for no longer."""
    rules = "table ip gone { chain input { type filter hook input priority 0; tcp dport 24 counter drop; }; }"
    subprocess.run(["/usr/sbin/ip", "netns", "exec", portal.namespace, "/usr/sbin/nft", rules], check=True)
    patient = replace(access, bounds=replace(QUICK, connect_s=3600))

    def dropped() -> bool:
        command = ["/usr/sbin/ip", "netns", "exec", portal.namespace, "/usr/sbin/nft", "list", "table", "ip", "gone"]
        return "packets 0 " not in subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def dial(host: Host) -> socket.socket:
        with inside(portal.namespace):
            return patient.dial(host)

    with once(dropped, patient.stop.set):
        done = run(replace(portal.host, port=24), patient, ["true"], dial)
    assert done.outcome.status is Status.FAILED and "interrupted" in done.outcome.reason


def test_whoever_was_interrupted_begins_nothing_more(portal: Daemon, access: Access) -> None:
    access.stop.set()
    assert "interrupted us, so nothing was run" in ran(portal, access, "true").outcome.reason


def test_a_connection_that_breaks_in_the_middle_leaves_it_unknown(
    portal: Daemon, access: Access, tmp_path: Path
) -> None:
    lines: list[socket.socket] = []

    def dial(host: Host) -> socket.socket:
        lines.append(portal.dial(host))
        return lines[0]

    begun = tmp_path / "begun"
    with once(begun.exists, lambda: lines[0].shutdown(socket.SHUT_RDWR)):
        done = run(portal.host, access, ["sh", "-c", 'touch "$0" && sleep 100', str(begun)], dial)
    assert done.outcome.status is Status.UNKNOWN and "no exit code" in done.outcome.reason


@contextmanager
def frozen(portal: Daemon) -> Iterator[None]:
    """All that sshd began for us stands still; the kernel of the host goes on acknowledging what we send."""
    children = Path(f"/proc/{portal.server.pid}/task/{portal.server.pid}/children").read_text().split()
    assert children
    for one in children:
        os.kill(int(one), signal.SIGSTOP)
    try:
        yield
    finally:
        for one in children:
            os.kill(int(one), signal.SIGCONT)


@pytest.mark.parametrize(
    "ask",
    [
        pytest.param(lambda line: line.run("true"), id="a command"),
        pytest.param(lambda line: line.begin("cat"), id="a command that is talked with"),
    ],
)
def test_a_host_that_freezes_between_two_commands_is_given_up(
    ask: Callable[[Session], object], portal: Daemon, access: Access
) -> None:
    """Left to itself, Paramiko waits for an hour for the host to take a command."""
    within = replace(access, bounds=replace(QUICK, taken_s=0.3))
    with session(portal.host, access, portal.dial) as line:
        line.run("true")
        begun = time.monotonic()
        with frozen(portal), pytest.raises(AstyError, match="the connection broke"):
            ask(replace(line, access=within))
        assert time.monotonic() - begun < QUICK.run_s, "nor does it wait as for the end of a command"


def test_a_command_that_was_taken_has_its_own_time(
    portal: Daemon, access: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    left: list[bool] = []

    class Patience(threading.Timer):
        def cancel(self) -> None:
            super().cancel()
            left.append(self.finished.is_set())

    monkeypatch.setattr("infra.hosts.session.Timer", Patience)
    with session(portal.host, access, portal.dial) as line:
        assert line.run("echo done").stdout == "done\n"
        assert left == [True]
        line.begin("cat").close()
        assert left == [True, True]


TALKS = """
import sys
from ipaddress import IPv4Address
from infra.hosts.access import Access
from infra.hosts.command import run
from infra.hosts.host import Host
host = Host(name="mute", site="here", address=IPv4Address("127.0.0.1"), keys=(), port=int(sys.argv[1]))
print(run(host, Access(user="root"), ["true"]).outcome.reason)
"""


def test_what_a_library_says_of_a_host_reaches_nobodys_screen() -> None:
    """Paramiko logs a traceback, which Python shows where a program has said nothing of logs."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:

        def hang_up() -> None:
            line, _ = server.accept()
            line.close()

        hanging = threading.Thread(target=hang_up)
        hanging.start()
        command = [sys.executable, "-c", TALKS, str(server.getsockname()[1])]
        done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
        hanging.join()
    assert (done.stderr, done.stdout.count("\n")) == ("", 1) and "speaks no SSH" in done.stdout


def test_a_machine_speaks_from_the_address_that_leads_there() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        host = Host(name="a", site="b", address=IPv4Address("127.0.0.1"), keys=(), port=server.getsockname()[1])
        with closing(Access(user="root", source="127.0.0.9").dial(host)):
            line, peer = server.accept()
            line.close()
    assert peer[0] == "127.0.0.9"


def test_a_command_reads_what_it_is_given_whole_and_then_the_end(portal: Daemon, access: Access) -> None:
    given = os.urandom(3_000_000)
    with session(portal.host, access, portal.dial) as standing:
        told = standing.run(words(["sha256sum"]), given).stdout
        assert told.split()[0] == hashlib.sha256(given).hexdigest()
        assert standing.run(words(["cat"])).stdout == "", "the next one is given nothing"
        assert standing.run(words(["true"]), given).exit == 0, "who reads nothing is waited for no longer"
