"""Images: the bytes that a cloud starts servers from, and whether a file holds what is declared of it."""

from pathlib import Path
from urllib.parse import urlsplit

from city.digest import sha256
from city.load.kinds import SHA256, TEXT, one_of, whole_quantity
from city.load.record import Record
from city.model.offer import Image

_DISK_FORMATS = ("raw", "qcow2")
_QCOW2, _QCOW2_HEAD = b"QFI\xfb", 32
"""QEMU's docs/interop/qcow2.txt: the magic, and at bytes 24 to 31 the size of the disk, big-endian."""
_GB = 2**30
"""As OpenStack counts: Glance's min_disk and a flavour's disk are GiB."""


def read_image(record: Record, folder: Path | None) -> Image:
    """From the record of one image. A file of the folder, where there is one, must be what it is declared to be."""
    image = Image(
        id=record.name,
        url=record.get("url", TEXT),
        sha256=record.get("sha256", SHA256),
        disk_format=record.get("disk_format", one_of(*_DISK_FORMATS)),
        min_disk_gb=record.get("min_disk", whole_quantity(0, 65_536, "GB")),
    )
    if folder is not None and record.is_good("url", "sha256"):
        _check_image(image, record, folder)
    return image


def _check_image(image: Image, record: Record, folder: Path) -> None:
    scheme, _, place = image.url.partition(":")
    if scheme == "https":
        _check_address(image, record)
        return
    path = (folder / place).resolve()
    if scheme != "file" or not path.is_relative_to(folder.resolve()) or not _is_file(path):
        problem = f"url {image.url!r} is no file of the city's folder"
        record.defect("url", problem, "Write file:images/NAME, or https://... for one that is fetched.")
    elif (found := sha256(path)) != image.sha256:
        record.defect("sha256", f"the digest of {place} is {found}", "Put the right file there, or this digest here.")
    elif record.is_good("disk_format", "min_disk"):
        _check_disk(image, record, path)


def _check_disk(image: Image, record: Record, path: Path) -> None:
    """What its first bytes say: of another format nothing boots, and a larger disk fits no server that it is let on."""
    with path.open("rb") as file:
        head = file.read(_QCOW2_HEAD)
    found = "qcow2" if head.startswith(_QCOW2) else "raw"
    if found != image.disk_format:
        problem = f"{path.name} is {found}, and not {image.disk_format}"
        record.defect("disk_format", problem, f"Write `disk_format: {found}`, or put the right file there.")
        return
    size = int.from_bytes(head[24:32]) if found == "qcow2" else path.stat().st_size
    needed = -(-size // _GB)
    if needed > image.min_disk_gb:
        problem = f"{path.name} is a disk of {needed} GB, and min_disk says {image.min_disk_gb} GB"
        record.defect("min_disk", problem, f"Write `min_disk: {needed} GB`.")


def _check_address(image: Image, record: Record) -> None:
    try:
        parts = urlsplit(image.url)
        good = image.url.isascii() and " " not in image.url and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if not good:
        record.defect("url", f"url {image.url!r} is no address", "Write https://HOST/PATH, odd characters as %XX.")
    elif "@" in parts.netloc:
        record.defect("url", "url holds a name or password", "Remove it: this file is public.")


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name too long to be one
        return False
