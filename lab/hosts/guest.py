"""What Nova asks of a host: a server as the driver describes it. Checked where it comes in, for root works with it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Self

from city.errors import InvalidInput

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
_DIGEST = re.compile(r"[0-9a-f]{64,128}")
_PLACE = re.compile(r"(/(?!\.\.?(/|$))[A-Za-z0-9_.@-]+)+")
_DRIVE_FILE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*")
_REMEDY = "Ask Nova's driver of the lab what it sent."


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """`id` in Glance of the guest's region; `digest` is that of its bytes, by the algorithm that Glance names."""

    id: str
    algorithm: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """A volume of Cinder in the guest's region, and the folder of the guest where it appears."""

    id: str
    place: PurePosixPath

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Self:
        place = PurePosixPath(checked(told["place"], _PLACE, "a folder of a guest"))
        return cls(id=checked(told["id"], _ID, "a volume's id"), place=place)

    def as_json(self) -> dict[str, str]:
        return {"id": self.id, "place": str(self.place)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Guest:
    """A server of a region, at a compute host of Nova's. `drive` holds the files of its config drive.

    `name_servers` are those of its subnets.
    """

    id: str
    region: str
    compute_host: str
    hostname: str
    image: Image
    memory_mb: int
    disk_gb: int
    drive: Mapping[str, str]
    name_servers: tuple[str, ...] = ()
    volumes: tuple[Volume, ...] = ()

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Self:
        """Raises InvalidInput for what no guest can be."""
        try:
            return cls._of(told)
        except (KeyError, TypeError, ValueError) as error:
            raise InvalidInput("a guest", f"its description cannot be read ({error!r})", _REMEDY) from error

    @classmethod
    def _of(cls, told: Mapping[str, Any]) -> Self:
        image = told["image"]
        return cls(
            id=checked(told["id"], _ID, "a server's id"),
            region=checked(told["region"], _WORD, "a region"),
            compute_host=checked(told["compute_host"], _WORD, "a compute host"),
            hostname=checked(told["hostname"], _WORD, "a host's name"),
            image=Image(
                id=checked(image["id"], _ID, "an image's id"),
                algorithm=checked(image["algorithm"], _WORD, "an algorithm"),
                digest=checked(image["digest"], _DIGEST, "a digest"),
            ),
            memory_mb=max(32, int(told["memory_mb"])),
            disk_gb=max(1, int(told["disk_gb"])),
            drive={
                checked(file, _DRIVE_FILE, "a file of a config drive"): str(text)
                for file, text in told["drive"].items()
            },
            name_servers=tuple(map(str, told["name_servers"])),
            volumes=tuple(map(Volume.of, told["volumes"])),
        )

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "region": self.region,
            "compute_host": self.compute_host,
            "hostname": self.hostname,
            "image": {"id": self.image.id, "algorithm": self.image.algorithm, "digest": self.image.digest},
            "memory_mb": self.memory_mb,
            "disk_gb": self.disk_gb,
            "drive": dict(self.drive),
            "name_servers": list(self.name_servers),
            "volumes": [volume.as_json() for volume in self.volumes],
        }


def server_id(told: object) -> str:
    return checked(told, _ID, "a server's id")


def checked(told: object, form: re.Pattern[str], thing: str) -> str:
    """`told` where it has that form. Raises InvalidInput."""
    if not isinstance(told, str) or form.fullmatch(told) is None:
        raise InvalidInput(thing, f"{told!r} is none", _REMEDY)
    return told
