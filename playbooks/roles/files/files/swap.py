"""Puts a restored copy in the place of a volume's files, and the other way round; killed at any moment, it goes on.

A volume holds its files, and in FOLDER what is known of their copies: the files that `come` from one, and those that
were there `before` it, or `after` it where somebody went back. First every file goes out, then those of the copy come
in; which of the two is under way, the state says, which is written before the first file moves.
"""

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = ".files"
STAYS = frozenset({FOLDER, "lost+found", "vault", "drills"})
"""Of a volume: no files of a service. The copies in a vault and the journals of drills belong to the site: a drill that
moves the service which keeps its journal must find the journal where it was."""


@dataclass(frozen=True)
class Place:
    """A mounted volume."""

    volume: Path

    @property
    def folder(self) -> Path:
        return self.volume / FOLDER

    @property
    def coming(self) -> Path:
        return self.folder / "coming"

    @property
    def before(self) -> Path:
        return self.folder / "before"

    @property
    def after(self) -> Path:
        return self.folder / "after"

    def known(self) -> dict[str, Any]:
        """The state; empty where nobody wrote any."""
        try:
            found = json.loads((self.folder / "state.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        return found if isinstance(found, dict) else {}

    def note(self, **news: object) -> dict[str, Any]:
        """The state with these besides, on the disk."""
        self.folder.mkdir(mode=0o700, exist_ok=True)
        told, partial = {**self.known(), **news}, self.folder / "state.partial"
        with partial.open("w", encoding="utf-8") as file:
            json.dump(told, file)
            file.flush()
            os.fsync(file.fileno())
        partial.rename(self.folder / "state.json")
        return told

    @property
    def restored(self) -> Path:
        """Where restic puts the files of the volume: each below its whole path."""
        return self.coming / self.volume.relative_to("/")

    def clear(self) -> None:
        """Room for a copy: nothing of an earlier one is left, nor what was there before that."""
        self.note(staged=None, brought=None)
        for left in (self.coming, self.before, self.after):
            shutil.rmtree(left, ignore_errors=True)
            left.mkdir(mode=0o700, parents=True)

    def moves(self) -> bool:
        """Whether a swap moves anything: neither the volume nor the copy may hold a file."""
        folders = (one for one in (self.volume, self.restored) if one.is_dir())
        return any(entry.name not in STAYS for folder in folders for entry in folder.iterdir())

    def swap(self, **then: object) -> None:
        """The restored files become those of the volume; these are kept as those of before. `then` is the news."""
        self.note(phase="swap out", then=then)
        self.finish()

    def back(self, **then: object) -> None:
        """The files of before are those of the volume again."""
        self.note(phase="back out", then=then)
        self.finish()

    def finish(self) -> None:
        """What is under way, whoever began it and was killed over it."""
        known = self.known()
        way, _, phase = str(known.get("phase", "")).partition(" ")
        if not way:
            return
        aside, source = (self.before, self.restored) if way == "swap" else (self.after, self.before)
        if phase == "out":
            aside.mkdir(mode=0o700, exist_ok=True)
            _move(self.volume, aside)
            self.note(phase=f"{way} in")
        if source.exists():
            _move(source, self.volume)
        os.sync()
        self.note(**known["then"], phase="", then={})


def _move(source: Path, target: Path) -> None:
    for entry in sorted(source.iterdir()):
        if entry.name not in STAYS:
            entry.rename(target / entry.name)
