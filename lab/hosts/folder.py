"""Where the hosts of a lab lie. All below LAB/hosts belongs to root, but for the socket, which is the lab's user's.

Nobody but that user and root gets into the lab's folder, so that what lies here is theirs alone to read.

    hosts/socket             where Nova's driver asks
    hosts/guests/ID/         a guest: guest.json, faults.json, disk.img, console.log, drive/ (for config), seed/, tree/
    hosts/images/DIGEST      an image of Glance's, by its bytes
    regions/REGION/volumes/ID.img    a volume, made by Cinder's driver

A guest has its folder before it has anything else, and until it has nothing else: so whatever of a guest is found on
the machine is found by its folder.
"""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lab.hosts.guest import Guest, Image
from lab.net import names
from lab.params import LabParams


@dataclass(frozen=True, slots=True)
class HostsFolder:
    """That of one lab."""

    params: LabParams

    @property
    def root(self) -> Path:
        return self.params.root / "hosts"

    @property
    def socket(self) -> Path:
        return self.params.hosts_socket

    @property
    def images(self) -> Path:
        return self.root / "images"

    @property
    def guests(self) -> Path:
        return self.root / "guests"

    def make(self) -> None:
        for folder in (self.root, self.images, self.guests):
            folder.mkdir(mode=0o755, parents=True, exist_ok=True)

    def of(self, guest_id: str) -> "GuestFolder":
        return GuestFolder(path=self.guests / guest_id, name=names.device(self.params, guest_id))

    def all(self) -> Iterator["GuestFolder"]:
        """Of every guest that was made, whole or in part."""
        for path in sorted(self.guests.glob("*-*-*-*-*")):
            yield self.of(path.name)

    def glance_file(self, region: str, image: Image) -> Path:
        return self.params.root / "regions" / region / "glance" / "images" / image.id

    def volume(self, region: str, volume_id: str) -> Path:
        return self.params.root / "regions" / region / "volumes" / f"{volume_id}.img"


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestFolder:
    """`name` is that of the guest's network namespace and control group."""

    path: Path
    name: str

    @property
    def id(self) -> str:
        return self.path.name

    @property
    def file(self) -> Path:
        return self.path / "guest.json"

    @property
    def disk(self) -> Path:
        return self.path / "disk.img"

    @property
    def faults(self) -> Path:
        """What of lab.hosts.befallen was begun here, by its kind."""
        return self.path / "faults.json"

    @property
    def console(self) -> Path:
        return self.path / "console.log"

    def keep(self, guest: Guest) -> None:
        """Remember what was asked for, in one step."""
        for folder in (self.path, self.path / "tree"):
            folder.mkdir(mode=0o755, exist_ok=True)
        partial = self.file.with_suffix(".new")
        partial.write_text(json.dumps(guest.as_json(), indent=1) + "\n", encoding="utf-8")
        partial.replace(self.file)

    def kept(self) -> Guest | None:
        try:
            return Guest.of(json.loads(self.file.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None

    def remove(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)
