"""The lab as an arena of chaos: a drill is conducted in it, and faults befall it."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from os import killpg

from asty import workers
from asty.drill_ground import CityGround, database_server
from asty.screen import Report
from asty.workspace import Workspace
from city.errors import AstyError
from city.model.city import City
from city.model.places import SiteRole
from drs.chaos.arena import Killed
from drs.chaos.draw import Strike
from drs.chaos.fault import Fault, Thing
from drs.drill.entry import Entry
from drs.drill.folder import Kept
from drs.drill.journal import Journal
from drs.drill.moves import Wait, moves
from drs.outside.marker import read
from drs.outside.measured import loss
from lab import faults
from lab.lab import Lab

_FOLLOWS_EVERY_S, _ENDS_WITHIN_S = 0.02, 30.0


def able(fault: Fault) -> bool:
    """Whether a lab can make it: nobody's clock can be moved alone."""
    return not fault.kind if fault.befalls is Thing.CONDUCTOR else fault.kind in faults.names()


@dataclass(kw_only=True)
class LabArena:
    """The drill of `kept`, in the lab of the workspace."""

    workspace: Workspace
    city: City
    kept: Kept
    lab: Lab
    ground: CityGround
    report: Report
    program: tuple[str, ...] = (sys.executable, "-m", "asty")

    def conduct(self, by: str, heard: Callable[[Entry | Wait], None]) -> None:
        command = ("drill", "resume", "--drill", self.kept.name, "--by", by)
        with (self.kept.folder / f"{by}.log").open("ab") as log:
            child = subprocess.Popen(  # noqa: S603 - our own program, words apart
                (*self.program, *workers.options(self.workspace), *command),
                cwd=self.workspace.project,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            self._follow(child, heard)
        except Killed:
            killpg(child.pid, signal.SIGKILL)
        finally:
            _ended(child)

    def _follow(self, child: "subprocess.Popen[bytes]", heard: Callable[[Entry | Wait], None]) -> None:
        """Until the process has ended, and all that it wrote was heard."""
        journal, known, waits, alive = self.journal(), 0, dict[str, Wait](), True
        known = len(journal.entries)
        while alive:
            alive = child.poll() is None
            run = journal.refresh()
            for entry in journal.entries[known:]:
                known += 1
                self.report(f"  {entry.by}: {type(entry).__name__.lower()} {getattr(entry, 'task', '')}")
                heard(entry)
            for move in moves(run, datetime.now(UTC)) if run.opened else ():
                if isinstance(move, Wait) and waits.get(move.task.id) != move:
                    waits[move.task.id] = move
                    heard(move)
            time.sleep(_FOLLOWS_EVERY_S)

    def journal(self) -> Journal:
        return self.kept.journal()

    def befall(self, strike: Strike) -> None:
        made = faults.Fault(kind=strike.fault.kind, targets=(self._target(strike),), **strike.options)  # type: ignore[arg-type]  # each by its fault's own words
        self.lab.fault(made, self.report)

    def clear(self, strike: Strike) -> None:
        self.lab.clear((self._target(strike),), self.report)

    def _target(self, strike: Strike) -> str:
        site = self.city.site_of(strike.role).id
        targets = {Thing.DATABASE: f"{database_server(strike.service)}:{site}", Thing.LINK: f"link:{site}"}
        return targets.get(strike.fault.befalls, site)

    def writable(self, service: str, role: SiteRole) -> bool | None:
        try:
            return self.ground.cluster(role, service).state().writable
        except AstyError:
            return None

    def lost(self, service: str) -> int | None:
        workload = self.city.service(service).workload
        if workload is None:
            return None
        fqdn = f"{workload.dns_name}.{self.city.dns_zone}"
        try:
            kept = self.ground.outside.tokens(fqdn, workload.port)
        except AstyError:
            return None
        return loss(read(self.kept.folder / "marks" / f"{service}.jsonl"), kept).records


def _ended(child: "subprocess.Popen[bytes]") -> None:
    """Whatever becomes of us, nobody goes on conducting."""
    if child.poll() is None:
        child.send_signal(signal.SIGINT)
    with suppress(subprocess.TimeoutExpired):
        child.wait(_ENDS_WITHIN_S)
    if child.poll() is None:
        killpg(child.pid, signal.SIGKILL)
        child.wait()
