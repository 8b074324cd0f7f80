"""Real ports on loopback that a scan finds, and what is made of what was found."""

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import pytest

from city.errors import Failed
from city.outcome import Outcome
from infra.hosts import scanner
from infra.hosts.access import Access
from infra.hosts.scan import EVERY, Heard, Target, Way, chosen, heard, judged, question
from infra.hosts.spots import Far, Near
from lab.net import process
from lab.real.packages import NEEDS
from tests.infra.hosts.daemons import Daemon, daemon
from tests.lab.packages import have

HERE = "127.94.0.1"


def target(*ways: tuple[str, int, str], address: str = HERE) -> Target:
    allowed = frozenset(Way(protocol=name, port=port, source=IPv4Network(source)) for name, port, source in ways)
    return Target(name="portal-1 (datacentre)", address=IPv4Address(address), allowed=allowed)


def said(*ports: tuple[str, int], source: str | None = "10.1.3.3", spot: str = "the street") -> Heard:
    return Heard(spot=spot, source=IPv4Address(source) if source else None, ports=frozenset(ports))


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[Daemon]:
    have(need for need in (*NEEDS, *process.NEEDS) if need.package in {"openssh-server", "iproute2", "nftables"})
    with daemon(tmp_path, "portal-1", f"v{os.getpid() % 0xFFFF:04x}") as found:
        yield found


@pytest.fixture
def ports() -> Iterator[tuple[int, int, int]]:
    """A TCP port that listens, a UDP port that answers, and one that is silent."""
    tcp = socket.create_server((HERE, 0))
    talks, silent = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
    for one in (talks, silent):
        one.bind((HERE, 0))

    def answer() -> None:
        with suppress(OSError):
            while True:
                asked, client = talks.recvfrom(512)
                if client is None:
                    return
                talks.sendto(asked, client)

    threading.Thread(target=answer, daemon=True).start()
    yield tcp.getsockname()[1], talks.getsockname()[1], silent.getsockname()[1]
    for one in (tcp, talks, silent):
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
        one.close()


def test_a_scan_finds_what_listens_and_what_answers_and_nothing_else(ports: tuple[int, int, int]) -> None:
    tcp, talks, silent = ports
    around = [[tcp - 3, tcp + 3], [talks, talks]]
    found = scanner.scan({"targets": [HERE], "tcp": around, "udp": [talks, silent, 9], "within_s": 3})
    assert found == {HERE: {"from": found[HERE]["from"], "tcp": [tcp], "udp": [talks]}}
    assert found[HERE]["from"].startswith("127.")


@pytest.mark.slow
def test_every_port_is_tried_though_a_process_may_have_fewer_files_than_there_are_ports(
    ports: tuple[int, int, int],
) -> None:
    """As it is sent to a host: one file, on whatever Python is there."""
    program = Path(scanner.__file__).read_text(encoding="utf-8")
    asked = question([target()], EVERY, 0.2)
    limited = ("/bin/sh", "-c", 'ulimit -n 500; exec "$@"', "sh", "/usr/bin/python3", "-I", "-c", program, asked)
    done = subprocess.run(limited, capture_output=True, text=True, check=True)
    assert ports[0] in json.loads(done.stdout)[HERE]["tcp"]


def test_a_spot_that_no_way_leads_from_says_so() -> None:
    found = scanner.scan({"targets": ["255.255.255.255"], "tcp": [[1, 9]], "udp": [], "within_s": 0.1})
    assert found == {"255.255.255.255": {"from": "", "tcp": [], "udp": []}}


def test_a_process_of_ours_tries_from_where_it_stands(ports: tuple[int, int, int]) -> None:
    near = Near(name="here", python=(sys.executable, "-m"), longest_s=120)
    asked = question([target(("tcp", ports[0], "127.0.0.0/8"))], [(ports[0], ports[0])], 3)
    found = heard(near, [target()], asked)
    assert not isinstance(found, Outcome)
    assert found[IPv4Address(HERE)].ports == {("tcp", ports[0])}


@pytest.mark.slow
def test_a_host_tries_with_its_own_python_and_keeps_nothing(portal: Daemon) -> None:
    far = Far(host=portal.host, access=Access(user="root", identity=portal.identity), dial=portal.dial)
    there = target(address="127.0.0.1")
    with portal.listening(9999):
        found = heard(far, [there], question([there], [(1, 1024), (9999, 9999)], 0.3))
    assert not isinstance(found, Outcome)
    assert found[there.address] == Heard(
        spot=str(portal.host), source=there.address, ports=frozenset({("tcp", 22), ("tcp", 9999)})
    )


@dataclass(frozen=True)
class Spot:
    """Answers so, or fails."""

    answer: str | Exception
    name: str = "the street"

    def ask(self, question: str) -> str:
        assert json.loads(question)["targets"] == [HERE]
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Failed("the street", "nobody stands there", "Look at it."), "nobody stands there. Look at it."),
        ("Traceback", "its scanner answers no answer"),
        ("{}", "its scanner answers no answer"),
        (json.dumps({HERE: {"from": "nowhere", "tcp": [], "udp": []}}), "its scanner answers no answer"),
        (json.dumps({HERE: {"from": "10.1.3.3", "tcp": "443", "udp": []}}), "its scanner answers no answer"),
        (json.dumps([]), "its scanner answers no answer"),
    ],
)
def test_a_spot_that_cannot_ask_is_unknown_and_fails_nobody_else(answer: str | Exception, reason: str) -> None:
    found = heard(Spot(answer), [target()], question([target()], EVERY, 1.0))
    assert isinstance(found, Outcome)
    assert (found.subject, found.status) == ("what the street can reach", "unknown")
    assert found.reason.startswith(reason)


def test_what_a_spot_says_is_taken_with_where_it_stands() -> None:
    told = json.dumps({HERE: {"from": "10.1.3.3", "tcp": [22], "udp": [53]}})
    found = heard(Spot(told), [target()], question([target()], EVERY, 1.0))
    assert found == {IPv4Address(HERE): said(("tcp", 22), ("udp", 53))}


SSH = ("tcp", 22, "10.1.3.0/24")


@pytest.mark.parametrize(
    ("allowed", "heard_there", "status", "told"),
    [
        ([SSH], [said(("tcp", 22))], "ok", "the street: 22/tcp"),
        ([SSH], [said()], "ok", "the street: nothing"),
        (
            [SSH],
            [said(("tcp", 22), source="10.1.4.3")],
            "failed",
            "answers undeclared: 22/tcp from the street (10.1.4.3)",
        ),
        ([SSH], [said(("udp", 22))], "failed", "answers undeclared: 22/udp from the street (10.1.3.3)"),
        (
            [SSH],
            [said(("tcp", 22)), said(("tcp", 111), ("tcp", 25), spot="iot-1")],
            "failed",
            "answers undeclared: 25/tcp, 111/tcp from iot-1 (10.1.3.3)",
        ),
        ([], [said(source=None)], "ok", "the street: nothing"),
        ([], [said(("tcp", 22), source=HERE)], "unknown", "nobody could try its ports"),
        ([], [], "unknown", "nobody could try its ports"),
    ],
)
def test_what_answers_must_be_declared_for_who_asked(
    allowed: list[tuple[str, int, str]], heard_there: list[Heard], status: str, told: str
) -> None:
    found = judged(target(*allowed), heard_there)
    assert (found.status, found.reason or found.evidence) == (status, told)


def test_a_quick_scan_tries_whatever_is_declared_anywhere_and_of_udp_nothing_else() -> None:
    far = target(("tcp", 40_000, "10.0.0.0/8"), ("udp", 1812, "0.0.0.0/0"), ("tcp", 443, "0.0.0.0/0"))
    ranges = chosen([target(SSH), far])
    tried = {port for first, last in ranges for port in range(first, last + 1)}
    assert {22, 443, 3306, 40_000} <= tried and 1812 not in tried
    assert sum(last - first + 1 for first, last in ranges) == len(tried), "none twice"
    assert json.loads(question([far], ranges, 0.5))["udp"] == [1812]
