"""`asty drill run` and `resume`: a drill is begun, or taken over, and conducted to where it waits for a person."""

from datetime import UTC, datetime, timedelta

import click

from asty import databases, file_loss, lab_access
from asty.call import Call, json_option
from asty.city_data import load
from asty.drill_ahead import Ahead, places
from asty.drill_known import drills, none_open, shared
from asty.drill_looks import Looks, together
from asty.drill_marks import Marker, Marking, Marks, doors
from asty.drill_options import by_whom, which
from asty.drill_past import readable
from asty.drill_reach import Fresh, ground
from asty.drill_status import tell
from city.clock import SystemClock
from city.errors import AstyError, ExitCode, Failed, Refused
from city.model.city import City
from city.model.drilling import Timestamps
from drs import points
from drs.drill.conduct import Conductor, Pace
from drs.drill.earlier import usual
from drs.drill.entry import Entry
from drs.drill.folder import Drills, Kept
from drs.drill.moves import Wait
from drs.drill.of_city import LOOK_AGAIN, StepHands, plan_of
from drs.drill.plan import Plan
from drs.drill.run import Run
from drs.drill.stamps import stamp
from drs.drill.status import sentence
from drs.expected import in_the_cloud
from drs.opened import left_to_a_person
from drs.step import Mode


@click.command("run")
@click.option("--mode", type=click.Choice([mode.value for mode in Mode]), required=True)
@click.option("--service", "services", multiple=True, help="Only these; else all that are in the cloud.")
@click.option("--point", metavar="MOMENT", help="Take data back to it, as in 2030-03-31T12:00+02:00.")
@by_whom
@json_option
@click.pass_obj
def run(call: Call, *, mode: str, services: tuple[str, ...], point: str | None, by: str) -> ExitCode:
    """Begin a drill, and conduct it: each step is taken, and proven by looking at both sites before the next begins.

    What a program cannot do is told to a person, who does it.
    A step that asks for agreement waits for `asty drill approve` from another terminal. The journal is kept by the host
    of the recovery site that city.yaml names (`drills: journal`), else in the recovery site's folder of the workspace;
    after a kill or a reboot, `asty drill resume` goes on, from any machine that reaches that host.

    With --point, each database is taken back to that moment before it leads; a rehearsal only proves that it can be.
    `asty drill points` lists the moments. It is refused before anything is touched where no copy covers it.
    """
    with shared(call).conducting() as kept:
        none_open(kept)
        if not Mode(mode).real:
            _can_be_kept(kept)
        folder = call.prepared().city_folder
        city = load(folder)
        wanted = points.point(point, datetime.now(UTC)) if point else None
        plan = plan_of(city, Mode(mode), services or _brought(call, city), wanted)
        if wanted:
            covered(call, city, plan, wanted)
        return conduct(call, kept.make(plan, folder, datetime.now(UTC)), by)


def _brought(call: Call, city: City) -> tuple[str, ...]:
    """All that drills can bring to the other site; who is left to a person is said, and holds up nobody."""
    left = left_to_a_person(city)
    if left:
        call.screen.line(f"left to a person, for nothing of it stands at the recovery site: {', '.join(left)}")
    return tuple(name for name in in_the_cloud(city) if name not in left) if left else ()


def covered(call: Call, city: City, plan: Plan, wanted: datetime) -> None:
    """Raises Refused where a service of the plan cannot be taken back to that moment, or nobody knows."""
    concerned = {task.service for task in plan.tasks if task.service and city.service(task.service).database}
    asked = databases.of_lab(call.prepared(), city).points()
    if lacking := points.uncovered(asked, sorted(concerned), wanted):
        problem = "; ".join(f"{service}: {why}" for service, why in lacking.items())
        raise Refused(f"point {wanted.isoformat()}", problem, "`asty drill points` lists the moments that there are.")


def _can_be_kept(kept: Drills) -> None:
    """Raises Refused where the host of the journal cannot be reached: nobody waits for a rehearsal. A real drill is
    begun, and asks a person (the step journal_stands)."""
    try:
        if kept.custodian:
            kept.custodian.drills()
    except Failed as trouble:
        raise Refused(trouble.thing, trouble.problem, "Mend that first: a rehearsal can wait.") from trouble


@click.command("resume")
@which
@by_whom
@json_option
@click.pass_obj
def resume(call: Call, name: str | None, by: str) -> ExitCode:
    """Go on with a drill from its journal: what was under way is looked at first, what failed is tried once more."""
    with shared(call).conducting() as kept:
        return conduct(call, kept.find(name), by)


def conduct(call: Call, kept: Kept, by: str) -> ExitCode:
    journal, city = kept.shared(), load(kept.city)
    if not journal.run.closed:

        def report(happened: Entry | Wait) -> None:
            call.screen.line(sentence(happened))

        looks = _looks(call, kept, city)
        look, hold = Fresh(call, city), ground(call, city, kept.name, kept.custodian, looks)
        marking = _marking(call, kept, city, hold.outside)
        conductor = Conductor(
            journal=journal,
            hands=StepHands.of(city, journal.run.plan, look, hold, forget=look.forget, recall=look.recall),
            clock=SystemClock(),
            by=by,
            report=report,
            pace=Pace(pause=min(LOOK_AGAIN, timedelta(seconds=1))),
            usual=usual(readable(drills(call), kept)),
            measure=lambda: together(
                *marking.measured(by),
                *looks.measured(by, marking.opened),
                *file_loss.measured(city, hold, journal.run, by),
            ),
        )
        marking.begin()
        looks.begin()
        conductor.open(kept.name)
        ahead = Ahead(
            places=places(Mode(journal.run.plan.mode), marking.own.services), look=look.recall, reach=hold.open_lines
        )
        ahead.begin()
        try:
            conductor.conduct()
        finally:
            ahead.end()
            looks.end()
        _stamped(call, kept, city.drilling.timestamps)
    return tell(call, kept)


def _marking(call: Call, kept: Kept, city: City, street: Marker) -> Marking:
    run, home = kept.journal().run, call.prepared().home
    services = _services(run)
    others = (other for other in drills(call).every() if other.name != kept.name)
    ended = [one.closed.at for other in others if (one := _run_of(other)) and one.closed]
    return Marking(
        own=Marks(street=street, folder=kept.folder / "marks", city=city, services=services),
        standing=Marks.standing(street, home, city),
        opened=run.opened.at if run.opened else datetime.now(UTC),
        since=max(ended, default=None),
    )


def _services(run: Run) -> tuple[str, ...]:
    return tuple(dict.fromkeys(task.service for task in run.plan.tasks if task.service))


def _looks(call: Call, kept: Kept, city: City) -> Looks:
    """At those of which no marks tell."""
    there, services = call.prepared(), _services(kept.journal().run)
    marked = {name for name, *_ in doors(city, services)}
    return Looks(
        city=lab_access.observable(there, city),
        vantages=lab_access.vantages(there, city),
        services=frozenset(services) - marked,
        folder=kept.folder / "looks",
    )


def _run_of(kept: Kept) -> Run | None:
    """None of one that cannot be read."""
    try:
        return kept.journal().run
    except AstyError:
        return None


def _stamped(call: Call, kept: Kept, by: Timestamps | None) -> None:
    """By the outside authority, where the city names one; a drill is over without it, and says so."""
    if by is None:
        return
    try:
        made = stamp(kept.folder / "stamps", kept.journal().heads, by)
    except Failed as trouble:
        call.screen.line(str(trouble))
    else:
        call.screen.line(f"line {made.line} of the journal stamped at {made.at:%H:%M:%S} UTC")


COMMANDS = (run, resume)
