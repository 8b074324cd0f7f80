"""Hosts of databases are asked over SSH, on a real sshd; what the clouds record of them is the test's."""

import json
import os
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

from asty import databases, gathering
from asty.databases import DatabaseHosts
from city.load import load
from city.model.city import City
from drs import observed
from drs.databases import AskedDatabase, SeenDatabase
from drs.observed import Unseen
from infra.hosts.access import Access, Bounds
from infra.hosts.host import Host
from infra.hosts.of_cloud import Unreached
from lab.real.packages import NEEDS
from tests.infra.hosts.daemons import Daemon, daemon
from tests.lab.packages import have

pytestmark = pytest.mark.slow
EXAMPLE = Path(__file__).parents[2] / "cities" / "example"
TOLD = {
    "at": "2030-03-31T11:59:40+00:00",
    "in_recovery": True,
    "system": "7301885112233445566",
    "timeline": 3,
    "streams": True,
    "lag_s": 0.25,
}
Records = Callable[[str, Collection[str]], tuple[Host | Unreached, ...]]


@cache
def city() -> City:
    return load(EXAMPLE)


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    have(need for need in NEEDS if need.package in {"openssh-server", "iproute2"})
    with daemon(tmp_path_factory.mktemp("portal-db"), "portal-db", f"q{os.getpid() % 0xFFFF:04x}") as found:
        yield found


@pytest.fixture
def ask(
    portal: Daemon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Records], dict[str, AskedDatabase]]:
    """Asks the hosts that these records tell of; the answer by SITE/SERVICE."""
    monkeypatch.setattr(databases, "FILE", str(tmp_path / "standing.json"))
    monkeypatch.setattr(Access, "dial", lambda _, host: portal.dial(host))

    def asked(records: Records) -> dict[str, AskedDatabase]:
        monkeypatch.setattr(databases, "named", lambda site, _, names: records(site, names))
        access = Access(user="root", identity=portal.identity, bounds=Bounds(connect_s=60, run_s=120))
        found = DatabaseHosts(city=city(), clouds=tmp_path / "clouds.yaml", access=access)()
        return {f"{one.site}/{one.service}": one for one in found}

    return asked


def test_each_host_that_the_city_declares_is_asked(
    portal: Daemon, tmp_path: Path, ask: Callable[[Records], dict[str, AskedDatabase]]
) -> None:
    (tmp_path / "standing.json").write_text(json.dumps(TOLD))
    looked_for: dict[str, set[str]] = {}

    def records(site: str, names: Collection[str]) -> tuple[Host | Unreached, ...]:
        looked_for[site] = set(names)
        return tuple(replace(portal.host, name=name, site=site) for name in names)

    asked = ask(records)
    assert looked_for == {site: {"portal-db", "identity-db"} for site in ("datacentre", "recovery")}
    assert set(asked) == {f"{site}/{name}" for site in looked_for for name in ("portal", "identity")}
    for one in asked.values():
        assert isinstance(one.answer, SeenDatabase) and (one.answer.timeline, one.answer.standby) == (3, True)


def test_one_that_cannot_be_asked_is_told_with_its_reason_and_holds_up_no_other(
    portal: Daemon, tmp_path: Path, ask: Callable[[Records], dict[str, AskedDatabase]]
) -> None:
    (tmp_path / "standing.json").write_text(json.dumps(TOLD))

    def records(site: str, _: Collection[str]) -> tuple[Host | Unreached, ...]:
        if site == "datacentre":
            return (Unreached(name=site, reason="its cloud does not tell its servers: refused", lost=True),)
        off = Unreached(name=f"identity-db ({site})", reason="its cloud says SHUTOFF; start it first")
        return off, replace(portal.host, site=site)

    asked = {name: one.answer for name, one in ask(records).items()}
    assert isinstance(asked["recovery/portal"], SeenDatabase)
    reasons = {name: answer.reason for name, answer in asked.items() if isinstance(answer, Unseen)}
    assert reasons == {
        "datacentre/portal": "its cloud does not tell its servers: refused",
        "datacentre/identity": "its cloud does not tell its servers: refused",
        "recovery/identity": "identity-db (recovery): its cloud says SHUTOFF; start it first",
    }


def test_a_host_that_the_cloud_does_not_have_or_whose_role_says_nothing_is_unknown(
    portal: Daemon, ask: Callable[[Records], dict[str, AskedDatabase]]
) -> None:
    asked = ask(lambda site, _: (replace(portal.host, site=site),))
    absent, mute = asked["recovery/identity"].answer, asked["recovery/portal"].answer
    assert isinstance(absent, Unseen) and absent.reason == "identity-db (recovery): its cloud has no such server"
    assert isinstance(mute, Unseen) and "No such file" in mute.reason


def test_a_host_with_another_key_is_not_asked(
    portal: Daemon, tmp_path: Path, ask: Callable[[Records], dict[str, AskedDatabase]]
) -> None:
    (tmp_path / "standing.json").write_text(json.dumps(TOLD))
    stranger = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINWH/pOP2Ij7VlG5QDvUxJbytg7sGfPO5BSqdXQL1rhQ"
    asked = ask(lambda site, _: (replace(portal.host, site=site, keys=(stranger,)),))
    answer = asked["recovery/portal"].answer
    assert isinstance(answer, Unseen) and "another host key" in answer.reason


class Gone:
    def __init__(self, site: str) -> None:
        self.site = site

    def observe(self) -> observed.SeenSite:
        return observed.unseen(self.site, "nothing listens at its address")


def test_readiness_is_given_what_the_hosts_said() -> None:
    one = AskedDatabase(site="recovery", service="portal", answer=Unseen(reason="it is off"))
    views, at = (Gone("datacentre"), Gone("recovery")), datetime(2030, 1, 1, tzinfo=UTC)
    assert gathering.observe(city(), (), views, at, lambda: (one,)).databases == (one,)
    assert gathering.observe(city(), (), views, at).databases == ()
