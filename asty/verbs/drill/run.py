"""Begin a drill, and conduct it to where it waits for a person."""

from datetime import UTC, datetime

import click

from asty import databases
from asty.call import Call, json_option
from asty.city_data import load
from asty.drill_conduct import conduct
from asty.drill_known import none_open, shared
from asty.drill_options import by_whom
from city.errors import ExitCode, Failed, Refused
from city.model.city import City
from drs import points
from drs.drill.folder import Drills
from drs.drill.of_city import plan_of
from drs.drill.plan import Plan
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
def command(call: Call, *, mode: str, services: tuple[str, ...], point: str | None, by: str) -> ExitCode:
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
            _covered(call, city, plan, wanted)
        return conduct(call, kept.make(plan, folder, datetime.now(UTC)), by)


def _brought(call: Call, city: City) -> tuple[str, ...]:
    """All that drills can bring to the other site; who is left to a person is said, and holds up nobody."""
    left = left_to_a_person(city)
    if left:
        call.screen.line(f"left to a person, for nothing of it stands at the recovery site: {', '.join(left)}")
    return tuple(name for name in in_the_cloud(city) if name not in left) if left else ()


def _covered(call: Call, city: City, plan: Plan, wanted: datetime) -> None:
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
