"""What an operator's machine remembers of a drill, apart from its journal: how far the journal had come.

A journal that was taken back from an old copy is whole in itself; only who remembers more can tell. Whoever goes on
from it would do again what was done, so a person has to look first.
"""

import os
from collections.abc import Sequence
from pathlib import Path

from city.errors import NeedsPerson


class Forgotten(NeedsPerson):
    """A journal knows less than this machine remembers of it."""


class Memory:
    """In one small file: how many entries the journal had, and the digest of the last line."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def keep(self, heads: Sequence[str]) -> None:
        """Remember a journal by the digest of each of its lines. A kill leaves the memory as it was before or after."""
        self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        partial = self.file.with_name(f".{self.file.name}.{os.getpid()}")
        partial.write_text(f"{len(heads)} {heads[-1]}\n", encoding="ascii")
        partial.replace(self.file)

    def recall(self) -> tuple[int, str] | None:
        """How many entries there were, and the digest of the last; None where nothing is remembered."""
        try:
            count, head = self.file.read_text(encoding="ascii").split()
            return int(count), head
        except (OSError, ValueError):
            return None

    def compare(self, recalled: tuple[int, str] | None, heads: Sequence[str]) -> None:
        """Raises Forgotten where the journal is shorter than it was, or another. What is not remembered is no doubt.

        Recall before the journal is read: others may append meanwhile.
        """
        if recalled is None:
            return
        known, head = recalled
        if not 1 <= known <= len(heads):
            problem = f"its journal has {len(heads)} entries, and this machine has seen {known}"
        elif heads[known - 1] != head:
            problem = f"entry {known} of its journal is not the one that this machine has seen"
        else:
            return
        raise Forgotten(
            f"drill {self.file.name}",
            problem,
            f"Take the newest copy of the journal back; if there is none, remove {self.file} and answer for it.",
        )
