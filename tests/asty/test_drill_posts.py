"""A drill tells servers what the city is: which of them, how often, and what is said of one that cannot be told."""

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from asty import drill_posts, telling
from asty.drill_posts import HostPosts
from asty.rehearsal_marks import NAME, Mark
from asty.telling import Teller
from asty.workspace import find
from city.errors import Failed
from city.model.city import City
from city.outcome import Outcome, Status
from infra.hosts import of_cloud
from infra.hosts.access import Access, Bounds
from infra.hosts.host import Host
from infra.hosts.of_cloud import Unreached
from lab.real.packages import NEEDS
from tests.infra.hosts.daemons import Daemon, daemon
from tests.lab.packages import have
from tests.playbooks.files import ROLES

SHOWS, SERVER = "open-data", "open-data-1"


@pytest.fixture
def city(example_city: City) -> City:
    """Whose monitoring watches, and whose open data show."""
    roles = {"monitoring": ("monitoring",), SHOWS: ("dashboard",)}
    services = tuple(
        replace(one, workload=replace(one.workload, roles=roles[one.id])) if one.workload and one.id in roles else one
        for one in example_city.services
    )
    return replace(example_city, services=services)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drill_posts, "_AGAIN_S", 0.001)


def host(name: str = SERVER) -> Host:
    return Host(name=name, site="recovery", address=IPv4Address("192.0.2.1"), keys=())


@dataclass
class PaperTeller:
    """`shut` lets nobody in for so many times."""

    city: City
    shut: int = 0
    digests: dict[str, str] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)

    def tell(self, _service: object, one: Host) -> Outcome:
        if self.shut:
            self.shut -= 1
            return Outcome(subject=str(one), status=Status.FAILED, reason="nobody answers there")
        self.told.append(one.name)
        self.digests[one.name] = "d1"
        return Outcome(subject=str(one), status=Status.CHANGED)

    def knows(self, one: Host) -> str:
        if self.shut:
            raise Failed(str(one), "nobody answers there", "Look at it.")
        return self.digests.get(one.name, "")


def posts(teller: Any, *found: Host | Unreached, patience_s: float = 10.0) -> HostPosts:  # noqa: ANN401 - a paper one
    return HostPosts(teller=teller, find=lambda _: found, patience_s=patience_s)


def test_a_server_that_just_starts_is_told_once_it_lets_somebody_in(city: City) -> None:
    teller = PaperTeller(city, shut=3)
    assert posts(teller, host()).tell(SHOWS, [SERVER]) == {}
    assert teller.told == [SERVER]


def test_who_was_told_is_not_asked_again_while_another_is_waited_for(city: City) -> None:
    teller, silent = PaperTeller(city), Unreached(name="open-data-2 (recovery)", reason="its cloud says BUILD")
    left = posts(teller, host(), silent, patience_s=0.05).tell(SHOWS, [SERVER, "open-data-2"])
    assert (left, teller.told) == ({"open-data-2": "its cloud says BUILD"}, [SERVER])


@pytest.mark.parametrize(
    ("found", "why"),
    [
        ((Unreached(name="recovery", reason="its cloud does not answer", lost=True),), "its cloud does not answer"),
        ((), "its cloud shows no such server of the service"),
    ],
)
def test_one_that_nobody_can_find_is_named(city: City, found: Sequence[Unreached], why: str) -> None:
    assert posts(PaperTeller(city), *found, patience_s=0).tell(SHOWS, [SERVER]) == {SERVER: why}


def test_a_look_names_who_was_told_nothing_and_tells_nobody(city: City) -> None:
    teller = PaperTeller(city)
    seen = posts(teller, host())
    assert seen.untold(SHOWS, [SERVER]) == {SERVER: "nobody told it anything yet"}
    assert posts(teller).untold(SHOWS, [SERVER]) == {}, "it is not there yet: its server is what is missing"
    teller.shut = 1
    assert seen.untold(SHOWS, [SERVER]) == {SERVER: "nobody answers there"}
    teller.shut, teller.digests[SERVER] = 0, "another day's"
    assert seen.untold(SHOWS, [SERVER]) == {} and not teller.told


def test_other_services_and_a_lab_in_which_nothing_runs_have_nobody_to_tell(city: City) -> None:
    teller = PaperTeller(city)
    for found in (posts(teller, host("portal-1")), posts(None, host("portal-1"))):
        assert found.tell("portal", ["portal-1"]) == found.untold("portal", ["portal-1"]) == {}
    assert posts(None, host()).tell(SHOWS, [SERVER]) == {} and not teller.told


def test_the_copy_of_a_rehearsal_is_never_told_anything(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither by its mark nor by its name: not even one that has the name of the real server, or says its service."""
    mark, own = Mark(city=city.id, drill="d1").metadata(SHOWS), {"service": SHOWS, "city": city.id}
    servers = [
        SimpleNamespace(id=name, name=name, metadata=told, status="ACTIVE", addresses={})
        for name, told in ((NAME.format(SHOWS), mark), (SERVER, mark), (NAME.format(SHOWS), own))
    ]
    cloud: Any = SimpleNamespace(
        compute=SimpleNamespace(servers=lambda name: [one for one in servers if re.search(name, one.name)])
    )
    monkeypatch.setattr(of_cloud, "_host", lambda _, __, server: host(server.name))
    teller: Any = PaperTeller(city)
    found = HostPosts(teller=teller, find=lambda of: of_cloud.hosts("recovery", lambda: cloud, of), patience_s=0)
    assert set(found.tell(SHOWS, [SERVER])) == {SERVER} and not teller.told


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    have(need for need in NEEDS if need.package in {"openssh-server", "iproute2"})
    with daemon(tmp_path_factory.mktemp(SERVER), SERVER, f"p{os.getpid() % 0xFFFF:04x}") as found:
        yield found


@pytest.mark.slow
def test_a_real_host_takes_it_once_by_its_own_program_and_a_second_time_nothing_changes(
    real: Daemon, city: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, started = tmp_path / "asty", tmp_path / "started"
    home.mkdir()
    (tmp_path / "service.env").write_text('ROLES="dashboard"\n')
    restart = tmp_path / "systemctl"
    restart.write_text(f'#!/bin/sh\necho "$@" >>{started}\n')
    restart.chmod(0o755)
    take = (ROLES / "dashboard" / "files" / "take.py").read_text(encoding="utf-8")
    for theirs, ours in (
        ('Path("/var/lib/asty")', f"Path({str(home)!r})"),
        ('Path("/run/service.env")', f"Path({str(tmp_path / 'service.env')!r})"),
        ('USER = "asty"', f"USER = {os.getgid()}"),
        ('"/usr/bin/systemctl"', repr(str(restart))),
    ):
        assert theirs in take
        take = take.replace(theirs, ours)
    (tmp_path / "take.py").write_text(take, encoding="utf-8")
    monkeypatch.setattr(telling, "_TAKE", ("/usr/bin/python3", str(tmp_path / "take.py")))
    monkeypatch.setattr(Access, "dial", lambda _, known: real.dial(known))
    teller = Teller(
        workspace=find({"XDG_STATE_HOME": str(tmp_path)}),
        city=city,
        access=Access(user="root", identity=real.identity, bounds=Bounds(connect_s=60, run_s=120)),
    )
    found = posts(teller, replace(real.host, site="recovery"), patience_s=0)
    assert found.untold(SHOWS, [SERVER]) == {SERVER: "nobody told it anything yet"}
    for _ in range(2):
        assert found.tell(SHOWS, [SERVER]) == {}
        assert found.untold(SHOWS, [SERVER]) == {}
        assert started.read_text() == "restart role-dashboard.target\n", "once"
    assert (home / "told" / "city" / "city.yaml").read_bytes() == (city.folder / "city.yaml").read_bytes()
