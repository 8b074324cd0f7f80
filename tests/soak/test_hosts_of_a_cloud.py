"""What Nova says is what the guest does: one region of a lab with hosts, from the API to process 1 and back."""

import base64
import json
import os
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from openstack.connection import Connection

from city.model.city import City
from infra.hosts.access import Access
from infra.hosts.command import run
from infra.hosts.host import Host
from infra.hosts.of_cloud import Unreached, hosts
from lab import daemon
from lab.hosts import base_image, leftovers, operators, process
from lab.hosts.folder import HostsFolder
from lab.hosts.life import Life, State
from lab.net.kernel import inside
from lab.openstack import keystone, regions, template
from lab.openstack.environment import alone
from lab.openstack.spec import RegionSpec, specs
from lab.params import LabParams
from lab.real import process as real
from tests.lab.hosts.conftest import KEY
from tests.waiting import until

pytestmark = pytest.mark.slow
REPOSITORY = Path(__file__).parents[2]
USER_DATA = b"#cloud-config\nwrite_files: [{path: /etc/greeting, content: hello}]\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The region with all that a server needs, and this machine's guests."""

    cloud: Connection
    life: Life
    spec: RegionSpec
    image: str
    flavours: tuple[str, str]
    network: str

    def server(self, **told: object) -> str:
        usual = {
            "name": "portal",
            "flavor_id": self.flavours[0],
            "image_id": self.image,
            "key_name": "ops",
            "availability_zone": self.spec.zones[0],
            "networks": [{"uuid": self.network}],
            "user_data": base64.b64encode(USER_DATA).decode(),
        }
        return str(self.cloud.compute.create_server(**usual | told).id)

    def status(self, server: str) -> str:
        found = self.cloud.compute.get_server(server)
        return str(found.status) if found.task_state is None else f"{found.status} ({found.task_state})"

    def becomes(self, server: str, status: str, state: State) -> None:
        until(lambda: self.status(server) == status)
        assert self.life.state(server) is state

    def first(self, server: str) -> int | None:
        return self.life.groups.first(self.life.home.of(server).name)

    def has_booted(self, server: str) -> None:
        """Returns once it took what the cloud gives it: its files come last."""
        until(lambda: self.run(server, "sh", "-c", "cat /etc/greeting 2>/dev/null || true") == "hello")

    def restarts(self, server: str, act: Callable[[], object]) -> None:
        """Returns once another process 1 runs, and Nova has done."""
        before = self.first(server)
        act()
        until(lambda: self.first(server) not in {before, None})
        self.becomes(server, "ACTIVE", State.RUNNING)

    def run(self, server: str, *command: str) -> str:
        argv = ["nsenter", f"--target={self.first(server)}", "--all", "--wd=/", *command]
        return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.strip()

    def volume(self, **told: object) -> str:
        made = self.cloud.block_storage.create_volume(name="data", size=1, **told)
        self.volume_becomes(made.id, "available")
        return str(made.id)

    def volume_becomes(self, volume: str, status: str) -> None:
        until(lambda: self.cloud.block_storage.get_volume(volume).status == status)


@pytest.fixture(scope="module")
def params(lab_params: LabParams) -> LabParams:
    """A lab beside that of the other long tests."""
    return LabParams(
        name="soak-hosts",
        root=lab_params.root.with_name("lab-hosts"),
        base_port=28_100,
        base_address=IPv4Address("127.118.0.0"),
        hosts=True,
    )


def up(params: LabParams, city: City) -> None:
    process.up(params, print)
    regions.start(params, specs(params, city)[:1], print)


def down(params: LabParams) -> None:
    regions.down(params)
    process.down(params)


@pytest.fixture(scope="module")
def world(params: LabParams, example_city: City) -> Iterator[World]:
    with alone(params.root.with_name(".lab-hosts.tests")):
        down(params)
        real.remove(params.root)
        params.claim()
        up(params, example_city)
        spec = specs(params, example_city)[0]
        with keystone.connect(spec, template.password(spec, keystone.ADMIN)) as cloud:
            yield _furnished(cloud, spec, Life(HostsFolder(params)))
        down(params)


def upload(cloud: Connection, file: Path) -> str:
    """The id of an image with the bytes of that file."""
    made = cloud.image.create_image(file.stem, disk_format="raw", container_format="bare", data=file.read_bytes())
    return str(made.id)


def _furnished(cloud: Connection, spec: RegionSpec, life: Life) -> World:
    image = upload(cloud, base_image.provide(print))
    network = cloud.network.create_network(name="n")
    cloud.network.create_subnet(network_id=network.id, cidr="10.9.0.0/24", ip_version=4, dns_nameservers=["10.9.0.53"])
    cloud.compute.create_keypair(name="ops", public_key=KEY)
    small = cloud.compute.create_flavor(name="small", ram=256, vcpus=1, disk=1)
    large = cloud.compute.create_flavor(name="large", ram=512, vcpus=1, disk=2)
    return World(cloud=cloud, life=life, spec=spec, image=image, flavours=(small.id, large.id), network=network.id)


@pytest.fixture
def portal(world: World) -> Iterator[str]:
    made = world.server()
    world.becomes(made, "ACTIVE", State.RUNNING)
    yield made
    world.cloud.compute.delete_server(made)
    until(lambda: world.cloud.compute.find_server(made) is None)
    assert not world.life.home.of(made).path.exists()
    assert leftovers.find(world.life) == []


def test_a_server_is_a_guest_with_what_the_cloud_gives_it(world: World, portal: str) -> None:
    world.has_booted(portal)
    assert "BEGIN SSH HOST KEY KEYS" in world.cloud.compute.get_server_console_output(portal)["output"]
    assert world.run(portal, "hostname") == "portal"
    assert world.run(portal, "cat", "/etc/greeting", "/etc/resolv.conf") == "hellonameserver 10.9.0.53"
    own = operators.public(world.life.home.params).strip()
    assert world.run(portal, "cat", "/root/.ssh/authorized_keys").splitlines() == [KEY, own]
    told = json.loads(world.run(portal, "cat", "/run/config-drive/openstack/latest/meta_data.json"))
    assert (told["uuid"], told["name"], told["availability_zone"]) == (portal, "portal", world.spec.zones[0])


def test_what_nova_is_asked_the_guest_does(world: World, portal: str) -> None:
    nova = world.cloud.compute
    steps: tuple[tuple[Callable[[str], object], str, State], ...] = (
        (nova.pause_server, "PAUSED", State.PAUSED),
        (nova.unpause_server, "ACTIVE", State.RUNNING),
        (nova.stop_server, "SHUTOFF", State.STOPPED),
        (nova.start_server, "ACTIVE", State.RUNNING),
    )
    for act, status, state in steps:
        act(portal)
        world.becomes(portal, status, state)
    for kind in ("SOFT", "HARD"):
        world.restarts(portal, partial(nova.reboot_server, portal, kind))


def test_a_guest_that_dies_by_itself_is_shut_off_for_nova_within_five_seconds(world: World, portal: str) -> None:
    first = world.first(portal)
    assert first is not None
    os.kill(first, signal.SIGKILL)
    until(lambda: world.status(portal) == "SHUTOFF", patience_s=5)
    world.cloud.compute.start_server(portal)
    world.becomes(portal, "ACTIVE", State.RUNNING)


def test_a_resize_is_taken_back_or_kept(world: World, portal: str) -> None:
    nova = world.cloud.compute
    world.has_booted(portal)
    for end, memory in ((nova.revert_server_resize, 256), (nova.confirm_server_resize, 512)):
        nova.resize_server(portal, world.flavours[1])
        world.becomes(portal, "VERIFY_RESIZE", State.RUNNING)
        end(portal)
        world.becomes(portal, "ACTIVE", State.RUNNING)
        kept = world.life.home.of(portal).kept()
        assert kept is not None and kept.memory_mb == memory
        assert world.run(portal, "cat", "/etc/greeting") == "hello"


def test_a_volume_outlives_its_server_and_moves(world: World, portal: str) -> None:
    nova, data = world.cloud.compute, world.volume(metadata={"mount": "/srv/data"})
    nova.create_volume_attachment(portal, volume_id=data)
    world.volume_becomes(data, "in-use")
    world.run(portal, "sh", "-c", "echo rows >/srv/data/table; echo gone >/var/own")
    world.restarts(portal, lambda: nova.rebuild_server(portal, image=world.image))
    assert world.run(portal, "sh", "-c", "cat /srv/data/table; ls /var/own 2>&1 | grep -c cannot") == "rows\n1"
    nova.delete_volume_attachment(server=portal, volume=data)
    world.volume_becomes(data, "available")
    assert "/srv/data" not in world.run(portal, "cat", "/proc/mounts")
    world.cloud.block_storage.extend_volume(data, 2)
    until(lambda: world.cloud.block_storage.get_volume(data).size == 2)
    world.volume_becomes(data, "available")
    other = world.server(name="other")
    world.becomes(other, "ACTIVE", State.RUNNING)
    nova.create_volume_attachment(other, volume_id=data)
    world.volume_becomes(data, "in-use")
    assert world.run(other, "cat", "/srv/data/table") == "rows"
    assert int(world.run(other, "df", "--output=size", "-BM", "/srv/data").split()[-1][:-1]) > 1900
    nova.delete_server(other)
    world.volume_becomes(data, "available")
    world.cloud.block_storage.delete_volume(data)
    until(lambda: not world.life.home.volume(world.spec.name, data).exists())


def test_an_image_without_a_machine_in_it_is_an_error_that_says_so(world: World) -> None:
    made = world.server(image_id=upload(world.cloud, REPOSITORY / "cities/example/images/base.raw"))
    until(lambda: world.status(made) == "ERROR")
    assert "its bytes hold no file system" in world.cloud.compute.get_server(made).fault["message"]
    world.cloud.compute.delete_server(made)
    until(lambda: world.cloud.compute.find_server(made) is None)
    assert not world.life.home.of(made).path.exists()


def test_who_answers_for_guests_may_be_killed_under_a_request_of_novas(world: World, params: LabParams) -> None:
    made = world.server()
    until(world.life.home.of(made).path.exists)
    daemon.kill([params.pid_file("hosts")])
    process.up(params, print)
    world.becomes(made, "ACTIVE", State.RUNNING)
    world.cloud.compute.delete_server(made)
    daemon.kill([params.pid_file("hosts")])
    process.up(params, print)
    until(lambda: world.cloud.compute.find_server(made) is None)
    assert leftovers.find(world.life) == []


def test_down_and_up_bring_every_guest_back_with_its_disk(
    world: World, portal: str, params: LabParams, example_city: City
) -> None:
    world.has_booted(portal)
    world.run(portal, "sh", "-c", "echo written >/var/mine")
    down(params)
    assert leftovers.find(world.life) == []
    assert world.life.state(portal) is State.STOPPED
    up(params, example_city)
    world.becomes(portal, "ACTIVE", State.RUNNING)
    assert world.run(portal, "cat", "/var/mine") == "written"


def test_operators_run_on_a_server_by_what_nova_records_of_it(world: World) -> None:
    """Its service, its address, and the host key on its console; the lab's own key opens it."""
    made = world.server(metadata={"service": "portal"})
    try:
        world.becomes(made, "ACTIVE", State.RUNNING)
        world.has_booted(made)
        (found,) = hosts("here", lambda: world.cloud, "portal")
        assert isinstance(found, Host), found
        assert (found.name, str(found.address).rpartition(".")[0]) == ("portal", "10.9.0")
        assert hosts("here", lambda: world.cloud, "wiki") == ()

        def dial(host: Host) -> socket.socket:
            """No network is below this region: its own loopback leads to its sshd."""
            with inside(world.life.home.of(made).name):
                return socket.create_connection(("127.0.0.1", host.port), 10)

        params = world.life.home.params
        access = Access(user="root", identity=operators.private(params))
        done = run(found, access, ["cat", "/etc/greeting"], dial)
        assert done.ran is not None and (done.ran.exit, done.ran.stdout) == (0, "hello"), done.outcome
        world.cloud.compute.stop_server(made)
        world.becomes(made, "SHUTOFF", State.STOPPED)
        (off,) = hosts("here", lambda: world.cloud, "portal")
        assert isinstance(off, Unreached) and "SHUTOFF" in off.reason
    finally:
        world.cloud.compute.delete_server(made)
        until(lambda: world.cloud.compute.find_server(made) is None)
