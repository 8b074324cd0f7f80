"""Each host of the recovery site is logged in to over SSH, on a real sshd; what the cloud records is the test's."""

import os
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from asty import host_logins
from asty.host_logins import HostLogins, tried
from asty.workspace import find
from city.load import load
from drs.checks.certificates import AHEAD
from drs.hosts import AskedHost, SeenCertificate, read
from drs.observed import Unseen
from infra.hosts.access import Access, Bounds
from infra.hosts.host import Host
from infra.hosts.of_cloud import Unreached
from lab.hosts.authority import Identity, issue, make
from lab.params import LabParams
from lab.real.packages import NEEDS
from tests.drs.twins import EXAMPLE, twins
from tests.infra.hosts.daemons import Daemon, daemon
from tests.lab.packages import have
from tests.monitoring.certificates import server, signer

pytestmark = pytest.mark.slow
STRANGER = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINWH/pOP2Ij7VlG5QDvUxJbytg7sGfPO5BSqdXQL1rhQ"
Records = Callable[[str, Collection[str]], tuple[Host | Unreached, ...]]


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    have(need for need in NEEDS if need.package in {"openssh-server", "iproute2"})
    with daemon(tmp_path_factory.mktemp("identity-1"), "identity-1", f"l{os.getpid() % 0xFFFF:04x}") as found:
        yield found


@pytest.fixture
def chain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "chain.pem"
    monkeypatch.setattr(host_logins, "CHAIN", str(file))
    return file


@pytest.fixture
def ask(host: Daemon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Records], dict[str, AskedHost]]:
    monkeypatch.setattr(Access, "dial", lambda _, known: host.dial(known))

    def asked(records: Records) -> dict[str, AskedHost]:
        monkeypatch.setattr(host_logins, "named", lambda site, _, names: records(site, names))
        access = Access(user="root", identity=host.identity, bounds=Bounds(connect_s=60, run_s=120))
        logins = HostLogins(city=load(EXAMPLE), clouds=tmp_path / "clouds.yaml", access=access)
        return {one.server: one for one in logins()}

    return asked


def test_each_host_that_shall_run_there_is_tried_and_shows_its_certificate(
    host: Daemon, chain: Path, tmp_path: Path, ask: Callable[[Records], dict[str, AskedHost]]
) -> None:
    server(tmp_path, signer("root"), "login.example.test")
    next(one for one in tmp_path.glob("*.pem") if one != chain).rename(chain)
    sites: list[str] = []

    def records(site: str, names: Collection[str]) -> tuple[Host | Unreached, ...]:
        sites.append(site)
        return tuple(replace(host.host, name=name, site=site) for name in names)

    found = ask(records)
    assert sites == ["recovery"], "who is lost with the data centre is not asked"
    assert {"identity-1", "identity-db", "portal-1"} <= set(found)
    assert found["identity-db"].service == "identity"
    assert all(isinstance(one.answer, SeenCertificate) for one in found.values())


def test_who_lets_nobody_in_is_unseen_and_who_has_no_certificate_says_so(
    host: Daemon, chain: Path, ask: Callable[[Records], dict[str, AskedHost]]
) -> None:
    assert not chain.exists()

    def records(site: str, _: Collection[str]) -> tuple[Host | Unreached, ...]:
        off = Unreached(name=f"identity-2 ({site})", reason="its cloud says SHUTOFF; start it first")
        other = replace(host.host, name="portal-1", site=site, keys=(STRANGER,))
        return replace(host.host, name="identity-1", site=site), off, other

    found = {name: one.answer for name, one in ask(records).items()}
    mute = found["identity-1"]
    assert isinstance(mute, str) and "No such file" in mute
    assert found["identity-2"] == Unseen(reason="its cloud says SHUTOFF; start it first")
    assert found["identity-db"] == Unseen(reason="its cloud has no such server")
    assert isinstance(found["portal-1"], Unseen), "it shows another key than its cloud recorded"


def test_a_cloud_that_tells_nothing_is_the_reason_for_each_of_its_hosts(
    ask: Callable[[Records], dict[str, AskedHost]],
) -> None:
    found = ask(lambda site, _: (Unreached(name=site, reason="refused", lost=True),))
    assert {one.answer for one in found.values()} == {Unseen(reason="refused")}


def test_a_lab_without_hosts_is_not_asked(tmp_path: Path) -> None:
    workspace = find({"XDG_STATE_HOME": str(tmp_path), "ASTY_CITY": str(EXAMPLE), "ASTY_WORKSPACE": "lab"})
    sites = twins()
    assert tried(workspace, sites) is sites


def test_the_certificates_that_the_lab_gives_its_hosts_are_good_for_readiness(tmp_path: Path) -> None:
    params = LabParams(name="lab", root=tmp_path, base_port=20_000, base_address=IPv4Address("127.50.0.0"))
    make(params)
    seen = read(issue(params, Identity(common="identity", names=("identity-1", "login.example.test"))).chain)
    assert isinstance(seen, SeenCertificate)
    assert seen.names == {"identity-1", "login.example.test"}
    assert seen.begins <= datetime.now(UTC) < seen.ends - AHEAD
