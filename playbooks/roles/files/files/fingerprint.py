"""What tells whether any file of a volume changed since, without reading one: names, kinds, owners, sizes and times.

The kernel notes of each change when it was (ctime), and no program can set that back. restic tells by the same whether
it has to read a file again. So files that have the fingerprint which they had before a copy of them was begun are all
in that copy.
"""

import hashlib
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from swap import STAYS  # type: ignore[import-not-found, unused-ignore]

_TAG, _SIGNED = "CACHEDIR.TAG", b"Signature: 8a477f597d28d172789f06886806bc55"
"""Of a folder that no copy has (https://bford.info/cachedir)."""


def fingerprint(volume: Path) -> str:
    """Of all that a copy of the volume has. What goes while it is looked at has never been there."""
    told = hashlib.sha256()
    for path, seen in _entries(volume):
        held = (seen.st_mode, seen.st_uid, seen.st_gid, seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns)
        told.update(f"{path!r} {held}\n".encode())
    return told.hexdigest()


def _entries(volume: Path) -> Iterator[tuple[str, os.stat_result]]:
    device, folders = volume.lstat().st_dev, [str(volume)]
    while folders:
        folder = folders.pop()
        for entry in _listed(folder):
            if folder == str(volume) and entry.name in STAYS:
                continue
            with suppress(FileNotFoundError):
                seen = entry.stat(follow_symlinks=False)
                if entry.is_dir(follow_symlinks=False):
                    if seen.st_dev != device or _is_cache(Path(entry)):
                        continue
                    folders.append(entry.path)
                yield entry.path, seen


def _listed(folder: str) -> list[os.DirEntry[str]]:
    with suppress(FileNotFoundError), os.scandir(folder) as entries:
        return sorted(entries, key=lambda one: one.name)
    return []


def _is_cache(folder: Path) -> bool:
    try:
        with (folder / _TAG).open("rb") as file:
            return file.read(len(_SIGNED)) == _SIGNED
    except OSError:
        return False
