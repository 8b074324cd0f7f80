"""A socket in a folder of the lab's, for its owner alone, however long the folder's path is."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def listening(folder: Path, name: str) -> socket.socket:
    """It appears under its name once it listens; 0600, and the owner's of the folder, whoever runs this."""
    unready, owner = folder / f"{name}.new", folder.stat()
    unready.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    with short(folder) as reached:
        listener.bind(str(reached / unready.name))
    unready.chmod(0o600)
    os.chown(unready, owner.st_uid, owner.st_gid)
    listener.listen()
    unready.replace(folder / name)
    return listener


@contextmanager
def short(folder: Path) -> Iterator[Path]:
    """A path of the folder that fits into a socket's address (unix(7): 108 bytes)."""
    handle = os.open(folder, os.O_PATH | os.O_DIRECTORY)
    try:
        yield Path(f"/proc/self/fd/{handle}")
    finally:
        os.close(handle)
