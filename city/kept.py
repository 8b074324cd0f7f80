"""A city's data, known again by their content, and copies of them: what was declared can be read again later."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

_READ = frozenset({".yaml", ".csv", ".geojson"})
IMAGES = "images"


def fingerprint_of(folder: Path) -> str:
    """SHA-256 over names and contents of the data files; images are in it by the digests that platform.yaml gives."""
    found = hashlib.sha256()
    for path in data_files(folder):
        content = path.read_bytes()
        found.update(os.fsencode(path.name) + f"\0{len(content)}\0".encode())
        found.update(content)
    return found.hexdigest()


def keep(folder: Path, expected: str, where: Path) -> bool:
    """Copies the city's data to `where/FINGERPRINT`, once, whole or not at all.

    False where the folder is no longer what has this fingerprint: then it is too late to copy it.
    """
    if (where / expected).is_dir():
        return True
    where.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=".copying-", dir=where))
    try:
        for path in data_files(folder):
            shutil.copy2(path, made / path.name)
        if fingerprint_of(made) != expected:
            return False
        if (folder / IMAGES).is_dir():
            shutil.copytree(folder / IMAGES, made / IMAGES, copy_function=_link)
        made.replace(where / expected)
    except FileExistsError:
        return True
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return True


def kept(expected: str, where: Path) -> Path | None:
    """The copy with this fingerprint; None where there is none, or the copy is no longer what it was."""
    folder = where / expected
    return folder if folder.is_dir() and fingerprint_of(folder) == expected else None


def data_files(folder: Path) -> Iterator[Path]:
    """Those that a city is read from, by name."""
    return iter(sorted(path for path in folder.iterdir() if path.suffix in _READ and path.is_file()))


def _link(source: str, target: str) -> None:
    """An image is large and its digest is declared: the copy is a second name of it where the disk allows."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
