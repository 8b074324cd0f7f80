"""What befalls a guest is real, is named while it stands, and ends: by a clear, or by what ends it in life."""

import subprocess
import time
from datetime import UTC, datetime
from pathlib import PurePosixPath

import pytest
from cryptography import x509

from city.errors import Failed, InvalidInput, Refused
from lab.hosts import authority, befallen
from lab.hosts.fault import HostFault, Told
from lab.hosts.guest import Guest
from lab.hosts.life import Life, State
from tests.lab.hosts.conftest import Machine, volume
from tests.waiting import until

pytestmark = pytest.mark.slow
NONE: dict[str, object] = {}


def standing(machine: Machine, which: Guest) -> list[str]:
    return [one.kind for one in befallen.standing(machine.life, which.id)]


def begin(machine: Machine, which: Guest, kind: str, **told: object) -> None:
    befallen.begin(machine.life, which.id, kind, told)


def end(machine: Machine, which: Guest) -> None:
    befallen.end(machine.life, which.id)


@pytest.fixture
def portal(machine: Machine) -> Guest:
    """A guest that has come up whole."""
    made = machine.guest(hostname="portal-1")
    machine.life.create(made)
    machine.booted(made)
    return made


def reboot(machine: Machine, which: Guest) -> None:
    machine.life.stop(which.id, 0)
    machine.life.start(which.id, machine.life.home.of(which.id).kept().volumes, ())  # type: ignore[union-attr]  # it was made
    machine.booted(which)


def test_without_power_a_guest_is_off_until_it_is_started(machine: Machine, portal: Guest) -> None:
    begin(machine, portal, "power-off")
    assert machine.life.state(portal.id) is State.STOPPED
    assert standing(machine, portal) == ["power-off"]
    machine.life.start(portal.id, (), ())
    assert standing(machine, portal) == [], "it has power again"


def test_a_frozen_guest_does_nothing_and_runs_for_whoever_asks_nova(machine: Machine, portal: Guest) -> None:
    machine.run(portal, "systemd-run", "sh", "-c", "while :; do date +%N >/run/pulse; sleep 0.05; done")
    first = machine.life.groups.first(machine.name(portal))
    pulse = befallen_file(first, "/run/pulse")
    until(lambda: moves(pulse))
    begin(machine, portal, "freeze")
    time.sleep(0.2)
    assert not moves(pulse)
    assert machine.life.state(portal.id) is State.RUNNING
    assert standing(machine, portal) == ["freeze"]
    end(machine, portal)
    until(lambda: moves(pulse))
    assert standing(machine, portal) == []


def befallen_file(pid: int | None, path: str) -> PurePosixPath:
    return PurePosixPath(f"/proc/{pid}/root{path}")


def moves(file: PurePosixPath) -> bool:
    def read() -> bytes:
        try:
            with open(file, "rb") as pulse:  # noqa: PTH123 - of another process's root
                return pulse.read()
        except FileNotFoundError:
            return b""

    before = read()
    time.sleep(0.3)
    return read() != before


def test_what_is_paused_by_nova_stays_paused_when_a_freeze_ends(machine: Machine, portal: Guest) -> None:
    begin(machine, portal, "freeze")
    machine.life.pause(portal.id)
    end(machine, portal)
    assert machine.life.state(portal.id) is State.PAUSED


def test_a_frozen_guest_can_be_rebooted_and_then_works(machine: Machine, portal: Guest) -> None:
    begin(machine, portal, "freeze")
    reboot(machine, portal)
    assert standing(machine, portal) == []


def writes(machine: Machine, which: Guest, path: str) -> bool:
    argv = ("sh", "-c", f"head -c 65536 /dev/zero >{path} && sync {path}; ended=$?; rm -f {path}; exit $ended")
    try:
        machine.run(which, *argv)
    except subprocess.CalledProcessError:
        return False
    return True


def test_on_a_full_disk_and_its_volumes_nothing_can_be_written_even_after_a_reboot(
    machine: Machine, portal: Guest
) -> None:
    machine.life.attach(portal.id, volume(machine.life.home))
    places = ("/var/some", "/srv/data/some")
    assert all(writes(machine, portal, place) for place in places)
    begin(machine, portal, "full-disk")
    begin(machine, portal, "full-disk")
    assert not any(writes(machine, portal, place) for place in places)
    machine.life.stop(portal.id, 0)
    assert standing(machine, portal) == ["full-disk"]
    machine.life.start(portal.id, machine.life.home.of(portal.id).kept().volumes, ())  # type: ignore[union-attr]
    until(lambda: machine.life.groups.first(machine.name(portal)) is not None)
    assert not any(writes(machine, portal, place) for place in places)
    end(machine, portal)
    assert all(writes(machine, portal, place) for place in places)


def test_a_full_disk_ends_also_while_its_guest_is_off(machine: Machine, portal: Guest) -> None:
    machine.life.attach(portal.id, volume(machine.life.home))
    begin(machine, portal, "full-disk")
    machine.life.stop(portal.id, 0)
    end(machine, portal)
    assert standing(machine, portal) == []
    reboot(machine, portal)
    assert writes(machine, portal, "/var/some") and writes(machine, portal, "/srv/data/some")


def active(machine: Machine, which: Guest, unit: str) -> bool:
    try:
        return machine.run(which, "systemctl", "is-active", unit) == "active"
    except subprocess.CalledProcessError:
        return False


def test_a_killed_unit_stays_dead_until_it_is_cleared(machine: Machine, portal: Guest) -> None:
    begin(machine, portal, "process-killed", unit="ssh")
    time.sleep(1)
    assert not active(machine, portal, "ssh"), "though Debian has it restart"
    assert standing(machine, portal) == ["process-killed"]
    end(machine, portal)
    assert active(machine, portal, "ssh")


def test_a_unit_that_its_socket_starts_again_is_said_not_to_stay_dead(machine: Machine, portal: Guest) -> None:
    with pytest.raises(Failed, match="started again at once"):
        begin(machine, portal, "process-killed", unit="systemd-journald")
    end(machine, portal)
    assert standing(machine, portal) == []


def test_a_killed_unit_is_back_after_a_reboot(machine: Machine, portal: Guest) -> None:
    begin(machine, portal, "process-killed", unit="ssh.service")
    assert not active(machine, portal, "ssh")
    reboot(machine, portal)
    assert active(machine, portal, "ssh")
    assert standing(machine, portal) == []


@pytest.mark.parametrize("unit", ["no-such", "-x", "../x", "ssh; reboot", None])
def test_a_unit_that_does_not_run_there_is_refused_and_nothing_stands(
    machine: Machine, portal: Guest, unit: object
) -> None:
    with pytest.raises(InvalidInput, match=r"unit"):
        begin(machine, portal, "process-killed", unit=unit)
    assert standing(machine, portal) == []


def takes_memory(machine: Machine, which: Guest) -> bool:
    try:
        machine.run(
            which, "systemd-run", "--wait", "--pipe", "python3", "-c", "x = bytes(1) * 40_000_000; print(len(x))"
        )
    except subprocess.CalledProcessError:
        return False
    return True


def test_without_memory_the_kernel_ends_who_asks_for_more(machine: Machine, portal: Guest) -> None:
    assert takes_memory(machine, portal)
    begin(machine, portal, "memory-exhausted")
    assert not takes_memory(machine, portal)
    assert standing(machine, portal) == ["memory-exhausted"]
    end(machine, portal)
    assert takes_memory(machine, portal)


def seconds(machine: Machine, which: Guest, place: str) -> float:
    """For ten commits, one after another, as a database makes them."""
    begun = time.monotonic()
    machine.run(which, "systemd-run", "--wait", "--pipe", "dd", "if=/dev/zero", f"of={place}", "bs=4096", "count=10",
                "oflag=dsync")  # fmt: skip
    return time.monotonic() - begun


def test_on_a_slow_disk_each_commit_takes_so_long_also_on_a_volume(machine: Machine, portal: Guest) -> None:
    machine.life.attach(portal.id, volume(machine.life.home))
    begin(machine, portal, "slow-disk", latency_s=0.2)
    assert all(seconds(machine, portal, place) >= 1.5 for place in ("/var/some", "/srv/data/some"))
    assert standing(machine, portal) == ["slow-disk"]
    end(machine, portal)
    for place in ("/var/some", "/srv/data/some"):
        until(lambda place=place: seconds(machine, portal, place) < 1.5)  # type: ignore[misc]


@pytest.mark.parametrize("latency_s", [0, -1, 2])
def test_a_disk_cannot_be_slow_by_nothing_nor_for_ever(machine: Machine, portal: Guest, latency_s: float) -> None:
    with pytest.raises(InvalidInput, match="latency_s"):
        begin(machine, portal, "slow-disk", latency_s=latency_s)


ROLE = """
mkdir -p /run/systemd/system
printf '[Unit]\\nDescription=A role\\n' >/run/systemd/system/role-web.target
cat >/run/systemd/system/shows.service <<END
[Unit]
PartOf=role-web.target
[Service]
ExecStart=/usr/bin/python3 -c 'import time; \\
    open("/run/shown", "w").write(open("/etc/ssl/service/chain.pem").read()); time.sleep(9999)'
END
systemctl daemon-reload
systemctl start role-web.target shows.service
"""


@pytest.fixture
def shows(machine: Machine) -> Guest:
    """A guest with a role, whose one program writes down which certificate it found at its start."""
    authority.make(machine.life.home.params)
    made = machine.guest(hostname="portal-1")
    machine.life.create(made)
    machine.booted(made)
    machine.run(made, "sh", "-c", ROLE)
    until(lambda: shown(machine, made) is not None)
    return made


def shown(machine: Machine, which: Guest) -> x509.Certificate | None:
    """The certificate that its program saw; None before it wrote it down."""
    try:
        return x509.load_pem_x509_certificate(machine.run(which, "cat", "/run/shown").encode())
    except (subprocess.CalledProcessError, ValueError):
        return None


def test_where_no_role_runs_there_is_no_certificate_to_expire(machine: Machine, portal: Guest) -> None:
    with pytest.raises(Refused, match="no role"):
        begin(machine, portal, "certificate-expired")
    assert standing(machine, portal) == []


def test_a_certificate_is_over_for_who_connects_and_good_again_after_it(machine: Machine, shows: Guest) -> None:
    def over() -> bool:
        until(lambda: shown(machine, shows) is not None)
        found = shown(machine, shows)
        assert found is not None
        found.verify_directly_issued_by(trusted)
        return found.not_valid_after_utc < datetime.now(UTC)

    trusted = x509.load_pem_x509_certificate(machine.life.home.params.trust.read_bytes())
    owner = machine.run(shows, "stat", "--format=%a %U %G", "/etc/ssl/service/key.pem")
    assert not over()
    begin(machine, shows, "certificate-expired")
    until(over)
    assert standing(machine, shows) == ["certificate-expired"]
    assert machine.run(shows, "stat", "--format=%a %U %G", "/etc/ssl/service/key.pem") == owner
    end(machine, shows)
    until(lambda: not over())
    assert standing(machine, shows) == []


@pytest.mark.parametrize("kind", sorted(befallen.KINDS))
def test_what_is_off_is_refused(machine: Machine, portal: Guest, kind: str) -> None:
    machine.life.stop(portal.id, 0)
    with pytest.raises(Refused, match="does not run"):
        begin(machine, portal, kind, unit="ssh", latency_s=0.1)
    assert standing(machine, portal) == []


def test_a_fault_that_nobody_knows_is_named_with_those_that_are(machine: Machine, portal: Guest) -> None:
    with pytest.raises(InvalidInput, match="power-off"):
        begin(machine, portal, "flood")


def test_several_end_at_once_the_newest_first(machine: Machine, portal: Guest) -> None:
    begin(machine, portal, "process-killed", unit="ssh")
    begin(machine, portal, "full-disk")
    begin(machine, portal, "freeze")
    assert standing(machine, portal) == ["process-killed", "full-disk", "freeze"]
    with pytest.raises(Refused, match="frozen"):
        begin(machine, portal, "process-killed", unit="cron")
    end(machine, portal)
    assert standing(machine, portal) == []
    assert active(machine, portal, "ssh") and writes(machine, portal, "/var/some")


def test_what_a_kill_cut_off_is_named_and_cleared(
    machine: Machine, portal: Guest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one who begins it is gone after the half of it."""
    began = befallen.KINDS["full-disk"].begin

    def half(life: Life, guest_id: str, told: Told) -> None:
        began(life, guest_id, told)
        raise KeyboardInterrupt

    cut = HostFault(lasts=befallen.KINDS["full-disk"].lasts, begin=half, end=befallen.KINDS["full-disk"].end)
    monkeypatch.setitem(befallen.KINDS, "full-disk", cut)
    with pytest.raises(KeyboardInterrupt):
        begin(machine, portal, "full-disk")
    assert standing(machine, portal) == ["full-disk"]
    end(machine, portal)
    assert writes(machine, portal, "/var/some")


def test_a_deleted_guest_takes_its_faults_with_it(machine: Machine, portal: Guest) -> None:
    begin(machine, portal, "full-disk")
    machine.life.delete(portal.id)
    machine.life.create(portal)
    assert standing(machine, portal) == []
    machine.booted(portal)
    assert writes(machine, portal, "/var/some")
