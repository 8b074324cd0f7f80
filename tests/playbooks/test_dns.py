"""The role `dns` on real Knots: the whole zone, as its source has it, only for who has the key, and kept without it."""

import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import pytest

from city.secrets import Secret
from lab.names import knot
from lab.names.endpoint import Endpoint
from lab.names.knot import Key, Rights
from lab.names.packages import NEEDS
from lab.names.question import serial
from lab.names.site import Place, Site
from lab.openstack.drivers.exchange import Exchange
from tests.lab.names.zones import ZONE, www, zone
from tests.lab.packages import have
from tests.playbooks.files import ROLES
from tests.waiting import until

pytestmark = pytest.mark.slow
FILES = ROLES / "dns" / "files"
SOURCE = Key(name="source", secret=Secret("Y29weSBjb3B5IGNvcHkgY29weSBjb3B5IGNvcHkgY28="))
STRANGER = Key(name="source", secret=Secret("c3RyYW5nZXIgc3RyYW5nZXIgc3RyYW5nZXIgc3RyYW4="))
AUTHORITY, OWN = (Endpoint(address=IPv4Address(f"127.92.4.{number}"), port=5300) for number in (1, 2))
VALUES = {"ZONE": ZONE.rstrip("."), "FQDN": f"ns.{ZONE}".rstrip("."), "ADDRESS": "10.1.1.5"}


def host(folder: Path, told: str | None) -> None:
    """The files of a host's name server, in this folder, as service_roles.py and choose.sh leave them there."""
    folder.mkdir()
    for file in FILES.glob("*.conf"):
        text = re.sub("@([A-Z]+)@", lambda found: VALUES[found[1]], file.read_text())
        text = text.replace("/run/service/dns", str(folder)).replace("/run/knot", str(folder))
        text = text.replace("/var/lib/knot", str(folder / "kept")).replace("    user: knot:knot\n", "")
        (folder / file.name).write_text(text.replace("0.0.0.0@53", f"{OWN.address}@{OWN.port}"))
    own = re.sub("@([A-Z]+)@", lambda found: VALUES[found[1]], (FILES / "own.zone").read_text())
    (folder / "own.zone").write_text(own)
    (folder / "kept").mkdir()
    given = folder / "zone-source"
    if told is not None:
        given.write_text(told)
    script = (FILES / "choose.sh").read_text().replace("/run/service/dns", str(folder))
    script = script.replace("/etc/service/zone-source", str(given)).replace("--group=knot ", "")
    subprocess.run(["/bin/sh", "-c", script], check=True)


@contextmanager
def running(folder: Path) -> Iterator[None]:
    process = subprocess.Popen([knot.KNOTD, "-c", str(folder / "knot.conf")])
    try:
        yield
    finally:
        process.terminate()
        process.wait(120)


class Region:
    """A site whose Designate is the test."""

    def __init__(self, folder: Path) -> None:
        self._exchange = Exchange(folder)
        place = Place(
            exchange=folder,
            authority=AUTHORITY,
            resolver=Endpoint(address=IPv4Address("127.92.4.11"), port=5300),
            rights=Rights(transfer=(SOURCE,)),
            clients=(IPv4Network("127.0.0.0/8"),),
        )
        self.site = Site(place)

    def declare(self, number: int, *records: tuple[str, str, int, str]) -> None:
        self._exchange.wanted.write({"zones": [zone(number, *records)]})
        self.site.round(whole=False)


@pytest.fixture
def region(tmp_path: Path) -> Iterator[Region]:
    have(NEEDS)
    made = Region(tmp_path / "dc" / "names")
    made.declare(1, www("10.1.1.1"))
    yield made
    made.site.stop()


def answer(name: str) -> list[str]:
    command = ["/usr/bin/kdig", f"@{OWN.address}", "-p", str(OWN.port), "+timeout=20", "+short", name, "A"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.split()


def test_a_host_serves_what_its_source_holds_follows_it_and_keeps_it_when_the_source_dies(
    region: Region, tmp_path: Path
) -> None:
    host(tmp_path / "host", knot.source(SOURCE, AUTHORITY.address, AUTHORITY.port))
    with running(tmp_path / "host"):
        until(lambda: serial(OWN, ZONE) == 1)
        assert answer(f"www.{ZONE}") == ["10.1.1.1"]
        region.declare(2, www("10.1.1.2"))
        until(lambda: serial(OWN, ZONE) == 2)
        assert answer(f"www.{ZONE}") == ["10.1.1.2"]
        region.site.stop()
        assert answer(f"www.{ZONE}") == ["10.1.1.2"]
    with running(tmp_path / "host"):
        until(lambda: serial(OWN, ZONE) == 2)
        assert answer(f"www.{ZONE}") == ["10.1.1.2"], "a restart without the source forgets nothing"


def test_who_has_another_key_is_given_nothing(region: Region, tmp_path: Path) -> None:
    host(tmp_path / "host", knot.source(STRANGER, AUTHORITY.address, AUTHORITY.port))
    with running(tmp_path / "host"):
        until((tmp_path / "host" / "knot.sock").exists)
        time.sleep(1)
        assert serial(OWN, ZONE) is None and answer(f"www.{ZONE}") == []
    assert region.site.name_server.steady


def test_a_host_that_is_told_no_source_knows_its_own_name(tmp_path: Path) -> None:
    have(NEEDS)
    host(tmp_path / "host", None)
    with running(tmp_path / "host"):
        until(lambda: serial(OWN, ZONE) == 1)
        assert answer(f"ns.{ZONE}") == ["10.1.1.5"] and answer(f"www.{ZONE}") == []
