"""Print the steps as a list to follow by hand."""

from datetime import UTC, datetime

import click

from asty import drill_known, drill_past, drill_reach
from asty.both_sites import look
from asty.call import Call, json_option
from asty.city_data import load
from city.errors import ExitCode
from drs import points
from drs.checklist import checklist
from drs.checklist_told import checklist_json, checklist_lines, exit_code
from drs.drill.critical import too_slow
from drs.drill.earlier import expected
from drs.drill.of_city import StepHands, name_of, plan_of
from drs.step import Mode, Proof


@click.command("show")
@click.option(
    "--mode", type=click.Choice([mode.value for mode in Mode]), default=Mode.FAILOVER.value, show_default=True
)
@click.option("--service", "services", multiple=True, help="Only these; else all that are in the cloud.")
@click.option("--point", metavar="MOMENT", help="With the steps that take data back to it.")
@click.option("--verify", is_flag=True, help="Look at both sites, and say of each step whether it is done now.")
@json_option
@click.pass_obj
def command(call: Call, *, mode: str, services: tuple[str, ...], point: str | None, verify: bool) -> ExitCode:
    """Print the steps as a list to follow by hand: services wave by wave, as they need each other.

    A person can take each step by hand; `asty drill run` takes by itself those that a program can. With --verify,
    exit 0 where all are done, 1 where one is not, 4 where nobody could see whether one is. Each step is told with the
    time that it took in earlier drills; where these say that an RTO cannot be kept, that is told with what to do.
    """
    city = load(call.prepared().city_folder)
    wanted = points.point(point, datetime.now(UTC)) if point else None
    plan = plan_of(city, Mode(mode), services, wanted)
    items = checklist(city, Mode(mode), services, to_a_point=wanted is not None)
    proofs: dict[int, Proof] = {}
    if verify:
        sites = look(call, city)
        hands = StepHands.of(city, plan, lambda: sites, drill_reach.ground(call, city))
        proofs = {item.number: hands.see(plan.by_id[name_of(item)]) for item in items}
    took = expected(drill_past.readable(drill_known.drills(call)))
    late = too_slow(city, plan, took)
    call.screen.result(checklist_json(items, proofs, took, late), checklist_lines(city, items, proofs, took, late))
    return exit_code(proofs)
