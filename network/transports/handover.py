"""Secrets for another program, through a named pipe: read once, and never on a disk, whoever is killed when."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from errno import ENXIO
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path
from threading import Event, Thread

_LOOK_S = 0.05
_ALIVE = "alive"
"""Locked while the process lives that made the folder."""


@contextmanager
def handed_over(content: bytes, pipe: Path) -> Iterator[None]:
    """While this lasts, the first program that reads `pipe` gets `content`; nobody else does."""
    os.mkfifo(pipe, 0o600)
    over = Event()
    handing = Thread(target=_hand, args=(content, pipe, over), name="handover", daemon=True)
    handing.start()
    try:
        yield
    finally:
        over.set()
        handing.join()
        pipe.unlink(missing_ok=True)


def _hand(content: bytes, pipe: Path, over: Event) -> None:
    reader = _reader(pipe, over)
    if reader is None:
        return
    pipe.unlink(missing_ok=True)
    os.set_blocking(reader, True)
    with suppress(BrokenPipeError), os.fdopen(reader, "wb") as out:
        out.write(content)


def _reader(pipe: Path, over: Event) -> int | None:
    """The pipe, once somebody opened its other end; None where nobody did."""
    while not over.is_set():
        try:
            return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
        except OSError as error:
            if error.errno != ENXIO:
                raise
        over.wait(_LOOK_S)
    return None


@contextmanager
def private_folder(workspace: Path) -> Iterator[Path]:
    """A folder of mode 0700 for one run, gone afterwards; what runs that were killed left is removed first."""
    workspace.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (workspace / "ansible.lock").open("w", encoding="utf-8") as turn:
        flock(turn, LOCK_EX)
        _sweep(workspace)
        folder = Path(tempfile.mkdtemp(prefix="ansible-", dir=workspace))
        held = (folder / _ALIVE).open("w", encoding="utf-8")
        flock(held, LOCK_EX)
    with held:
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _sweep(workspace: Path) -> None:
    for folder in workspace.glob("ansible-*/"):
        if _is_left(folder / _ALIVE):
            shutil.rmtree(folder, ignore_errors=True)


def _is_left(alive: Path) -> bool:
    try:
        with alive.open("r", encoding="utf-8") as held:
            flock(held, LOCK_EX | LOCK_NB)
    except FileNotFoundError:
        return True
    except BlockingIOError:
        return False
    return True
