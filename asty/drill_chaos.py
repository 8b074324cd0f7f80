"""`asty drill chaos`: a real drill in the lab, while something of the lab breaks."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from os import killpg

import click

from asty import lab_access, workers
from asty.call import Call, json_option
from asty.city_data import load
from asty.drill_ground import CityGround, database_server
from asty.drill_known import none_open, shared
from asty.drill_reach import ground
from asty.screen import Report
from asty.workspace import Workspace
from city.clock import SystemClock
from city.errors import AstyError, ExitCode, Refused
from city.model.city import City
from city.model.places import SiteRole
from drs.chaos import told
from drs.chaos.arena import Killed
from drs.chaos.draw import Strike, draw, every, mode_of
from drs.chaos.experiment import Experiment
from drs.chaos.fault import Fault, Thing
from drs.drill.entry import Entry
from drs.drill.folder import Kept
from drs.drill.journal import Journal
from drs.drill.moves import Wait, moves
from drs.drill.of_city import plan_of
from drs.mode import REAL, Mode
from drs.outside.marker import read
from drs.outside.measured import loss
from lab import faults
from lab.lab import Lab
from monitoring.snapshot import ObservedIn

_FOLLOWS_EVERY_S, _WATCHES_EVERY_S, _ENDS_WITHIN_S = 0.02, 1.0, 30.0


@click.command("chaos")
@click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="Draws what nobody names, always in one way."
)
@click.option("--mode", type=click.Choice(sorted(REAL)), help="Of the drill; else drawn of switchover and failover.")
@click.option("--service", "services", multiple=True, help="Only these; else all that are in the cloud.")
@click.option("--at", default="", metavar="STEP", help="At which step, as promote:portal, or promote for any of these.")
@click.option("--fault", "name", type=click.Choice(sorted(every())), help="Which fault; else drawn.")
@click.option("--lasts", type=click.FloatRange(0.1, 3600), default=20.0, show_default=True, help="Seconds.")
@json_option
@click.pass_obj
def chaos(  # noqa: PLR0913 - one per option
    call: Call, seed: int, mode: str | None, services: tuple[str, ...], *, at: str, name: str | None, lasts: float
) -> ExitCode:
    """Conduct a real drill in the lab, let a fault befall it at a step, and say which invariant held.

    Each process that conducts is a process of its own, which a fault may kill. Whoever comes after it goes on from the
    journal once the fault has ended. Nothing is brought back: a switchover that is over is over, and `asty drill run
    --mode failback` brings the services home.

    Exit 0 where all held and the drill is over, 1 where an invariant was broken, 4 where nobody can tell or the drill
    is not over. JSON: drill, mode, seed, fault (name, step, phase, site, service, options, begun, ended), conducted,
    over, invariants (invariant, held, seen).
    """
    workspace = call.prepared()
    city, wanted = load(workspace.city_folder), Mode(mode) if mode else mode_of(seed)
    there = _lab(workspace, city)
    kept = shared(call)
    plan = plan_of(city, wanted, services)
    strike, hold = draw(seed, plan, able, at, name or ""), ground(call, city)
    with kept.conducting() as held:
        none_open(held)
        drill = held.make(plan, workspace.city_folder, datetime.now(UTC))
    arena = LabArena(workspace=workspace, city=city, kept=drill, lab=there, ground=hold, report=call.screen.line)
    found = Experiment(
        arena=arena,
        plan=plan,
        strike=strike,
        lasts_s=lasts,
        watch_s=_WATCHES_EVERY_S,
        report=call.screen.line,
        clock=SystemClock(),
    ).run()
    call.screen.result(told.as_json(drill.name, wanted, seed, found), told.lines(drill.name, wanted, seed, found))
    return told.exit_code(found)


def _lab(workspace: Workspace, city: City) -> Lab:
    """Raises Refused where nothing may break, or where what breaks would say nothing."""
    thing = "asty drill chaos"
    if lab_access.OBSERVED_IN is not ObservedIn.LAB:
        raise Refused(thing, "these are a city's own clouds, and it breaks things", "Run it in a lab.")
    if not lab_access.params(workspace).hosts:
        raise Refused(thing, "no lab with hosts that run is here", "Run `asty up --hosts` first.")
    if city.drilling.approvers:
        remedy = "Try it with a copy of the city's data without `drills: approvers`."
        raise Refused(thing, "it agrees in the names of nobody, and this city wants signatures", remedy)
    there = lab_access.lab(workspace, city)
    if standing := there.standing():
        target = next(iter(standing))
        raise Refused(thing, f"a fault of {target} stands already", f"End it: `asty lab fault clear {target}`.")
    return there


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


COMMANDS = (chaos,)
