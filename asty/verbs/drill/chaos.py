"""A real drill in the lab, while something of the lab breaks."""

from datetime import UTC, datetime

import click

from asty import lab_access
from asty.call import Call, json_option
from asty.city_data import load
from asty.drill_chaos import LabArena, able
from asty.drill_known import none_open, shared
from asty.drill_reach import ground
from asty.workspace import Workspace
from city.clock import SystemClock
from city.errors import ExitCode, Refused
from city.model.city import City
from drs.chaos import told
from drs.chaos.draw import draw, every, mode_of
from drs.chaos.experiment import Experiment
from drs.drill.of_city import plan_of
from drs.mode import REAL, Mode
from lab.lab import Lab
from monitoring.snapshot import ObservedIn

_WATCHES_EVERY_S = 1.0


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
def command(  # noqa: PLR0913 - one per option
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
