"""Access points ask RADIUS: word by word as the RFCs have it, and a real FreeRADIUS as Debian configures it judges."""

import asyncio
import hashlib
import hmac
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from lab.fleet import joining, radius
from lab.fleet.box import Hardware
from lab.fleet.facts import AskedServer
from lab.fleet.fleet import Fleet, facts_of
from lab.fleet.joining import Joining
from lab.fleet.state import DeviceState
from lab.fleet.views.moment import Moment
from lab.system import Need
from tests.lab.fleet.devices import MESH_AP, STREET_AP, boxed, tell
from tests.lab.packages import have

FREERADIUS = Need(package="freeradius", why="a real RADIUS server", shown_by=Path("/usr/sbin/freeradius"))
DEBIAN = Path("/etc/freeradius/3.0")
FIRST, SECOND, SECRET, PASSWORD = "127.94.7.1", "127.94.7.2", "xyzzy5461", b"geheim"
STATIONS, OPEN = 3, 4
PORT = 11_812
"""At both addresses, which are these tests' alone; no system gives it to a client."""


@contextmanager
def server(folder: Path, address: str, port: int) -> Iterator[Path]:
    """Debian's FreeRADIUS, told its client, its user and where to listen; gives its log."""
    have([FREERADIUS])
    shutil.copytree(DEBIAN, folder, symlinks=False)
    for site in (folder / "sites-enabled").iterdir():
        if site.name != "default":
            site.unlink()
    said = (folder / "radiusd.conf").read_text()
    for name, value in (("raddbdir", folder), ("run_dir", folder), ("logdir", folder), ("proxy_requests", "no")):
        said = re.sub(rf"(?m)^{name} = .*$", f"{name} = {value}", said)
    (folder / "radiusd.conf").write_text(re.sub(r"(?m)^\s*(user|group) = freerad$", "", said))
    site, listens = (
        folder / "sites-enabled" / "default",
        f"listen {{\ntype = auth\nipaddr = {address}\nport = {port}\n}}",
    )
    quiet = re.sub(r"(?ms)^listen \{.*?^\}\n", "", site.read_text())
    site.write_text(quiet.replace("server default {", f"server default {{\n{listens}", 1))
    told = f"ipaddr = 127.0.0.0/8\nsecret = {SECRET}\nrequire_message_authenticator = yes"
    (folder / "clients.conf").write_text(f"client lab {{\n{told}\n}}\n")
    (folder / "mods-config/files/authorize").write_text(f'probe Cleartext-Password := "{PASSWORD.decode()}"\n')
    log = folder / "said.log"
    with log.open("wb") as out:
        running = subprocess.Popen(["/usr/sbin/freeradius", "-X", "-d", str(folder)], stdout=out, stderr=out)
    try:
        deadline = time.monotonic() + 60
        while b"Ready to process requests" not in log.read_bytes():
            assert running.poll() is None and time.monotonic() < deadline, log.read_text(errors="replace")[-2000:]
            time.sleep(0.05)
        yield log
    finally:
        running.terminate()
        running.wait(30)


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """At the second address; at the first nobody answers."""
    with server(tmp_path_factory.mktemp("radius") / "raddb", SECOND, PORT) as log:
        yield log


def street(*servers: str, secret: str = SECRET) -> DeviceState:
    """A box with a free network, and one of the staff's that asks these servers."""
    names = [f"radius-server {one}" for one in servers]
    told = [line for name in names for line in (name, f"port {PORT}", f"key {secret}", "exit")]
    return tell(
        boxed(STREET_AP),
        *("configure terminal", *told, "wlan free", "ssid FREE", "security owe", "exit"),
        *("wlan staff", 'ssid "THE STAFF"', "security wpa3-enterprise", *names, "exit"),
        *("interface dot11radio 0", "wlan free", "wlan staff", "no shutdown", "exit", "exit"),
    )[0]


class People:
    """Of the only radio that is on: so many at any time."""

    def __init__(self) -> None:
        self.count = STATIONS + OPEN

    def clients(self, _at: float) -> int:
        return self.count


class Street:
    """One box; what goes out of it goes over this machine's loopback, where `wired`."""

    def __init__(self, state: DeviceState, folder: Path) -> None:
        self.hardware: Hardware = state.hardware
        self.people, self.now, self.wired = People(), 1000.0, True
        self.fleet = Fleet([self.hardware], {self.hardware.id: state}, lambda _: None, now=lambda: self.now)
        password = folder / "password"
        password.write_bytes(PASSWORD)
        curves = ((self.people,), (self.people,))
        self.joining = Joining(
            fleet=self.fleet,
            boxes=((self.hardware, curves),),  # type: ignore[arg-type]  # they count, and nothing else is asked
            door=self._door,
            user="probe",
            password=password,
        )

    def _door(self, _: Hardware) -> socket.socket:
        if not self.wired:
            raise OSError("no way out")
        return socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    def look(self) -> tuple[int, int]:
        """How many are in the free network and in the staff's, after whoever wanted to has tried."""
        asyncio.run(self.joining.once())
        state, facts = self.fleet.state(self.hardware.id), self.fleet.facts(self.hardware.id)
        moment = Moment(state, facts, self.now, ((self.people,),) * 2, self.fleet.inside[self.hardware.id])  # type: ignore[arg-type]  # as above
        assert moment.clients(0) == moment.inside_of(0, 0) + moment.inside_of(0, 1)
        return moment.inside_of(0, 0), moment.inside_of(0, 1)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(joining, "_PATIENCE_S", 2.0)


@pytest.mark.slow
def test_whom_the_server_lets_in_counts_and_the_next_server_is_asked_where_the_first_is_silent(
    asked: Path, tmp_path: Path
) -> None:
    here = Street(street(FIRST, SECOND), tmp_path)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind((FIRST, PORT))
        silent.setblocking(False)  # noqa: FBT003 - the standard library's own
        assert here.look() == (OPEN, STATIONS)
        first = [silent.recv(4096) for _ in range(joining._TRIES)]
        assert len(set(first)) == 1, "a packet that is sent again is the same packet"
        with pytest.raises(BlockingIOError):
            silent.recv(4096)
    said = asked.read_text(errors="replace")
    assert said.count("Sent Access-Accept") == STATIONS
    for told in ('User-Name = "probe"', 'NAS-Identifier = "ap-1"', "NAS-Port-Type = Wireless-802.11"):
        assert told in said
    assert 'Called-Station-Id = "02-61-62-63-64-66:THE STAFF"' in said
    assert len(set(re.findall(r'Calling-Station-Id = "(\S+)"', said))) == STATIONS


@pytest.mark.slow
def test_whom_the_server_refuses_counts_nowhere_and_is_let_in_once_he_knows_the_word(
    asked: Path, tmp_path: Path
) -> None:
    here = Street(street(SECOND), tmp_path)
    (tmp_path / "password").write_bytes(b"wrong")
    assert here.look() == (OPEN, 0)
    before = asked.read_text(errors="replace")
    assert "Sent Access-Reject" in before
    (tmp_path / "password").write_bytes(PASSWORD)
    assert here.look() == (OPEN, 0), "nobody tries again at once"
    assert asked.read_text(errors="replace") == before
    here.now += joining._REST_S
    assert here.look() == (OPEN, STATIONS)


@pytest.mark.slow
def test_who_is_in_stays_while_nobody_answers_and_a_box_that_starts_anew_asks_for_all(
    asked: Path, tmp_path: Path
) -> None:
    del asked
    here = Street(street(SECOND), tmp_path)
    assert here.look() == (OPEN, STATIONS)
    here.wired = False
    here.people.count += 2
    assert here.look() == (OPEN + 1, STATIONS)
    here.people.count = 2
    assert here.look() == (1, 1), "who goes, goes"
    here.people.count = STATIONS + OPEN
    here.now += joining._REST_S
    assert here.look() == (OPEN, 1)
    here.fleet.put(replace(here.fleet.state("ap-1"), boots=7))
    assert here.look() == (OPEN, 0)


@pytest.mark.slow
def test_a_box_with_another_secret_lets_nobody_in(asked: Path, tmp_path: Path) -> None:
    del asked
    assert Street(street(SECOND, secret="another"), tmp_path).look() == (OPEN, 0)  # noqa: S106 - of a test


@pytest.mark.parametrize("lacks", ["a server", "a secret", "a password"])
def test_without_all_that_asking_takes_nothing_is_sent(lacks: str, tmp_path: Path) -> None:
    state = street(*(() if lacks == "a server" else (FIRST,)))
    if lacks == "a secret":
        lines = ("configure terminal", f"radius-server {FIRST}", f"no key {SECRET}", "exit", "exit")
        state = tell(state, *lines)[0]
    here = Street(state, tmp_path)
    if lacks == "a password":
        (tmp_path / "password").unlink()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind((FIRST, PORT))
        silent.setblocking(False)  # noqa: FBT003 - the standard library's own
        assert here.look() == (OPEN, 0)
        with pytest.raises(BlockingIOError):
            silent.recv(4096)


def test_a_box_of_uci_asks_the_server_that_its_network_names() -> None:
    lines = (
        *("uci set wireless.staff=wifi-iface", "uci set wireless.staff.device='radio0'"),
        *("uci set wireless.staff.ssid='STAFF'", "uci set wireless.staff.encryption='wpa3'"),
        *("uci set wireless.staff.auth_server='10.0.3.152'", "uci set wireless.staff.auth_secret='word'"),
        *("uci set wireless.free=wifi-iface", "uci set wireless.free.device='radio0'"),
        *("uci set wireless.free.ssid='FREE'", "uci set wireless.free.encryption='owe'", "uci commit"),
    )
    state, answers = tell(boxed(MESH_AP), *lines)
    assert set(answers) == {""}
    radio = facts_of(state).radios[0]
    found = dict(zip(radio.ssids, radio.radius, strict=True))
    assert found == {"STAFF": (AskedServer(address="10.0.3.152", port=1812, secret="word"),), "FREE": None}  # noqa: S106


@pytest.mark.parametrize("line", ["auth_server='radius.example'", "auth_port='99999'", "auth_port='often'"])
def test_a_box_of_uci_that_is_told_nonsense_asks_nobody_and_lets_nobody_in(line: str) -> None:
    lines = (
        *("uci set wireless.staff=wifi-iface", "uci set wireless.staff.device='radio0'"),
        *("uci set wireless.staff.ssid='STAFF'", "uci set wireless.staff.encryption='wpa3'"),
        *("uci set wireless.staff.auth_server='10.0.3.152'", f"uci set wireless.staff.{line}", "uci commit"),
    )
    assert facts_of(tell(boxed(MESH_AP), *lines)[0]).radios[0].radius == ((),)


def test_an_answer_counts_only_from_who_knows_the_secret_and_to_this_request() -> None:
    """An Access-Accept made by the rules of RFC 2865, 3 and RFC 3579, 3.2, word for word."""
    request = radius.request(7, bytes(range(16)), b"sesame", [(radius.USER_NAME, b"probe")])
    assert request[:4] == bytes([1, 7]) + len(request).to_bytes(2)
    good = signed(bytes([radius.ACCEPT, 7]), request, b"sesame")
    found = radius.answer(good, request, b"sesame")
    assert found is not None and (found.code, found.state) == (radius.ACCEPT, b"st")
    assert radius.answer(good, request, b"another") is None
    assert radius.answer(signed(bytes([radius.ACCEPT, 8]), request, b"sesame"), request, b"sesame") is None
    assert radius.answer(good[:-1], request, b"sesame") is None
    assert radius.answer(unsigned(bytes([radius.ACCEPT, 7]), request, b"sesame"), request, b"sesame") is None
    assert radius.answer(b"", request, b"sesame") is None


def signed(head: bytes, request: bytes, secret: bytes) -> bytes:
    state, blank = bytes([24, 4]) + b"st", bytes([80, 18]) + bytes(16)
    head += (20 + len(state) + len(blank)).to_bytes(2)
    mark = hmac.new(secret, head + request[4:20] + state + blank, "md5").digest()
    body = state + bytes([80, 18]) + mark
    return head + hashlib.md5(head + request[4:20] + body + secret, usedforsecurity=False).digest() + body


def unsigned(head: bytes, request: bytes, secret: bytes) -> bytes:
    head += (20).to_bytes(2)
    return head + hashlib.md5(head + request[4:20] + secret, usedforsecurity=False).digest()


def test_a_station_proves_its_password_by_md5_and_refuses_every_other_method() -> None:
    """RFC 3748, 5.4 and 5.3.1; CHAP's digest is that of RFC 1994, 4.1."""
    asked = bytes([1, 9, 0, 10, 4, 4]) + b"once"
    digest = hashlib.md5(b"\x09word" + b"once", usedforsecurity=False).digest()
    assert radius.proof(asked, b"word") == bytes([2, 9, 0, 22, 4, 16]) + digest
    assert radius.proof(bytes([1, 9, 0, 6, 25, 32]), b"word") == bytes([2, 9, 0, 6, 3, 4])
    assert radius.proof(b"\x03\x01\x00\x04", b"word") is None
    assert radius.identity(b"probe") == bytes([2, 0, 0, 10, 1]) + b"probe"
    assert radius.carried(bytes(300)) == [(79, bytes(253)), (79, bytes(47))]
