"""Copies of a database and their log as files, and who restores them, on paper."""

import json
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.playbooks.files import Program

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
KEPT = timedelta(days=30)
HOUR = timedelta(hours=1)
MANIFEST = {"WAL-Ranges": [{"Timeline": 1, "Start-LSN": "0/5000028", "End-LSN": "0/5000100"}]}


def base(repository: Program, begun: datetime, manifest: object = MANIFEST) -> Path:
    folder: Path = repository.base(begun)
    folder.mkdir()
    (folder / "backup_manifest").write_text(json.dumps(manifest))
    return folder


class Live:
    """A database that holds one table."""

    database = "portal"

    def __init__(self) -> None:
        self.asked: list[str] = []

    def ask(self, statement: str) -> list[str]:
        self.asked.append(statement)
        return []

    def rows(self) -> tuple[str, dict[str, list[str]]]:
        return "0/5000028", {"public.marks": ["1", "5"]}


@contextmanager
def restorer(folder: Path, *answers: object) -> Iterator[list[bytes]]:
    """Whoever restores: answers each that asks with the next; what it was asked."""
    asked: list[bytes] = []

    def answer() -> None:
        for one in answers:
            line, _ = door.accept()
            with line:
                asked.append(line.recv(4096))
                line.sendall(one if isinstance(one, bytes) else json.dumps(one).encode())

    with socket.socket(socket.AF_UNIX) as door:
        door.bind(str(folder / "socket"))
        door.listen()
        thread = threading.Thread(target=answer)
        thread.start()
        yield asked
        thread.join()


def segment(repository: Program, number: int, at: datetime, form: str = ".gz") -> None:
    file = repository.log / f"{1:08X}{number >> 8:08X}{number & 0xFF:08X}{form}"
    file.write_bytes(b"log")
    os.utime(file, (at.timestamp(), at.timestamp()))


def made_at(repository: Program, begun: datetime, last: int) -> None:
    """A base copy that took a minute, began some segments before, and ends in that segment of the log."""
    end = f"{last >> 8:X}/{(last & 0xFF) << 24:X}"
    manifest = {"WAL-Ranges": [{"Timeline": 1, "Start-LSN": "0/1000028", "End-LSN": end}]}
    file = base(repository, begun, manifest) / "backup_manifest"
    ended = (begun + timedelta(minutes=1)).timestamp()
    os.utime(file, (ended, ended))
