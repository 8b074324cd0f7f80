"""Real Knot and Unbound on loopback: what is declared is what residents are told, at both sites."""

import os
import signal
import subprocess
from collections.abc import Iterator
from functools import partial
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import pytest

from city.secrets import Secret
from lab.names.endpoint import Endpoint
from lab.names.knot import Key, Rights
from lab.names.packages import NEEDS
from lab.names.question import serial
from lab.names.site import Place, Site
from lab.openstack.drivers.exchange import Exchange
from lab.openstack.environment import alone
from lab.params import LabParams
from lab.system import Need
from tests.lab.names.zones import ZONE, Raw, www, zone
from tests.lab.packages import have
from tests.waiting import until

pytestmark = pytest.mark.slow
TTL_S = 20
"""So long an answer is kept; within it a busy machine has changed a zone and asked twice."""
TOOLS = Need(package="knot-dnsutils", why="questions, updates and transfers", shown_by=Path("/usr/bin/knsupdate"))
RECOVERY = Key(name="recovery", secret=Secret("cmVjb3ZlcnkgcmVjb3ZlcnkgcmVjb3ZlcnkgcmVjb3Y="))
COPY = Key(name="copy", secret=Secret("Y29weSBjb3B5IGNvcHkgY29weSBjb3B5IGNvcHkgY28="))
STRANGER = Key(name="recovery", secret=Secret("c3RyYW5nZXIgc3RyYW5nZXIgc3RyYW5nZXIgc3RyYW4="))


class Region:
    """A site whose Designate is the test."""

    def __init__(self, folder: Path, number: int) -> None:
        self.exchange = Exchange(folder)
        self.place = Place(
            exchange=folder,
            authority=Endpoint(address=IPv4Address(f"127.92.1.{number}"), port=5300),
            resolver=Endpoint(address=IPv4Address(f"127.92.1.{number + 10}"), port=5300),
            rights=Rights(update=(RECOVERY,), transfer=(COPY,)),
            clients=(IPv4Network("127.0.0.0/8"),),
            beyond=(Endpoint(address=IPv4Address(f"127.92.1.{3 - number}"), port=5300),),
        )
        self.site = Site(self.place)

    def declare(self, *zones: Raw) -> dict[str, Raw]:
        self.exchange.wanted.write({"zones": list(zones)})
        self.site.round(whole=False)
        return self.told()

    def told(self) -> dict[str, Raw]:
        content = self.exchange.told.read()
        return {} if content is None else dict(content["zones"])

    def serial(self) -> int | None:
        return serial(self.place.authority, ZONE)

    def answer(self, endpoint: Endpoint, name: str = f"www.{ZONE}") -> list[tuple[int, str]]:
        """TTL and address of each record."""
        rows = [line.split() for line in ask(endpoint, name, "A", "+noall", "+answer").splitlines()]
        return sorted((int(row[1]), row[4]) for row in rows)

    @property
    def authority(self) -> list[tuple[int, str]]:
        return self.answer(self.place.authority)

    @property
    def resolver(self) -> list[tuple[int, str]]:
        return self.answer(self.place.resolver)


def ask(endpoint: Endpoint, *words: str) -> str:
    command = ["/usr/bin/kdig", f"@{endpoint.address}", "-p", str(endpoint.port), "+timeout=20", "+retry=0", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def update(region: Region, key: Key, tmp_path: Path, *lines: str) -> str:
    """What a dynamic update is answered, by the tool of the trade; empty where it was taken."""
    file = tmp_path / "key"
    file.write_text(f"hmac-sha256:{key.name}:{key.secret.reveal()}")
    server = f"server {region.place.authority.address} {region.place.authority.port}\n"
    done = subprocess.run(
        ["/usr/bin/knsupdate", "-k", file],
        input=f"{server}zone {ZONE}\n" + "".join(f"update {line}\n" for line in lines) + "send\nanswer\n",
        capture_output=True,
        text=True,
        check=False,
    )
    return "" if done.returncode == 0 and "error" not in done.stderr else done.stderr + done.stdout


@pytest.fixture
def regions(tmp_path: Path, lab_params: LabParams) -> Iterator[tuple[Region, Region]]:
    have((*NEEDS, TOOLS))
    with alone(lab_params.root.with_name(".names.tests")):
        both = (Region(tmp_path / "dc" / "names", 1), Region(tmp_path / "drs" / "names", 2))
        yield both
        for region in both:
            region.site.stop()


@pytest.fixture
def region(regions: tuple[Region, Region]) -> Region:
    return regions[0]


def test_what_is_declared_is_answered_and_its_serial_told(region: Region) -> None:
    told = region.declare(zone(1_700_000_000, www("10.1.1.1", 30), www("10.1.1.2", 30)))
    assert told == {"z1": {"serial": 1_700_000_000, "served": 1_700_000_000, "error": ""}}
    assert region.serial() == 1_700_000_000
    assert region.authority == [(30, "10.1.1.1"), (30, "10.1.1.2")]
    told = region.declare(zone(1_700_000_005, www("10.1.1.3")))
    assert told["z1"]["serial"] == region.serial() == 1_700_000_005
    assert region.authority == [(60, "10.1.1.3")]


def test_a_resolver_keeps_an_answer_for_its_ttl_and_no_longer(region: Region) -> None:
    region.declare(zone(1, www("10.1.1.1", TTL_S)))
    assert region.resolver == [(TTL_S, "10.1.1.1")]
    region.declare(zone(2, www("10.1.1.2", TTL_S)))
    assert region.authority == [(TTL_S, "10.1.1.2")]
    first = region.resolver
    assert first[0][1] == "10.1.1.1" and first[0][0] <= TTL_S, "cached, and the TTL runs down"
    until(lambda: [address for _, address in region.resolver] == ["10.1.1.2"])


def test_a_resolver_asks_nobody_outside_and_says_so(region: Region) -> None:
    region.declare(zone(1, www("10.1.1.1")))
    for name in ("www.example.org.", "other.test.", "1.1.1.10.in-addr.arpa."):
        assert "status: NXDOMAIN" in ask(region.place.resolver, name, "A")


def test_a_recovery_moves_a_name_by_an_update_and_no_other_change_moves_it_back(region: Region, tmp_path: Path) -> None:
    region.declare(zone(100, www("10.1.1.1")))
    moved = (f"delete www.{ZONE} A", f"add www.{ZONE} 5 A 10.2.1.1")
    assert update(region, RECOVERY, tmp_path, *moved) == ""
    assert region.authority == [(5, "10.2.1.1")] and region.serial() == 101
    told = region.declare(zone(101, www("10.1.1.1"), (f"login.{ZONE}", "A", 60, "10.1.1.9")))
    assert region.authority == [(5, "10.2.1.1")], "somebody added another name"
    assert told["z1"] == {"serial": 101, "served": 102, "error": ""}
    assert region.answer(region.place.authority, f"login.{ZONE}") == [(60, "10.1.1.9")]
    os.kill(region.site.name_server.process.pid, signal.SIGKILL)  # type: ignore[union-attr]
    until(lambda: region.site.name_server.process is None)
    region.site.round(whole=False)
    assert region.authority == [(5, "10.2.1.1")], "killed, it starts with what it was told"
    region.declare(zone(200, www("10.1.1.7")))
    assert region.authority == [(60, "10.1.1.7")] and region.serial() == 200


def test_an_update_with_another_key_or_none_is_refused(region: Region, tmp_path: Path) -> None:
    region.declare(zone(100, www("10.1.1.1")))
    evil = f"add www.{ZONE} 5 A 10.6.6.6"
    assert "status: BADSIG" in update(region, STRANGER, tmp_path, evil), "right name, wrong secret"
    assert "status: BADKEY" in update(region, COPY, tmp_path, evil), "a key with another right"
    assert region.authority == [(60, "10.1.1.1")] and region.serial() == 100


def test_a_zone_is_transferred_to_who_is_declared_and_to_nobody_else(region: Region) -> None:
    region.declare(zone(100, www("10.1.1.1")))

    def transferred(key: Key | None) -> bool:
        signed = ("-y", f"hmac-sha256:{key.name}:{key.secret.reveal()}") if key else ()
        return "10.1.1.1" in ask(region.place.authority, *signed, ZONE, "AXFR")

    assert [transferred(key) for key in (COPY, None, RECOVERY, STRANGER)] == [True, False, False, False]


def test_each_site_serves_the_zone_alone(regions: tuple[Region, Region]) -> None:
    here, there = regions
    here.declare(zone(1, www("10.1.1.1")))
    there.declare(zone(1, www("10.2.1.1")))
    here.site.stop()
    assert here.resolver == [] and here.serial() is None
    assert there.resolver == [(60, "10.2.1.1")] and there.authority == [(60, "10.2.1.1")]


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
def test_a_resolver_whose_name_server_is_gone_or_silent_asks_the_other_sites(
    regions: tuple[Region, Region], how: signal.Signals
) -> None:
    for gone, stays in (regions, reversed(regions)):
        for region, address in zip(regions, ("10.1.1.1", "10.2.1.1"), strict=True):
            region.declare(zone(1, www(address, 0)))
            assert region.resolver == [(0, address)], "both serve, and each resolver keeps to its own site's"
        process = gone.site.name_server.process
        assert process is not None
        os.kill(process.pid, how)
        until(partial(_follows, gone, stays))
        assert "status: NXDOMAIN" in ask(gone.place.resolver, f"nobody.{ZONE}", "A")
        if how == signal.SIGSTOP:
            os.kill(process.pid, signal.SIGCONT)
        gone.site.round(whole=True)
        until(partial(_follows, gone, gone))


def _follows(resolver: Region, authority: Region) -> bool:
    return resolver.resolver == authority.authority != []


def test_a_resolver_without_any_name_server_says_that_it_fails_and_recovers_with_its_own(region: Region) -> None:
    region.declare(zone(1, www("10.1.1.1", 1)))
    name_server = region.site.name_server
    name_server.stop()
    assert "status: SERVFAIL" in ask(region.place.resolver, f"www.{ZONE}", "A"), (
        "so that a client asks the other site's"
    )
    region.site.round(whole=False)
    until(lambda: [address for _, address in region.resolver] == ["10.1.1.1"])


def test_zones_come_and_go_while_others_are_served(region: Region) -> None:
    other = zone(5, ("x.other.test.", "A", 60, "10.9.9.9"), name="other.test.", identity="z2")
    region.declare(zone(1, www("10.1.1.1")))
    pid = region.site.name_server.process
    assert sorted(region.declare(zone(1, www("10.1.1.1")), other)) == ["z1", "z2"]
    assert region.answer(region.place.resolver, "x.other.test.") == [(60, "10.9.9.9")]
    assert sorted(region.declare(zone(1, www("10.1.1.1")))) == ["z1"]
    assert serial(region.place.authority, "other.test.") is None
    assert region.resolver == [(60, "10.1.1.1")] and region.site.name_server.process == pid
    again = zone(3, ("y.other.test.", "A", 60, "10.9.9.8"), name="other.test.", identity="z3")
    assert region.declare(zone(1, www("10.1.1.1")), again)["z3"]["served"] == 3, "nothing is left of the former one"
    assert region.answer(region.place.authority, "x.other.test.") == []


def test_a_zone_that_cannot_be_served_is_told_and_the_former_goes_on(region: Region) -> None:
    region.declare(zone(1, www("10.1.1.1")))
    told = region.declare(zone(2, www("10.1.1.2"), (f"bad.{ZONE}", "A", 60, "not an address")))
    assert "(failed)" in told["z1"]["error"] and "knot/log" in told["z1"]["error"], told
    assert region.authority == [(60, "10.1.1.1")]
    region.site.name_server.stop()
    region.site.round(whole=False)
    assert region.authority == [(60, "10.1.1.1")]
    assert region.declare(zone(3, www("10.1.1.3")))["z1"] == {"serial": 3, "served": 3, "error": ""}


@pytest.mark.parametrize("which", ["name_server", "resolver"])
def test_a_killed_daemon_comes_back(region: Region, which: str) -> None:
    region.declare(zone(1, www("10.1.1.1")))
    process = getattr(region.site, which).process
    os.kill(process.pid, signal.SIGKILL)
    until(lambda: not process.alive)
    region.site.round(whole=False)
    assert region.resolver == [(60, "10.1.1.1")]


def test_a_new_agent_takes_over_what_runs(region: Region) -> None:
    region.declare(zone(1, www("10.1.1.1")))
    before = (region.site.name_server.process, region.site.resolver.process)
    region.site = Site(region.place)
    region.site.round(whole=True)
    assert (region.site.name_server.process, region.site.resolver.process) == before
    assert region.declare(zone(2, www("10.1.1.2")))["z1"]["served"] == 2


def test_what_a_name_server_lost_is_served_again_after_a_whole_look(region: Region) -> None:
    region.declare(zone(1, www("10.1.1.1")))
    region.site.name_server.control.forget(ZONE)
    until(lambda: region.serial() is None)
    region.site.round(whole=True)
    assert region.authority == [(60, "10.1.1.1")], region.told()


def test_keys_are_in_files_for_their_owner_alone(region: Region) -> None:
    region.declare(zone(1, www("10.1.1.1")))
    held = [file for file in region.place.exchange.rglob("*") if file.is_file()]
    assert any(RECOVERY.secret.reveal().encode() in file.read_bytes() for file in held)
    assert [
        file for file in held if file.stat().st_mode & 0o077 and RECOVERY.secret.reveal().encode() in file.read_bytes()
    ] == []


def test_what_a_kill_left_of_a_zone_goes_though_nothing_new_is_declared_once_the_name_server_runs(
    region: Region,
) -> None:
    left = region.site.name_server.folder / "zones" / "y8.zone"
    left.parent.mkdir(parents=True, exist_ok=True)
    left.write_text("half of a zone that went", encoding="utf-8")
    region.declare(zone(11, www("10.1.1.1")))
    region.site.round(whole=False)
    assert sorted(file.name for file in left.parent.iterdir()) == ["z1.json", "z1.zone"]
