"""The real router: what it keeps, what can be done to it, and that nothing of it stays behind."""

import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from netmiko import ConnectHandler

from city.errors import Failed, Refused
from city.inventory import Endpoint
from city.model.city import City
from city.secrets import resolve
from lab import cells
from lab.net import names
from lab.openstack.environment import alone
from lab.params import LabParams
from lab.real import files, namespaces, packages, process

ROUTER = "sw-core-01"


@pytest.fixture
def elsewhere(tmp_path: Path) -> LabParams:
    return LabParams(name="router", root=tmp_path / "lab", base_port=26_200, base_address=IPv4Address("127.125.0.0"))


@pytest.fixture
def router(elsewhere: LabParams, lab_params: LabParams, example_city: City) -> Iterator[LabParams]:
    """One that answers."""
    with alone(lab_params.root.with_name(".router.tests")):
        process.up(elsewhere, example_city, print)
        yield elsewhere
        process.down(elsewhere)


def typed(endpoint: Endpoint, lines: list[str], *, save: bool) -> str:
    """What it shows as running after these lines."""
    connection = ConnectHandler(
        device_type="cisco_ios",
        host=str(endpoint.address),
        port=endpoint.ssh_port,
        username=endpoint.user,
        password=resolve(endpoint.password).reveal(),
    )
    try:
        if lines:
            connection.send_config_set(lines)
        if save:
            assert "[OK]" in connection.send_command("write memory")
        return str(connection.send_command("show running-config"))
    finally:
        connection.disconnect()


def answers(endpoint: Endpoint) -> bool:
    try:
        socket.create_connection((str(endpoint.address), endpoint.ssh_port), timeout=2).close()
    except OSError:
        return False
    return True


def left_behind(params: LabParams) -> list[str]:
    """Processes and mounts that know of this lab, and network namespaces with its mark."""
    of_lab = str(params.root)
    commands = [_text(path) for path in Path("/proc").glob("[0-9]*/cmdline")]
    mounts = Path("/proc/mounts").read_text().splitlines()
    return [
        *(c for c in commands if of_lab in c),
        *(m for m in mounts if of_lab in m),
        *cells.beginning(names.mark(params)),
    ]


def _text(path: Path) -> str:
    """Empty for a process that has ended, or a file that is gone, meanwhile."""
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""


@pytest.mark.fleet
def test_what_was_saved_outlives_it_and_nothing_else_does(router: LabParams, example_city: City) -> None:
    endpoint = process.inventory(router, example_city)[ROUTER]
    ran = typed(endpoint, ["ip route 10.99.1.0/24 Null0 254", "interface eth1", "description kept"], save=True)
    assert "ip route 10.99.1.0/24 Null0 254" in ran and f"hostname {ROUTER}" in ran
    assert "10.99.2.0" in typed(endpoint, ["ip route 10.99.2.0/24 Null0 254"], save=False)
    (part,) = process.status(router, example_city)
    assert (part.name, part.state, part.address) == (ROUTER, "up", f"{endpoint.address}:{endpoint.ssh_port}")
    assert part.memory_mb > 1

    process.down(router)
    assert left_behind(router) == []
    assert [part.state for part in process.status(router, example_city)] == ["down"]

    process.up(router, example_city, print)
    ran = typed(endpoint, [], save=False)
    assert "ip route 10.99.1.0/24 Null0 254" in ran and "description kept" in ran
    assert "10.99.2.0" not in ran


@pytest.mark.fleet
def test_it_is_switched_off_and_on_and_no_more(router: LabParams, example_city: City) -> None:
    endpoint = process.inventory(router, example_city)[ROUTER]
    process.fault(router, example_city, [ROUTER], {"off": True})
    assert not answers(endpoint)
    process.fault(router, example_city, [ROUTER], {"off": False})
    assert answers(endpoint)
    with pytest.raises(Refused, match="latency_s"):
        process.fault(router, example_city, [ROUTER], {"latency_s": 1.0})


@pytest.mark.fleet
def test_what_somebody_writes_into_etc_meanwhile_changes_nothing_in_it(router: LabParams, example_city: City) -> None:
    """A mount over a single file ends when that file is written anew, as useradd does; it has an /etc of its own."""
    (pid,) = [part.pid for part in process.status(router, example_city)]
    mounts = [line.split()[4] for line in Path(f"/proc/{pid}/mountinfo").read_text().splitlines()]
    assert [mount for mount in mounts if mount.startswith("/etc")] == ["/etc", "/etc/frr"]
    accounts = Path(f"/proc/{pid}/root/etc/passwd").read_text()
    assert f"\n{files.USER}:" in accounts and f"\n{files.USER}:" not in Path("/etc/passwd").read_text()


@pytest.mark.fleet
def test_a_lab_below_var_tmp_has_its_routers_too(
    elsewhere: LabParams, lab_params: LabParams, example_city: City
) -> None:
    """FRR writes its crash logs there, which a router hides from the machine: but not the router's own folder."""
    with alone(lab_params.root.with_name(".router.tests")), TemporaryDirectory(dir="/var/tmp") as folder:
        below = replace(elsewhere, root=Path(folder) / "lab")
        process.up(below, example_city, print)
        assert answers(process.inventory(below, example_city)[ROUTER])
        process.down(below)
        process.remove(below.root)


@pytest.mark.slow
def test_its_secrets_are_in_no_file_that_others_read(router: LabParams, example_city: City) -> None:
    endpoint = process.inventory(router, example_city)[ROUTER]
    secrets = [path.read_text().strip() for path in router.secrets.iterdir()]
    assert resolve(endpoint.password).reveal() in secrets
    readable = [path for path in router.root.rglob("*") if path.is_file() and path.stat().st_mode & 0o077]
    assert readable
    assert not [path for path in readable if any(secret in _text(path) for secret in secrets)]
    assert not [c for c in map(_text, Path("/proc").glob("[0-9]*/cmdline")) if any(secret in c for secret in secrets)]


def test_without_root_it_is_left_out_and_said_so(
    elsewhere: LabParams, example_city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(namespaces, "as_root", lambda: None)
    monkeypatch.setattr(process, "as_root", lambda: None)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    said: list[str] = []
    left_out = process.up(elsewhere, example_city, said.append)
    assert left_out is not None and "need root" in left_out.reason and left_out.devices == (ROUTER,)
    assert said == [str(left_out)]
    assert process.inventory(elsewhere, example_city) == {}
    process.down(elsewhere)
    assert [part.state for part in process.status(elsewhere, example_city)] == [process.NEEDS_ROOT]


@pytest.fixture
def sudo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """We are nobody, and sudo makes root of us without asking; the value has what it ran, a line each."""
    calls, program = tmp_path / "calls", tmp_path / "bin" / "sudo"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nshift\necho "$*" >> {calls}\nexec "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    return calls


@pytest.mark.fleet
def test_through_sudo_it_is_as_it_is_for_root(sudo: Path, router: LabParams, example_city: City) -> None:
    endpoint = process.inventory(router, example_city)[ROUTER]
    assert f"hostname {ROUTER}" in typed(endpoint, [], save=False)
    assert [part.state for part in process.status(router, example_city)] == ["up"]
    process.down(router)
    assert left_behind(router) == []
    assert [part.state for part in process.status(router, example_city)] == ["down"]
    ran = sudo.read_text()
    assert "/usr/bin/setsid /bin/sh" in ran and "lab.real.cell" in ran and "kill -KILL" in ran


@pytest.mark.fleet
def test_what_its_daemons_own_is_removed_with_it(router: LabParams) -> None:
    process.down(router)
    assert (router.root / "real" / ROUTER / "frr").owner() == "frr"
    process.remove(router.root)
    assert not router.root.exists()
    process.remove(router.root)


def test_what_we_may_not_remove_is_removed_as_root(sudo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "rmtree", lambda *_, **__: None)  # as it is with another user's folders
    (tmp_path / "lab" / "frr").mkdir(parents=True)
    process.remove(tmp_path / "lab")
    assert not (tmp_path / "lab").exists()
    assert sudo.read_text().splitlines()[-1] == f"rm -rf -- {tmp_path / 'lab'}"


def test_what_nobody_may_remove_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "rmtree", lambda *_, **__: None)
    monkeypatch.setattr(process, "as_root", lambda: None)
    with pytest.raises(Failed, match="only root may touch it"):
        process.remove(tmp_path)


@pytest.mark.parametrize("before", [pytest.param(None, id="none before"), pytest.param("#!/bin/sh\n", id="one before")])
def test_services_are_held_back_only_while_packages_are_installed(before: str | None, tmp_path: Path) -> None:
    policy = tmp_path / "policy-rc.d"
    if before is not None:
        policy.write_text(before)
        policy.chmod(0o700)
    with packages.services_held(policy):
        assert subprocess.run([policy], check=False).returncode == 101
    assert (policy.read_text() if policy.exists() else None) == before
    assert before is None or policy.stat().st_mode & 0o777 == 0o700


def test_whoever_holds_services_back_meanwhile_waits_and_leaves_nothing_of_it(tmp_path: Path) -> None:
    policy, begun = tmp_path / "policy-rc.d", threading.Event()

    def another() -> None:
        with packages.services_held(policy):
            begun.set()

    waiting = threading.Thread(target=another)
    with packages.services_held(policy):
        waiting.start()
        assert not begun.wait(0.2)
    waiting.join()
    assert begun.is_set() and not policy.exists()


@pytest.mark.parametrize(
    ("last", "told"),
    [
        pytest.param(
            packages._said(Failed("service ssh", "the next boot starts it: no", "As root: update-rc.d ssh disable")),
            "service ssh: the next boot starts it: no. As root: update-rc.d ssh disable",
            id="in our words",
        ),
        pytest.param(
            "sudo: a password is required",
            "Debian packages frr .*: sudo: a password is required. As root: apt-get install .* frr ",
            id="in those of another program",
        ),
    ],
)
def test_what_fails_as_root_is_told_with_its_own_remedy(last: str, told: str, tmp_path: Path) -> None:
    sudo = tmp_path / "sudo"
    sudo.write_text(f"#!/bin/sh\necho 'Debian package frr: a real router'\necho '{last}' >&2\nexit 1\n")
    sudo.chmod(0o755)
    needs = tuple(replace(need, shown_by=tmp_path / "no") for need in packages.NEEDS)
    said: list[str] = []
    with pytest.raises(Failed, match=told):
        packages.install([str(sudo)], said.append, needs)
    assert said == ["Debian package frr: a real router"]


def test_the_user_of_the_router_is_frrs_own() -> None:
    assert files._ids("frr:x:103:106:Frr:/nonexistent:/usr/sbin/nologin\n", "frr") == (103, 106)
    with pytest.raises(LookupError, match="frr"):
        files._ids("frrx:x:1:2::/:/bin/sh\n", "frr")
