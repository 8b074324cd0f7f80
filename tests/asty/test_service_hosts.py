"""`asty run` and `asty verify`, on a host with a real sshd; what the clouds record of it is the test's."""

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from asty import lab_access, service_hosts
from asty.__main__ import main
from asty.workspace import find
from city.load import load
from infra.hosts.access import Access, Bounds
from infra.hosts.host import Host
from infra.hosts.of_cloud import Unreached
from infra.stacks import stacks
from lab.real.packages import NEEDS
from tests.infra.hosts.daemons import Daemon, daemon
from tests.lab.packages import have

EXAMPLE = Path(__file__).parents[2] / "cities" / "example"
HERE, THERE = dict.fromkeys(stack.site for stack in stacks(load(EXAMPLE)))


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    have(need for need in NEEDS if need.package in {"openssh-server", "iproute2"})
    with daemon(tmp_path_factory.mktemp("portal"), "portal-1", f"r{os.getpid() % 0xFFFF:04x}") as found:
        yield found


Told = dict[str, tuple[Host | Unreached, ...]]


@pytest.fixture
def clouds(portal: Daemon, monkeypatch: pytest.MonkeyPatch) -> Told:
    """What each site's cloud records of the service's hosts; a test may change it."""
    told: Told = {site: (replace(portal.host, site=site),) for site in (HERE, THERE)}
    monkeypatch.setattr(service_hosts, "hosts", lambda site, _connect, _service: told[site])
    monkeypatch.setattr(Access, "dial", lambda _, host: portal.dial(host))
    return told


def asty(*words: str) -> tuple[int, Any]:
    done = CliRunner().invoke(main, ["--city", str(EXAMPLE), *words], prog_name="asty")
    return done.exit_code, json.loads(done.stdout) if "--json" in words else done.output


def key(portal: Daemon) -> tuple[str, str]:
    return "--identity", str(portal.identity)


@pytest.mark.slow
def test_a_command_runs_on_every_host_of_both_sites(portal: Daemon, clouds: Told) -> None:
    code, said = asty("run", *key(portal), "--json", "portal", "--", "echo", "$HOME", "--json")
    assert clouds and (code, said["exit_code"]) == (0, 0)
    assert [(one["subject"], one["exit"], one["stdout"]) for one in said["outcomes"]] == [
        (f"portal-1 ({site})", 0, "$HOME --json\n") for site in (HERE, THERE)
    ]


@pytest.mark.slow
def test_what_a_host_writes_is_shown_host_by_host_and_steers_no_terminal(portal: Daemon, clouds: Told) -> None:
    code, said = asty("run", *key(portal), "--site", HERE, "portal", "--", "sh", "-c", r"printf '\033[2J\n'; exit 9")
    assert clouds and code == 1
    assert f"portal-1 ({HERE}): exit 9" in said and "\x1b" not in said and THERE not in said


@pytest.mark.slow
def test_one_host_that_cannot_be_asked_does_not_stop_the_other(portal: Daemon, clouds: Told) -> None:
    clouds[HERE] = (Unreached(name=f"portal-1 ({HERE})", reason="its cloud says SHUTOFF; start it first"),)
    code, said = asty("run", *key(portal), "--json", "portal", "--", "true")
    assert code == 1
    assert {one["subject"]: (one["status"], one["exit"]) for one in said["outcomes"]} == {
        f"portal-1 ({THERE})": ("changed", 0),
        f"portal-1 ({HERE})": ("failed", None),
    }


@pytest.mark.slow
def test_a_site_that_tells_nothing_is_unknown(portal: Daemon, clouds: Told) -> None:
    clouds[THERE] = (Unreached(name=THERE, reason="its cloud does not tell its servers", lost=True),)
    assert asty("run", *key(portal), "portal", "--", "true")[0] == 4
    assert asty("verify", *key(portal), "portal")[0] == 4


@pytest.mark.slow
def test_a_service_is_verified_on_its_running_hosts(portal: Daemon, clouds: Told) -> None:
    with portal.listening(443):
        code, said = asty("verify", *key(portal), "--json", "portal")
    assert clouds and code == 0 and said["tally"]["ok"] == 2 * 3
    code, said = asty("verify", *key(portal), "portal")
    assert code == 1 and f"failed   portal-1 ({THERE}): listens on tcp port 443: nothing listens there" in said


@pytest.mark.slow
def test_the_host_of_a_database_is_held_to_its_own_role(portal: Daemon, clouds: Told) -> None:
    """It has no port of the service, and PostgreSQL is open there instead."""
    clouds[THERE] = tuple(replace(one, name="portal-db") for one in clouds[THERE] if isinstance(one, Host))
    with portal.listening(443):
        _, said = asty("verify", *key(portal), "portal")
    assert f"failed   portal-db ({THERE}): listens on tcp port 5432: nothing listens there" in said
    assert f"failed   portal-db ({THERE}): nothing else is open: open besides: tcp port 443" in said
    assert f"portal-1 ({THERE})" not in said


@pytest.mark.parametrize(
    ("words", "code", "problem"),
    [
        pytest.param(["run", "wiki", "--", "true"], 2, "the city has none of this name", id="no such service"),
        pytest.param(["verify", "portal", "--site", "moon"], 2, "no cloud is there", id="no such site"),
        pytest.param(["run", "portal"], 2, "Missing argument", id="no command"),
        pytest.param(["run", "portal", "--", "true"], 4, "clouds.yaml", id="no cloud yet"),
        pytest.param(["verify", "portal"], 4, "clouds.yaml", id="and none to verify"),
    ],
)
def test_what_cannot_be_asked_is_told(words: list[str], code: int, problem: str) -> None:
    found, said = asty(*words)
    assert (found, problem in said) == (code, True), said


def test_a_service_without_a_server_is_no_success(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_hosts, "hosts", lambda *_: ())
    code, said = asty("verify", "portal")
    assert code == 1 and f"it has no server at {HERE} and {THERE}" in said


def test_in_the_lab_operators_come_by_the_gate_and_with_the_labs_own_key(tmp_path: Path) -> None:
    workspace = find({"XDG_STATE_HOME": str(tmp_path)}, name=None, city=None, base_port=None, base_address="127.88.0.0")
    access = lab_access.hosts(workspace, "root", None, Bounds())
    assert (access.source, access.identity) == ("198.18.88.1", None)
    kept = lab_access.params(workspace).secrets / "operators"
    kept.parent.mkdir(parents=True)
    kept.touch()
    assert lab_access.hosts(workspace, "root", None, Bounds()).identity == kept
    assert lab_access.hosts(workspace, "root", tmp_path, Bounds()).identity == tmp_path
