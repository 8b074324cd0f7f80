"""Where drills are kept: for each its plan, the city's data as it was, and its journal.

Where a host of the recovery site keeps them (drs.drill.custodian), what lies here is a copy of what is there.
"""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from errno import EEXIST, ENOTEMPTY
from fcntl import LOCK_EX, LOCK_NB, flock
from itertools import count
from pathlib import Path
from socket import gethostname

from city.errors import AstyError, Failed, InvalidInput, Refused
from drs.drill.custodian import JOURNAL_STANDS, Custodian, Shelf
from drs.drill.journal import Journal
from drs.drill.memory import Memory
from drs.drill.plan import Plan

_HIDDEN = shutil.ignore_patterns(".*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One drill in its folder; `memory` is the folder in which this machine remembers how far each has come."""

    folder: Path
    memory: Path
    custodian: Custodian | None = None

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def city(self) -> Path:
        """A copy of the city's data of the day on which the drill was opened."""
        return self.folder / "city"

    def journal(self) -> Journal:
        """Its journal as it stands. Raises Tampered, Forgotten, and InvalidInput for a plan that cannot be read."""
        return self._read(None)

    def shared(self) -> Journal:
        """As `journal`, as the host of the recovery site has it, where one keeps it: what is added here is added there.

        Raises Astray as well, and Refused where another machine conducts while we mean to.
        """
        return self._read(self.custodian.of(self.name, self.folder) if self.custodian else None)

    def _read(self, shelf: Shelf | None) -> Journal:
        plan = self._plan()
        known = shelf if JOURNAL_STANDS in plan.by_id else None
        journal = Journal(self.folder / "journal.jsonl", plan, Memory(self.memory / self.name), known)
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

    `memory` is on the operator's machine, and `root` is too where there is a `custodian`; else it is at the recovery
    site.
    """

    root: Path
    memory: Path
    custodian: Custodian | None = None

    def meet(self) -> None:
        """Have the same drills here and at the recovery site. Raises Failed where its host cannot be reached.

        Of a drill that cannot be read, whoever asks for it is told.
        """
        if self.custodian is None:
            return
        there = self.custodian.drills()
        for name in there:
            if not (self.root / name).exists():
                self._take(self.custodian, name)
        for kept in self.every():
            with suppress(AstyError):
                if kept.journal().taken != there.get(kept.name):
                    kept.shared().meet()

    def _take(self, custodian: Custodian, name: str) -> None:
        partial = self.root / f".{name}.{os.getpid()}"
        partial.mkdir(mode=0o700, parents=True)
        custodian.made(name, partial)
        with suppress(OSError):  # another command here was faster
            partial.rename(self.root / name)

    def make(self, plan: Plan, city: Path, at: datetime) -> Kept:
        """A new drill's folder (0700). It appears whole or not at all. Raises Refused where the recovery site's host
        keeps another of its name."""
        name = f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}-{plan.mode}"
        partial = self.root / f".{name}.{os.getpid()}"
        partial.mkdir(mode=0o700, parents=True)
        shutil.copytree(city, partial / "city", ignore=_HIDDEN, ignore_dangling_symlinks=True)
        told = json.dumps(plan.as_json(), ensure_ascii=False, indent=1) + "\n"
        (partial / "plan.json").write_text(told, encoding="utf-8")
        kept = self._kept(self._placed(partial, name))
        try:
            if self.custodian:
                self.custodian.bring(kept.name, kept.folder)
        except Failed:
            pass  # it is brought with the first line that can be
        except Refused:
            shutil.rmtree(kept.folder)
            raise
        return kept

    def _placed(self, partial: Path, name: str) -> Path:
        """Under its name, or where another drill has that one, under the first free `NAME-2`, `NAME-3`, ..."""
        for number in count(1):
            folder = self.root / (name if number == 1 else f"{name}-{number}")
            try:
                partial.rename(folder)  # a folder is never put in the place of one that holds anything
            except OSError as error:
                if error.errno not in {EEXIST, ENOTEMPTY}:
                    raise
            else:
                return folder
        raise AssertionError

    def every(self) -> Iterator[Kept]:
        """The oldest first."""
        folders = sorted(self.root.glob("[!.]*/plan.json")) if self.root.is_dir() else []
        return (self._kept(file.parent) for file in folders)

    def _kept(self, folder: Path) -> Kept:
        return Kept(folder=folder, memory=self.memory, custodian=self.custodian)

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
    def conducting(self) -> Iterator["Drills"]:
        """Holds the lease, and gives the drills as its holder has them: one process conducts at a time, here and on
        every machine. The kernel, and the host of the recovery site, give it back when the process ends.

        Raises Refused, naming who holds it.
        """
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        who = f"process {os.getpid()} on {gethostname()}, since {datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ},"
        with ExitStack() as held, (self.root / "conducting.lock").open("a+", encoding="utf-8") as file:
            try:
                flock(file, LOCK_EX | LOCK_NB)
            except BlockingIOError as error:
                file.seek(0)
                holder = file.read().strip() or "another process"
                remedy = "Follow it with `asty drill status`; to take over, end that process first."
                raise Refused("drills", f"{holder} conducts one now", remedy) from error
            file.truncate(0)
            file.write(who)
            file.flush()
            yield replace(
                self, custodian=held.enter_context(self.custodian.conducting(who)) if self.custodian else None
            )
