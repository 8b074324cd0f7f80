"""What a service's move asks of hosts and clouds: a session for each host, and one answer of each cloud."""

import json
import os
import socket
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest

from asty import drill_files, drill_ground, drill_line
from asty.city_data import load
from asty.drill_ground import CityGround, database_server
from asty.drill_hosts import ServiceHosts
from asty.drill_line import Line
from city.errors import Failed
from city.model.places import SiteRole
from drs.hands.shell import Declined
from infra.hosts.access import Access, Bounds
from infra.hosts.host import Host
from infra.hosts.of_cloud import Unreached
from infra.stacks import Stack
from lab.real.packages import NEEDS
from tests.asty.test_drill_files import TOLD
from tests.drs.twins import EXAMPLE
from tests.infra.hosts.daemons import Daemon, daemon
from tests.lab.packages import have

SHOP, DATA = "portal", database_server("portal")


def host(name: str) -> Host:
    return Host(name=name, site="recovery", address=IPv4Address("192.0.2.1"), keys=())


class Cloud:
    """Tells what it has of the service, and how often it was asked."""

    def __init__(self, *told: Host | Unreached) -> None:
        self.told, self.asked = told, 0

    def __call__(self, *_: object) -> Sequence[Host | Unreached]:
        self.asked += 1
        return self.told


def found(cloud: Cloud) -> ServiceHosts:
    return ServiceHosts(site="recovery", database=DATA, ask=cloud)


def test_one_answer_of_the_cloud_tells_who_has_the_files_and_who_the_database() -> None:
    cloud = Cloud(host("portal-1"), host("portal-2"), host(DATA), host(f"{DATA}-copy"))
    of = found(cloud)
    with ThreadPoolExecutor(4) as pool:
        members, data = [pool.submit(of.members) for _ in range(4)], [pool.submit(of.data) for _ in range(4)]
        assert {tuple(one.name for one in told.result()) for told in members} == {("portal-1", "portal-2")}
        assert {one.result().name for one in data} == {DATA}
    assert cloud.asked == 1, "and the cloud may be gone from then on"


def test_who_cannot_be_reached_yet_is_asked_for_anew_and_holds_up_nobody_else() -> None:
    shut = Unreached(name="portal-1 (recovery)", reason="its cloud says BUILD")
    cloud = Cloud(shut, host(DATA))
    of = found(cloud)
    assert (of.members(), of.data().name) == ([shut], DATA)
    cloud.told = (host("portal-1"),)
    assert [one.name for one in of.members()] == ["portal-1"] and of.data().name == DATA
    assert cloud.asked == 2
    cloud.told = (shut,)
    assert [one.name for one in of.members()] == ["portal-1"]


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ((), "its cloud has no such server"),
        ((Unreached(name="recovery", reason="it does not answer", lost=True),), "it does not answer"),
        ((Unreached(name=f"{DATA} (recovery)", reason="it says SHUTOFF"), host("portal-1")), "it says SHUTOFF"),
    ],
)
def test_a_database_that_nobody_reaches_says_why(told: Sequence[Host | Unreached], why: str) -> None:
    with pytest.raises(Failed, match=why):
        found(Cloud(*told)).data()


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    have(need for need in NEEDS if need.package in {"openssh-server", "iproute2"})
    with daemon(tmp_path_factory.mktemp("drilled"), "portal-1", f"d{os.getpid() % 0xFFFF:04x}") as made:
        yield made


class Dialled:
    """The connections to a real host; `sessions` is how often its sshd let somebody in."""

    def __init__(self, real: Daemon) -> None:
        self.real, self.lines = real, list[socket.socket]()
        self.before = self._let_in()

    def __call__(self, known: Host) -> socket.socket:
        self.lines.append(self.real.dial(known))
        return self.lines[-1]

    def _let_in(self) -> int:
        return (self.real.identity.parent / "log").read_text(encoding="utf-8").count("Accepted publickey")

    @property
    def sessions(self) -> int:
        return self._let_in() - self.before


@pytest.fixture
def dialled(real: Daemon, monkeypatch: pytest.MonkeyPatch) -> Dialled:
    made = Dialled(real)
    monkeypatch.setattr(Access, "dial", lambda _, known: made(known))
    return made


def access(real: Daemon) -> Access:
    return Access(user="root", identity=real.identity, bounds=Bounds(connect_s=60, run_s=120))


@pytest.mark.slow
def test_the_steps_of_a_move_share_a_session_with_each_host_and_an_answer_of_each_cloud(
    real: Daemon, dialled: Dialled, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a service with a database and one server, at both sites: what files_copied, drain, files_restored, promote and
    the last figures ask, in their order. It took ten sessions and four answers, each after signing in anew."""
    clouds = {role: Cloud(replace(real.host, site=role), replace(real.host, site=role, name=DATA)) for role in SiteRole}
    signed_in: list[Any] = []
    monkeypatch.setattr(drill_ground, "hosts", lambda site, connect, _: connect() and clouds[SiteRole(site)]())

    def signs_in(stack: Stack, _: Path) -> str:
        signed_in.append(stack.role)
        return "a cloud"

    monkeypatch.setattr(drill_ground, "connection", signs_in)
    monkeypatch.setattr(drill_files, "PROGRAM", ("sh", "-c", f"echo '{json.dumps(TOLD)}'"))
    outside: Any = None
    ground = CityGround(city=load(EXAMPLE), clouds=Path("clouds.yaml"), access=access(real), outside=outside)
    there, here = SiteRole.DATACENTRE, SiteRole.RECOVERY

    def files(role: SiteRole) -> Any:  # noqa: ANN401 - what it says is of no account
        monkeypatch.setattr(drill_files, "read", lambda told: told)
        return ground.files(role, SHOP)

    def data(role: SiteRole) -> str:
        return ground.cluster(role, SHOP).shell.run(("echo", "drained"))

    files(there).push()
    data(there)
    data(here)
    files(here).told()
    files(here).wait()
    files(there).leave({})
    files(here).bring(None, None)
    files(here).told()
    files(there).told()
    data(here)
    data(there)
    files(here).told()
    assert dialled.sessions == 4, "two hosts at each site"
    assert [cloud.asked for role, cloud in clouds.items() if role in {here, there}] == [1, 1]
    assert sorted(signed_in) == sorted([here, there])


def test_whatever_acts_at_a_site_shares_one_way_into_its_cloud(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rehearsal of a whole city opened its cloud for each look at each copy, until Cinder had no thread left."""
    opened: list[SiteRole] = []

    def opens(stack: Stack, _: Path) -> object:
        opened.append(stack.role)
        return object()

    monkeypatch.setattr(drill_ground, "connection", opens)
    nobody: Any = None
    ground = CityGround(city=load(EXAMPLE), clouds=Path("clouds.yaml"), access=nobody, outside=nobody)
    recovery = ground.cloud(SiteRole.RECOVERY)
    ways = [ground.copies.connect(), ground.copies.connect(), ground.capacity.connect(), recovery.connect()]
    assert len(set(map(id, ways))) == 1 and opened == [SiteRole.RECOVERY]


@pytest.mark.slow
def test_who_was_reached_ahead_lets_nobody_wait_for_a_session_in_a_step(
    real: Daemon, dialled: Dialled, monkeypatch: pytest.MonkeyPatch
) -> None:
    role = SiteRole.RECOVERY
    shut = Unreached(name="portal-2 (recovery)", reason="its cloud says BUILD")
    cloud = Cloud(real.host, replace(real.host, name=DATA), shut)
    monkeypatch.setattr(drill_ground, "hosts", lambda *_: cloud())
    monkeypatch.setattr(drill_ground, "keeps_files", lambda _: True)
    monkeypatch.setattr(drill_ground, "vault", lambda _: "one")
    monkeypatch.setattr(drill_files, "PROGRAM", ("sh", "-c", f"echo '{json.dumps(TOLD)}'"))
    monkeypatch.setattr(drill_files, "read", lambda told: told)
    outside: Any = None
    ground = CityGround(city=load(EXAMPLE), clouds=Path("clouds.yaml"), access=access(real), outside=outside)
    assert not ground.open_lines(role, SHOP), "one of three lets nobody in yet"
    cloud.told = cloud.told[:2]
    assert ground.open_lines(role, SHOP)
    before = dialled.sessions
    assert ground.cluster(role, SHOP).shell.run(("echo", "drained")) == "drained\n"
    assert len(ground.files(role, SHOP).told()) == 1
    assert dialled.sessions == before == 2


@pytest.mark.slow
def test_nobody_is_reached_whose_sshd_refuses(real: Daemon, dialled: Dialled, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drill_ground, "hosts", lambda *_: [replace(real.host, name=DATA)])
    monkeypatch.setattr(Access, "dial", _refused)
    outside: Any = None
    ground = CityGround(city=load(EXAMPLE), clouds=Path("clouds.yaml"), access=access(real), outside=outside)
    assert not ground.open_lines(SiteRole.RECOVERY, SHOP)
    assert dialled.sessions == 0


@pytest.mark.slow
def test_a_session_that_was_silent_goes_on_where_it_stands_and_is_opened_anew_where_not(
    real: Daemon, dialled: Dialled, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drill_line, "_TRUSTED_S", 0.0)
    line = Line(host=real.host, access=access(real))
    assert [line.run(("echo", word)).stdout for word in "ab"] == ["a\n", "b\n"]
    assert dialled.sessions == 1
    dialled.lines[-1].shutdown(socket.SHUT_RDWR)
    assert line.run(("echo", "c")).stdout == "c\n"
    assert dialled.sessions == 2


@pytest.mark.slow
def test_what_a_command_says_no_to_closes_no_session(real: Daemon, dialled: Dialled) -> None:
    shell = drill_ground.HostShell(hosts=found(Cloud(replace(real.host, name=DATA))), line=lambda _: made)
    made = Line(host=real.host, access=access(real))
    for _ in range(2):
        with pytest.raises(Declined, match="false ended with 1"):
            shell.run(("false",))
    assert dialled.sessions == 1


@pytest.mark.slow
def test_where_nobody_lets_us_in_nothing_was_run_and_the_next_command_tries_again(
    real: Daemon, dialled: Dialled, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = Line(host=real.host, access=access(real))
    with monkeypatch.context() as patch:
        patch.setattr(Access, "dial", _refused)
        with pytest.raises(Failed, match="nobody answers"):
            line.run(("echo", "a"))
    assert line.run(("echo", "b")).stdout == "b\n"
    assert dialled.sessions == 1


def _refused(*_: object) -> socket.socket:
    raise ConnectionRefusedError(111, "refused")
