"""Guests of a lab of their own: on this machine really, without OpenStack."""

import contextlib
import hashlib
import json
import os
import subprocess
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path, PurePosixPath

import pytest

from lab.hosts import base_image, leftovers, needs
from lab.hosts.folder import HostsFolder
from lab.hosts.guest import Guest, Image, Volume
from lab.hosts.life import Life
from lab.openstack.drivers import disk
from lab.openstack.environment import alone, cache_home
from lab.params import LabParams
from lab.real.packages import install
from tests.waiting import until

REGION = "RegionOne"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHRlc3RrZXl0ZXN0a2V5dGVzdGtleXRlc3RrZXl0ZXN0 olga@city"


@pytest.fixture
def params(tmp_path: Path) -> LabParams:
    """Of a lab that was never made; its mark is these tests' alone."""
    return LabParams(
        name="t", root=tmp_path / "lab", base_port=17_400, base_address=IPv4Address("127.122.0.0"), hosts=True
    )


@pytest.fixture
def home(params: LabParams) -> HostsFolder:
    found = HostsFolder(params)
    params.claim()
    found.make()
    return found


@pytest.fixture(scope="session")
def base() -> Path:
    """The base image, from the cache."""
    install((), print, needs.NEEDS, needs.__name__)
    return base_image.provide(print)


def in_glance(home: HostsFolder, bytes_of: Path) -> Image:
    """As Glance holds an image: by its id, with the digest that Glance states."""
    with bytes_of.open("rb") as file:
        image = Image(id=str(uuid.uuid4()), algorithm="sha256", digest=hashlib.file_digest(file, "sha256").hexdigest())
    place = home.glance_file(REGION, image)
    place.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(bytes_of, place)
    except OSError:  # another file system
        place.write_bytes(bytes_of.read_bytes())
    return image


def guest(image: Image, hostname: str = "web-1", user_data: str | None = None) -> Guest:
    drive = {"openstack/latest/meta_data.json": json.dumps({"hostname": hostname, "public_keys": {"ops": KEY}})}
    if user_data is not None:
        drive["openstack/latest/user_data"] = user_data
    return Guest(
        id=str(uuid.uuid4()),
        region=REGION,
        compute_host="c1",
        hostname=hostname,
        image=image,
        memory_mb=256,
        disk_gb=1,
        drive=drive,
        name_servers=("192.0.2.53",),
    )


def volume(home: HostsFolder, place: str = "/srv/data") -> Volume:
    """As Cinder makes one."""
    made = Volume(id=str(uuid.uuid4()), place=PurePosixPath(place))
    disk.make(home.volume(REGION, made.id), 1)
    return made


@dataclass
class Machine:
    """This machine, with the guests of one test on it."""

    life: Life
    image: Image

    def guest(self, **told: str) -> Guest:
        return guest(self.image, **told)

    def name(self, which: Guest) -> str:
        return self.life.home.of(which.id).name

    def run(self, which: Guest, *command: str) -> str:
        """What the command prints inside the guest. Raises CalledProcessError."""
        first = self.life.groups.first(self.name(which))
        argv = [
            "nsenter",
            f"--target={first}",
            "--mount",
            "--uts",
            "--ipc",
            "--net",
            "--pid",
            "--root",
            "--wd=/",
            *command,
        ]
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        if done.returncode:
            error = subprocess.CalledProcessError(done.returncode, argv, done.stdout, done.stderr)
            error.add_note(done.stderr)  # its sentence alone does not say why
            raise error
        return done.stdout.strip()

    def booted(self, which: Guest) -> None:
        """Returns once it has come up whole, first boot included."""
        argv = ("systemctl", "is-system-running", "--wait")
        until(lambda: self.life.groups.first(self.name(which)) is not None)
        until(lambda: self._answers(which, *argv))

    def _answers(self, which: Guest, *command: str) -> bool:
        try:
            return self.run(which, *command) == "running"
        except subprocess.CalledProcessError:
            return False


@contextlib.contextmanager
def machine_of(home: HostsFolder, image: Path) -> Iterator[Machine]:
    """This machine alone: what a run that was killed left of these guests goes first.

    Afterwards nothing of the guests is left, and nothing had to be removed for that.
    """
    with alone(cache_home() / "hosts" / "tests.lock"):
        found = Machine(Life(home), in_glance(home, image))
        leftovers.remove(found.life)
        try:
            yield found
        finally:
            for folder in list(home.all()):
                found.life.delete(folder.id)
            left = leftovers.remove(found.life)
        assert left == []


@pytest.fixture
def machine(home: HostsFolder, base: Path) -> Iterator[Machine]:
    with machine_of(home, base) as found:
        yield found
