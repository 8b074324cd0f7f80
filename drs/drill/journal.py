"""The journal of a drill: one line of JSON per entry, each with the digest of the line before it.

An entry is on the disk (fsync(2)) before `append` returns. A line that a power cut left half written is dropped by
the next who appends: nothing was done by it. Any other line that does not fit to its neighbour is not the drill's.
Several processes may append, one after the other: whoever appends has read what the others wrote.

Where a host of the recovery site keeps it (drs.drill.custodian), a line is on the disk there first, and the file here
is a copy. Without that host nothing is begun, until a person answers for going on alone; what was seen and said is
kept here meanwhile, and brought there later.
"""

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from fcntl import LOCK_EX, flock
from functools import reduce
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from city.disk import disk_trouble
from city.errors import Failed, NeedsPerson
from drs.drill.custodian import JOURNAL_STANDS, Behind, Shelf
from drs.drill.entry import Begun, Entry, Undoing, as_json, from_json
from drs.drill.known import Stage
from drs.drill.memory import Memory
from drs.drill.plan import Plan
from drs.drill.rules import Violation
from drs.drill.run import Run

START = "0" * 64
"""What stands in the first line for the line before."""


class Tampered(NeedsPerson):
    """A line of a journal is not what was written there."""


class Journal:
    """The drill of `plan` in a file that is its owner's alone (0600). `heads` are the digests of its lines.

    `shelf` is where a host of the recovery site keeps it; None where none does.
    """

    def __init__(self, path: Path, plan: Plan, memory: Memory | None = None, shelf: Shelf | None = None) -> None:
        self.path, self.run, self._memory, self._shelf = path, Run(plan=plan), memory, shelf
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
        if self._shelf and not self.alone:
            with suppress(Failed):  # what is here is all that is known
                self.meet()
        return self.run

    @property
    def alone(self) -> bool:
        """Whether a person answers for it that nobody keeps it but this machine."""
        return self.run.known(JOURNAL_STANDS).stage is Stage.OVERRIDDEN

    def meet(self) -> None:
        """Have the same here and at the recovery site. Raises Failed where its host cannot be reached, Astray."""
        with self._opened() as file:
            self._take(file)
            self._lay(file, ())

    def append(self, *entries: Entry) -> Run:
        """Write the entries; they are on the disk together, which takes as long as one alone. A power cut meanwhile may
        leave the first of them.

        Raises Violation where one must never be, Tampered, DiskTrouble; then nothing is written.
        """
        with self._opened() as file:
            self._take(file)
            lines = self._laid(file, entries)
            run = self._after(entries)
            self._write(file, b"".join(lines), self._taken)
            for entry, line in zip(entries, lines, strict=True):
                self._add(entry, line)
            if self._memory:
                self._memory.keep(self.heads)
        self.run = run
        return run

    def _after(self, entries: Sequence[Entry]) -> Run:
        return reduce(Run.after, entries, self.run)

    @contextmanager
    def _opened(self) -> Iterator[BinaryIO]:
        """The file, for ourselves alone."""
        try:
            with os.fdopen(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
                flock(file, LOCK_EX)
                yield file
        except OSError as error:
            raise disk_trouble(error) or error from error

    def _laid(self, file: BinaryIO, entries: Sequence[Entry]) -> list[bytes]:
        """The entries as lines; on the disk at the recovery site where they have to be before anything goes on."""
        self._after(entries)
        try:
            return self._lay(file, entries)
        except Failed:
            if any(isinstance(entry, Begun | Undoing) and entry.task != JOURNAL_STANDS for entry in entries):
                raise
            return self._lines(entries)

    def _lay(self, file: BinaryIO, entries: Sequence[Entry]) -> list[bytes]:
        """Each learns what only the other knows, until the entries are the next lines there as well."""
        while True:
            lines = self._lines(entries)
            if self._shelf is None or (entries and self.alone):
                return lines
            text = b"".join(lines).decode()
            told = self._shelf.append(self._taken, self.head, text)
            if not told or (text and not isinstance(told, Behind) and told.startswith(text)):
                return lines  # also where they were written before, and the answer was lost
            if isinstance(told, Behind):
                self._bring(file, self._shelf, told)
            else:
                self._copy(file, told)
            self._after(entries)

    def _bring(self, file: BinaryIO, shelf: Shelf, told: Behind) -> None:
        """What that host lacks. Raises Astray where what it has is not how our journal begins."""
        file.seek(0)
        ours = file.read(self._taken)
        begins = ours[: told.there].splitlines(keepends=True)
        if told.there >= self._taken or (digest(begins[-1]) if begins else START) != told.head:
            raise shelf.astray()
        shelf.append(told.there, told.head, ours[told.there :].decode())

    def _copy(self, file: BinaryIO, more: str) -> None:
        """What others wrote there, once each line is known to be the drill's."""
        at, lines = self._taken, more.encode().splitlines(keepends=True)
        for line in lines:
            self._follow(line)
        self._write(file, b"".join(lines), at)

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

    def _lines(self, entries: Sequence[Entry]) -> list[bytes]:
        """Each with the digest of the one before it."""
        lines, head = list[bytes](), self.head
        for entry in entries:
            told = json.dumps({**as_json(entry), "before": head}, ensure_ascii=False)
            lines.append(told.encode(errors="backslashreplace") + b"\n")
            head = digest(lines[-1])
        return lines

    def _write(self, file: BinaryIO, told: bytes, at: int) -> None:
        file.truncate(at)
        file.seek(at)
        try:
            file.write(told)
            file.flush()
            os.fsync(file.fileno())
        except OSError:
            with suppress(OSError):
                file.truncate(at)  # nobody may read what is not known to be kept
            raise
        if not at:
            _sync_folder(self.path.parent)


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
