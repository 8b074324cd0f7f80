"""Where drills are kept, at the recovery site: for each its plan, the city's data as it was, and its journal."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path

from city.errors import InvalidInput, Refused
from drs.drill.journal import Journal
from drs.drill.memory import Memory
from drs.drill.plan import Plan

_HIDDEN = shutil.ignore_patterns(".*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One drill in its folder; `memory` is the folder in which this machine remembers how far each has come."""

    folder: Path
    memory: Path

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def city(self) -> Path:
        """A copy of the city's data of the day on which the drill was opened."""
        return self.folder / "city"

    def journal(self) -> Journal:
        """Its journal as it stands. Raises Tampered, Forgotten, and InvalidInput for a plan that cannot be read."""
        journal = Journal(self.folder / "journal.jsonl", self._plan(), Memory(self.memory / self.name))
        journal.refresh()
        return journal

    def _plan(self) -> Plan:
        file = self.folder / "plan.json"
        try:
            return Plan.from_json(json.loads(file.read_text(encoding="utf-8")))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InvalidInput(str(file), f"it cannot be read ({error})", "Take it back from its copy.") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Drills:
    """All drills, in folders under `root` that are named after the moment at which each was opened.

    `root` is at the recovery site, `memory` on the operator's machine.
    """

    root: Path
    memory: Path

    def make(self, plan: Plan, city: Path, at: datetime) -> Kept:
        """A new drill's folder (0700). It appears whole or not at all."""
        name = f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}-{plan.mode}"
        partial = self.root / f".{name}.{os.getpid()}"
        partial.mkdir(mode=0o700, parents=True)
        shutil.copytree(city, partial / "city", ignore=_HIDDEN, ignore_dangling_symlinks=True)
        told = json.dumps(plan.as_json(), ensure_ascii=False, indent=1) + "\n"
        (partial / "plan.json").write_text(told, encoding="utf-8")
        partial.rename(self.root / name)
        return self._kept(self.root / name)

    def every(self) -> Iterator[Kept]:
        """The oldest first."""
        folders = sorted(self.root.glob("[!.]*/plan.json")) if self.root.is_dir() else []
        return (self._kept(file.parent) for file in folders)

    def _kept(self, folder: Path) -> Kept:
        return Kept(folder=folder, memory=self.memory)

    def find(self, name: str | None) -> Kept:
        """The drill of that name, or the latest one. Raises InvalidInput where there is none."""
        known = {kept.name: kept for kept in self.every()}
        if not known:
            raise InvalidInput("drills", "none was ever begun here", "Begin one with `asty drill run`.")
        if name is None:
            return list(known.values())[-1]
        if name not in known:
            raise InvalidInput(f"drill {name}", "it is not here", f"Known are: {', '.join(known)}.")
        return known[name]

    @contextmanager
    def conducting(self) -> Iterator[None]:
        """Holds the lease: one process conducts a drill at a time. The kernel gives it back when the process ends.

        Raises Refused, naming who holds it.
        """
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self.root / "conducting.lock").open("a+", encoding="utf-8") as file:
            try:
                flock(file, LOCK_EX | LOCK_NB)
            except BlockingIOError as error:
                file.seek(0)
                holder = file.read().strip() or "another process"
                remedy = "Follow it with `asty drill status`; to take over, end that process first."
                raise Refused("drills", f"{holder} conducts one now", remedy) from error
            file.truncate(0)
            file.write(f"process {os.getpid()}, since {datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ},")
            file.flush()
            yield
