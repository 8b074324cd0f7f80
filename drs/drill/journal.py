"""The journal of a drill: one line of JSON per entry, each with the digest of the line before it.

An entry is on the disk (fsync(2)) before `append` returns. A line that a power cut left half written is dropped by
the next who appends: nothing was done by it. Any other line that does not fit to its neighbour is not the drill's.
Several processes may append, one after the other: whoever appends has read what the others wrote.
"""

import json
import os
from contextlib import suppress
from fcntl import LOCK_EX, flock
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from city.disk import disk_trouble
from city.errors import NeedsPerson
from drs.drill.entry import Entry, as_json, from_json
from drs.drill.memory import Memory
from drs.drill.plan import Plan
from drs.drill.rules import Violation
from drs.drill.run import Run

START = "0" * 64
"""What stands in the first line for the line before."""


class Tampered(NeedsPerson):
    """A line of a journal is not what was written there."""


class Journal:
    """The drill of `plan` in a file that is its owner's alone (0600). `heads` are the digests of its lines."""

    def __init__(self, path: Path, plan: Plan, memory: Memory | None = None) -> None:
        self.path, self.run, self._memory = path, Run(plan=plan), memory
        self.entries: list[Entry] = []
        self.heads: list[str] = []
        self.recalled: tuple[int, str] | None = None
        """How many lines this machine had seen before it read them now, and the digest of the last of these."""
        self._taken = 0

    @property
    def head(self) -> str:
        """The digest of the last line."""
        return self.heads[-1] if self.heads else START

    @property
    def taken(self) -> int:
        """How many bytes of the file are whole lines that were read."""
        return self._taken

    def refresh(self) -> Run:
        """The run with what others have written since. Raises Tampered, and Forgotten where this machine knows more."""
        self.recalled = self._memory.recall() if self._memory else None
        if self.path.exists():
            with self.path.open("rb") as file:
                self._take(file)
        if self._memory:
            self._memory.compare(self.recalled, self.heads)
        return self.run

    def append(self, entry: Entry) -> Run:
        """Write the entry. Raises Violation where it must never be, Tampered, DiskTrouble; then it is not written."""
        try:
            with os.fdopen(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
                flock(file, LOCK_EX)
                self._take(file)
                run = self.run.after(entry)
                self._write(file, entry)
                if self._memory:
                    self._memory.keep(self.heads)
        except OSError as error:
            raise disk_trouble(error) or error from error
        self.run = run
        return run

    def _take(self, file: BinaryIO) -> None:
        """Every whole line that was not taken yet."""
        file.seek(self._taken)
        for line in file:
            if not line.endswith(b"\n"):
                return
            self._follow(line)

    def _follow(self, line: bytes) -> None:
        number = len(self.entries) + 1
        try:
            entry = self._read(line)
            self.run = self.run.after(entry)
        except (ValueError, KeyError, TypeError, AttributeError, Violation) as error:
            raise Tampered(
                f"{self.path}:{number}",
                f"this line is not what the drill wrote ({getattr(error, 'problem', error)})",
                "Keep the file as evidence, and compare it with its copy.",
            ) from error
        self._add(entry, line)

    def _add(self, entry: Entry, line: bytes) -> None:
        self._taken += len(line)
        self.heads.append(digest(line))
        self.entries.append(entry)

    def _read(self, line: bytes) -> Entry:
        told = json.loads(line)
        if told.pop("before") != self.head:
            raise ValueError("it does not follow the line before it")
        return from_json(told)

    def _write(self, file: BinaryIO, entry: Entry) -> None:
        line = (
            json.dumps({**as_json(entry), "before": self.head}, ensure_ascii=False).encode(errors="backslashreplace")
            + b"\n"
        )
        file.truncate(self._taken)
        file.seek(self._taken)
        try:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
        except OSError:
            with suppress(OSError):
                file.truncate(self._taken)  # nobody may read what is not known to be kept
            raise
        if not self.entries:
            _sync_folder(self.path.parent)
        self._add(entry, line)


def digest(line: bytes) -> str:
    """SHA-256 of a line with its end, as the next line has it."""
    return sha256(line).hexdigest()


def _sync_folder(folder: Path) -> None:
    """So that the new file's name outlives a power cut as well."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
