"""An image is its bytes: those that Glance holds under the digest that Glance states, and a file system is in them."""

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

from city.errors import Failed, InvalidInput
from lab.hosts.guest import Image

_SIGNS = ((0, b"hsqs", "squashfs"), (1024 + 56, b"\x53\xef", "ext4"))
"""Where the kernel's own drivers look: squashfs_fs.h (SQUASHFS_MAGIC), ext4.h (s_magic of the superblock at 1024)."""
_LONGEST_SIGN = 1024 + 64


def file_system(file: Path) -> str | None:
    """Which file system the bytes hold; None where they hold none that a guest can start from."""
    with file.open("rb") as bytes_:
        begin = bytes_.read(_LONGEST_SIGN)
    return next((kind for at, sign, kind in _SIGNS if begin[at : at + len(sign)] == sign), None)


def fetch(glance_file: Path, image: Image, images: Path) -> Path:
    """The image by its digest, from Glance's store by a hard link: no second copy, and it outlives its deletion there.

    Raises InvalidInput where the bytes are not those that Glance states, or hold no file system.
    """
    kept = images / image.digest
    if kept.exists():
        return kept
    partial = images / f"{image.digest}.new"
    partial.unlink(missing_ok=True)
    try:
        os.link(glance_file, partial)
    except FileNotFoundError:
        raise Failed(f"image {image.id}", "Glance's store has no such file", "Upload the image again.") from None
    _check(partial, image)
    partial.replace(kept)
    return kept


def _check(file: Path, image: Image) -> None:
    with file.open("rb") as bytes_:
        found = hashlib.file_digest(bytes_, image.algorithm).hexdigest()
    remedy = "Declare an image whose bytes are a file system (squashfs or ext4) with systemd in it."
    if found != image.digest:
        file.unlink()
        raise InvalidInput(
            f"image {image.id}", f"its bytes are not those that Glance states ({image.algorithm} {found})", remedy
        )
    if file_system(file) is None:
        file.unlink()
        raise InvalidInput(
            f"image {image.id}", "its bytes hold no file system, so that no host can start from it", remedy
        )


def forget_unused(images: Path, used: Iterable[str]) -> None:
    """Remove those that no guest has; what is half made goes as well."""
    wanted = set(used)
    for file in images.iterdir():
        if file.name not in wanted:
            file.unlink()
