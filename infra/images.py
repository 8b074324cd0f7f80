"""Image files, by the digest of their bytes: nothing reaches a cloud unless its SHA-256 is the declared one."""

import os
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import AbstractContextManager
from http.client import HTTPException
from pathlib import Path
from typing import BinaryIO
from urllib.request import urlopen

from city.digest import sha256
from city.errors import Failed
from city.model.offer import Image

_TIMEOUT_S = 30


def cache(environ: Mapping[str, str]) -> Path:
    """Where verified images are kept between runs (XDG base directories)."""
    return Path(environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "asty" / "images"


def local_file(image: Image, city_folder: Path, kept: Path) -> Path:
    """A file under `kept` whose bytes have the image's digest, fetched if it is not yet there.

    Raises Failed where it cannot be had, or where its digest is another.
    """
    wanted = kept / image.sha256
    if not _is_there(wanted, image):
        kept.mkdir(parents=True, exist_ok=True)
        _fetch(image, city_folder, wanted)
    return wanted


def _is_there(wanted: Path, image: Image) -> bool:
    """Bytes that were kept are looked at again before they are used: a disk or a person may have changed them."""
    try:
        return sha256(wanted) == image.sha256
    except FileNotFoundError:
        return False


def _fetch(image: Image, city_folder: Path, wanted: Path) -> None:
    """Through a file of its own, so that a half-written one is never taken for the image."""
    descriptor, name = tempfile.mkstemp(dir=wanted.parent)
    part = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as kept, _open(image, city_folder) as source:
            shutil.copyfileobj(source, kept)
        _verify(image, part)
        part.replace(wanted)
    except (OSError, HTTPException, ValueError) as error:  # the last: an address that is none
        raise _failed(image, f"it cannot be read from {image.url} ({error})", "Mend its url") from error
    finally:
        part.unlink(missing_ok=True)


def _open(image: Image, city_folder: Path) -> AbstractContextManager[BinaryIO]:
    scheme, _, place = image.url.partition(":")
    if scheme == "file":
        return (city_folder / place).open("rb")
    if scheme != "https":
        raise _failed(image, f"its url begins with {scheme}:", "Use file: or https:")
    source: AbstractContextManager[BinaryIO] = urlopen(image.url, timeout=_TIMEOUT_S)  # noqa: S310 - https only, see above
    return source


def _verify(image: Image, path: Path) -> None:
    found = sha256(path)
    if found != image.sha256:
        raise _failed(image, f"its bytes have the SHA-256 {found}, not the declared one", "Find out who changed it")


def _failed(image: Image, problem: str, remedy: str) -> Failed:
    return Failed(f"image {image.id}", problem, f"{remedy}, in platform.yaml of the city.")
