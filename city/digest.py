"""The SHA-256 of files: read in pieces, and once in a process for as long as the file is the same."""

import hashlib
from functools import lru_cache
from pathlib import Path


def sha256(path: Path) -> str:
    """The digest in hexadecimal digits; raises OSError. Whoever changes the file, changes what it is known by."""
    seen = path.stat()
    return _sha256(path, seen.st_dev, seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns)


@lru_cache(maxsize=256)
def _sha256(path: Path, *_known_by: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
