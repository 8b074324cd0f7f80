"""A guest's life on this machine, without OpenStack: what was asked for is what it does, and nothing of it is left."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from city.errors import Failed, InvalidInput, Refused
from lab import cells
from lab.hosts import leftovers
from lab.hosts.cgroup import Groups
from lab.hosts.folder import HostsFolder
from lab.hosts.guest import Guest
from lab.hosts.life import Life, State
from lab.net import names
from tests.lab.hosts.conftest import KEY, REGION, Machine, in_glance, machine_of, volume
from tests.waiting import until

pytestmark = pytest.mark.slow
FIRST_BOOT = """#cloud-config
write_files:
- path: /etc/systemd/system/last.service
  content: |
    [Service]
    Type=oneshot
    RemainAfterExit=yes
    ExecStart=/bin/true
    ExecStop=/bin/touch /var/ended-in-order
runcmd: [systemctl daemon-reload, systemctl start last.service, touch /var/commands-ran]
packages: [vim]
"""


def test_a_guest_is_a_whole_machine_of_its_own(machine: Machine) -> None:
    portal = machine.guest(hostname="portal-1", user_data=FIRST_BOOT)
    machine.life.create(portal)
    machine.booted(portal)
    assert machine.run(portal, "hostname") == "portal-1"
    assert machine.run(portal, "cat", "/proc/1/comm") == "systemd"
    assert machine.run(portal, "systemctl", "is-active", "ssh", "systemd-journald") == "active\nactive"
    assert machine.run(portal, "systemctl", "--failed", "--no-legend") == ""
    assert machine.run(portal, "cat", "/root/.ssh/authorized_keys") == KEY
    assert machine.run(portal, "cat", "/etc/resolv.conf") == "nameserver 192.0.2.53"
    assert "portal-1" in machine.run(portal, "cat", "/run/config-drive/openstack/latest/meta_data.json")
    assert machine.run(portal, "ls", "/var/commands-ran") == "/var/commands-ran"
    log = machine.life.console(portal.id)
    assert "BEGIN SSH HOST KEY KEYS" in log and "refused: packages;" in log
    mine = [word for word in machine.run(portal, "ps", "-eo", "comm").split() if word == "sshd"]
    assert mine == ["sshd"], "it sees the processes of nobody else"


def test_what_it_wrote_and_what_it_was_outlive_its_power(machine: Machine) -> None:
    """A second start is no first boot: its host key stays."""
    portal = machine.guest(user_data=FIRST_BOOT)
    machine.life.create(portal)
    machine.booted(portal)
    key = machine.run(portal, "cat", "/etc/ssh/ssh_host_ed25519_key.pub")
    machine.run(portal, "sh", "-c", "echo written >/var/mine; rm /var/commands-ran")
    machine.life.cut_power(portal.id)
    assert machine.life.state(portal.id) is State.STOPPED
    machine.life.start(portal.id, (), ("192.0.2.54",))
    machine.booted(portal)
    assert machine.run(portal, "cat", "/var/mine", "/etc/resolv.conf") == "written\nnameserver 192.0.2.54"
    assert machine.run(portal, "cat", "/etc/ssh/ssh_host_ed25519_key.pub") == key
    assert machine.run(portal, "find", "/var", "-maxdepth", "1", "-name", "*-*") == "", "neither commands nor an end"


def test_a_stop_with_patience_is_in_order(machine: Machine) -> None:
    portal = machine.guest(user_data=FIRST_BOOT)
    machine.life.create(portal)
    machine.booted(portal)
    machine.life.stop(portal.id, 60)
    machine.life.start(portal.id, (), ())
    machine.booted(portal)
    assert machine.run(portal, "ls", "/var/ended-in-order") == "/var/ended-in-order"


def test_a_guest_that_only_begins_to_boot_can_be_stopped_in_order(machine: Machine) -> None:
    """It is asked until it hears: ten minutes of patience are not waited for in vain."""
    portal = machine.guest()
    machine.life.create(portal)
    begun = time.monotonic()
    machine.life.stop(portal.id, 600)
    assert machine.life.state(portal.id) is State.STOPPED
    assert time.monotonic() - begun < 500


def test_one_that_does_not_end_in_order_loses_its_power_after_all(machine: Machine) -> None:
    stubborn = machine.guest()
    machine.life.create(stubborn)
    machine.life.stop(stubborn.id, 0.001)
    assert machine.life.state(stubborn.id) is State.STOPPED


def test_every_request_may_be_repeated(machine: Machine) -> None:
    portal = machine.guest()
    machine.life.create(portal)
    first = machine.life.groups.first(machine.name(portal))
    machine.life.create(portal)
    machine.life.start(portal.id, (), ())
    assert machine.life.groups.first(machine.name(portal)) == first, "one that runs is not started again"
    for _ in range(2):
        machine.life.pause(portal.id)
        assert machine.life.state(portal.id) is State.PAUSED
    for _ in range(2):
        machine.life.unpause(portal.id)
        assert machine.life.state(portal.id) is State.RUNNING
    for _ in range(2):
        machine.life.stop(portal.id, 0)
        machine.life.delete(portal.id)
    assert list(machine.life.home.all()) == []


def test_a_paused_guest_can_be_stopped_and_deleted(machine: Machine) -> None:
    portal = machine.guest()
    machine.life.create(portal)
    machine.life.pause(portal.id)
    machine.life.stop(portal.id, 60)
    assert machine.life.state(portal.id) is State.STOPPED


def test_a_guest_that_ends_by_itself_is_seen_as_stopped(machine: Machine) -> None:
    portal = machine.guest()
    machine.life.create(portal)
    machine.booted(portal)
    machine.run(portal, "systemctl", "poweroff", "--no-block")
    until(lambda: machine.life.state(portal.id) is State.STOPPED)


def test_a_volume_moves_with_its_content_from_guest_to_guest(machine: Machine) -> None:
    one, other, data = machine.guest(), machine.guest(), volume(machine.life.home)
    machine.life.create(one)
    machine.life.create(replace(other, volumes=(volume(machine.life.home, "/mnt/vdb"),)))
    machine.life.attach(one.id, data)
    machine.life.attach(one.id, data)
    machine.run(one, "sh", "-c", "echo rows >/srv/data/table")
    machine.life.detach(one.id, data.id)
    machine.life.detach(one.id, data.id)
    assert machine.run(one, "ls", "/srv/data") == ""
    machine.life.attach(other.id, data)
    assert machine.run(other, "cat", "/srv/data/table") == "rows"
    assert "/mnt/vdb" in machine.run(other, "cat", "/proc/mounts"), "what it was created with is there as well"
    machine.life.delete(one.id)
    machine.life.delete(other.id)
    assert machine.life.home.volume(REGION, data.id).exists(), "a volume outlives every guest"


def test_a_volume_stays_through_a_reboot_of_its_guest_and_through_a_stop(machine: Machine) -> None:
    portal, data = machine.guest(), volume(machine.life.home)
    machine.life.create(portal)
    machine.booted(portal)
    machine.life.attach(portal.id, data)
    machine.run(portal, "sh", "-c", "echo rows >/srv/data/table")
    before = machine.life.groups.first(machine.name(portal))
    machine.run(portal, "systemctl", "reboot", "--no-block")
    until(lambda: machine.life.groups.first(machine.name(portal)) not in {before, None})
    machine.booted(portal)
    assert machine.run(portal, "cat", "/srv/data/table") == "rows"
    machine.life.stop(portal.id, 0)
    machine.life.start(portal.id, (data,), ())
    assert machine.run(portal, "cat", "/srv/data/table") == "rows"
    machine.life.stop(portal.id, 0)
    machine.life.detach(portal.id, data.id)
    kept = machine.life.home.of(portal.id).kept()
    assert kept is not None and kept.volumes == ()


def test_a_volume_in_use_stays_and_says_so(machine: Machine) -> None:
    portal, data = machine.guest(), volume(machine.life.home)
    machine.life.create(portal)
    machine.life.attach(portal.id, data)
    machine.run(portal, "sh", "-c", "exec 3>/srv/data/open; sleep 60 <&3 >/dev/null 2>&1 &")
    with pytest.raises(Failed, match="busy"):
        machine.life.detach(portal.id, data.id)
    machine.run(
        portal, "sh", "-c", "pkill -x sleep; while pgrep -x sleep >/dev/null; do :; done"
    )  # a signal is a request
    machine.life.detach(portal.id, data.id)


def test_two_volumes_do_not_share_a_place(machine: Machine) -> None:
    portal = machine.guest()
    machine.life.create(portal)
    machine.life.attach(portal.id, volume(machine.life.home))
    with pytest.raises(Refused, match="is at /srv/data"):
        machine.life.attach(portal.id, volume(machine.life.home))


def test_a_volume_is_never_in_two_guests_at_once(machine: Machine) -> None:
    portal, other, data = machine.guest(), machine.guest(), volume(machine.life.home)
    machine.life.create(portal)
    machine.life.attach(portal.id, data)
    machine.life.create(other)
    with pytest.raises(Refused, match=rf"volume {data.id}.*\({portal.id}\) has it"):
        machine.life.attach(other.id, data)
    machine.life.stop(other.id, 0)
    with pytest.raises(Refused, match="has it"):
        machine.life.start(other.id, (data,), ())
    assert machine.life.state(other.id) is State.STOPPED
    machine.life.stop(portal.id, 0)
    machine.life.start(other.id, (data,), ())
    with pytest.raises(Refused, match="has it"):
        machine.life.start(portal.id, (data,), ())


def test_a_resize_gives_room_and_memory_while_the_guest_is_off(machine: Machine) -> None:
    portal = machine.guest()
    machine.life.create(portal)
    machine.booted(portal)
    machine.run(portal, "sh", "-c", "echo written >/var/mine")
    with pytest.raises(Refused, match="it runs"):
        machine.life.resize(portal.id, "c2", 512, 3)
    machine.life.stop(portal.id, 0)
    machine.life.resize(portal.id, "c2", 512, 3)
    machine.life.start(portal.id, (), ())
    size = int(machine.run(portal, "df", "--output=size", "-BM", "/").split()[-1].rstrip("M"))
    assert 2800 < size < 3072
    limit = machine.life.groups.limits(machine.name(portal), 0)[0][0]
    assert int(limit.read_text()) == 512 * 2**20
    assert machine.run(portal, "cat", "/var/mine") == "written"


def test_a_guest_gets_no_more_memory_than_its_flavour_has(machine: Machine) -> None:
    small = replace(machine.guest(), memory_mb=96)
    machine.life.create(small)
    machine.booted(small)
    with pytest.raises(subprocess.CalledProcessError) as caught:
        machine.run(small, "systemd-run", "--quiet", "--wait", "--pipe", "python3", "-c", "len(b'x' * 200 * 2**20)")
    assert caught.value.returncode != 0
    assert machine.run(small, "systemctl", "is-active", "ssh") == "active", "the rest of it goes on"


def test_a_full_disk_is_the_guests_own(machine: Machine) -> None:
    portal = machine.guest()
    machine.life.create(portal)
    with pytest.raises(subprocess.CalledProcessError) as caught:
        machine.run(portal, "fallocate", "-l", "2G", "/var/large")
    assert "No space left on device" in caught.value.stderr


def test_guests_of_one_image_share_its_pages(machine: Machine) -> None:
    one, other = machine.guest(), machine.guest()
    machine.life.create(one)
    machine.life.create(other)
    kept = str(machine.life.home.images / machine.image.digest)
    shown = [behind(device) for device in Path("/sys/block").glob("loop*/loop/backing_file")]
    assert shown.count(kept) == 1


def behind(device: Path) -> str:
    """The file of a loop device; empty where that is gone by now, for other labs of this machine have theirs."""
    try:
        return device.read_text().strip()
    except OSError:
        return ""


@pytest.mark.parametrize(
    ("content", "error", "problem"),
    [
        pytest.param(bytes(4096), InvalidInput, "hold no file system", id="no file system"),
        pytest.param(b"hsqs" + bytes(4096), Failed, "it does not start: .*mount", id="a broken one"),
    ],
)
def test_an_image_without_a_machine_in_it_starts_none(
    content: bytes, error: type[Exception], problem: str, machine: Machine, tmp_path: Path
) -> None:
    (tmp_path / "image").write_bytes(content)
    which = replace(machine.guest(), image=in_glance(machine.life.home, tmp_path / "image"))
    with pytest.raises(error, match=problem):
        machine.life.create(which)
    assert machine.life.state(which.id) is State.STOPPED
    assert leftovers.find(machine.life) == []


@contextmanager
def peer(name: str) -> Iterator[None]:
    """A machine beside the guest `name`, on a cable: 192.0.2.1 there, 192.0.2.2 in the guest."""

    def ip(*arguments: str) -> None:
        subprocess.run(["/usr/sbin/ip", *arguments], check=True)

    ip("netns", "add", "t7a.peer")
    try:
        ip("link", "add", "eth0", "netns", name, "type", "veth", "peer", "name", "eth0", "netns", "t7a.peer")
        for there, address in ((name, "192.0.2.2/24"), ("t7a.peer", "192.0.2.1/24")):
            ip("-n", there, "addr", "add", address, "dev", "eth0")
            ip("-n", there, "link", "set", "eth0", "up")
        yield
    finally:
        ip("netns", "del", "t7a.peer")


LISTEN = """
import socket, sys
with socket.create_connection(("192.0.2.2", 22), 60) as line:
    print(line.recv(4).decode(), flush=True)
    sys.stdin.readline()
    line.settimeout(1.5)
    try:
        while line.recv(4096): pass
        print("closed")
    except ConnectionError: print("reset")
    except TimeoutError: print("silence")
"""


def heard(machine: Machine, which: Guest, patience_s: float) -> tuple[str, str]:
    """What a peer with an open connection hears at once, and of the guest's end."""
    with peer(machine.name(which)):
        argv = ["ip", "netns", "exec", "t7a.peer", "python3", "-c", LISTEN]
        with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as listening:
            assert listening.stdout is not None
            begin = listening.stdout.readline().strip()
            machine.life.stop(which.id, patience_s)
            end, _ = listening.communicate("\n")
    return begin, end.strip()


def test_a_power_cut_is_silence_and_a_stop_in_order_says_goodbye(machine: Machine) -> None:
    portal = machine.guest()
    machine.life.create(portal)
    machine.booted(portal)
    assert heard(machine, portal, 0) == ("SSH-", "silence")
    machine.life.start(portal.id, (), ())
    machine.booted(portal)
    assert heard(machine, portal, 60) == ("SSH-", "closed")


def test_a_guest_of_another_lab_with_the_same_mark_is_nobodys_to_remove(machine: Machine, tmp_path: Path) -> None:
    portal = machine.guest()
    machine.life.create(portal)
    other = HostsFolder(replace(machine.life.home.params, root=tmp_path / "other"))
    other.make()
    assert leftovers.remove(Life(other)) == []
    assert machine.life.state(portal.id) is State.RUNNING
    assert leftovers.find(machine.life) == []


def test_what_a_killed_run_of_these_tests_left_goes_before_another_begins(home: HostsFolder, base: Path) -> None:
    left = names.device(home.params, "0123456789ab")
    cells.add(left)
    Groups().make(left, 64)
    with machine_of(home, base) as machine:
        assert leftovers.find(machine.life) == []
        assert left not in machine.life.groups.marked(home.params)


def test_a_guest_whose_process_1_is_killed_is_gone_whole(machine: Machine) -> None:
    portal = machine.guest()
    machine.life.create(portal)
    first = machine.life.groups.first(machine.name(portal))
    assert first is not None
    os.kill(first, signal.SIGKILL)
    until(lambda: machine.life.state(portal.id) is State.STOPPED)
