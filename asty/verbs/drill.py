"""Recovery: is the other site ready, what is done when it has to take over, and how far is that?"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import groupby

import click

from asty import (
    databases,
    drill_calendar,
    drill_chaos,
    drill_conduct,
    drill_evidence,
    drill_known,
    drill_past,
    drill_points,
    drill_reach,
    drill_status,
    drill_table,
    drill_undo,
    drill_word,
    gathering,
    host_logins,
    lab_access,
    secret_references,
    vaults,
)
from asty.call import Call, json_option
from asty.city_data import load
from city.errors import ExitCode
from city.model.city import City
from drs import points
from drs.check import Finding
from drs.checklist import checklist
from drs.checklist_told import checklist_json, checklist_lines, exit_code
from drs.compared import Sites
from drs.databases import Databases
from drs.drill.critical import too_slow
from drs.drill.earlier import expected
from drs.drill.of_city import StepHands, name_of, plan_of
from drs.readiness import Alone, Preparedness, Readiness, assess
from drs.readiness_json import as_json
from drs.step import Mode, Proof
from drs.vaults import Vaults

_SAYS = {
    Alone.SERVES: "serves",
    Alone.DEGRADED: "serves, with less than is declared",
    Alone.STARTS: "starts from its data",
    Alone.BUILDS: "is built from code, its data restored",
    Alone.CANNOT: "cannot be had",
    Alone.UNKNOWN: "unknown",
    Alone.NOT_APPLICABLE: "not applicable: not in the cloud",
}
_SHOWN = 3
_WHICH = _SAYS | {Alone.UNKNOWN: "is unknown", Alone.NOT_APPLICABLE: "is not in the cloud"}

_VERDICTS = {
    Preparedness.READY: "{site} is ready",
    Preparedness.NOT_READY: "{site} is not ready: mend what is blocking",
    Preparedness.UNKNOWN: "nobody can say whether {site} is ready: not all was seen; what was is not against it",
    Preparedness.NOT_APPLICABLE: "not applicable: no service is in the cloud",
}


@click.group(
    "drill",
    commands=(
        *drill_conduct.COMMANDS,
        *drill_status.COMMANDS,
        *drill_word.COMMANDS,
        *drill_undo.COMMANDS,
        *drill_points.COMMANDS,
        *drill_chaos.COMMANDS,
        *drill_evidence.COMMANDS,
        *drill_calendar.COMMANDS,
        *drill_table.COMMANDS,
    ),
)
def command() -> None:
    """Rehearse the loss of the data centre: is the recovery site ready for it, what is done when, and how far is it?"""


@command.command("readiness")
@json_option
@click.pass_obj
def readiness(call: Call) -> ExitCode:
    """Compare both sites with the city and with each other; list each gap with what to do.

    Exit 0 ready, 1 blocking gaps, 4 where something could not be seen and nothing known blocks.
    With the data centre gone, it says what the recovery site can do alone: for each service no more than for
    what it depends on.
    """
    workspace = call.prepared()
    city = load(workspace.city_folder)
    sites = _look(call, city, databases.of_lab(workspace, city), vaults.of_lab(workspace, city))
    with call.screen.step("logging in to the recovery site's hosts"):
        sites = host_logins.tried(workspace, sites)
    secrets = secret_references.asked(workspace, city)
    found = assess(replace(sites, drilled=drill_past.proven(call, city), secrets=secrets))
    call.screen.result(as_json(found), _lines(found))
    return found.exit_code


def _look(call: Call, city: City, asked: Databases | None = None, kept: Vaults | None = None) -> Sites:
    workspace = call.prepared()
    with call.screen.step("opening the recovery site's stacks"):
        stacks = gathering.evidence(city, lab_access.project(workspace, call.screen.line))
    with call.screen.step("asking both sites"):
        views = gathering.views(city, lab_access.params(workspace).clouds_yaml)
        return gathering.observe(city, stacks, views, datetime.now(UTC), asked, kept)


@command.command("show")
@click.option(
    "--mode", type=click.Choice([mode.value for mode in Mode]), default=Mode.FAILOVER.value, show_default=True
)
@click.option("--service", "services", multiple=True, help="Only these; else all that are in the cloud.")
@click.option("--point", metavar="MOMENT", help="With the steps that take data back to it.")
@click.option("--verify", is_flag=True, help="Look at both sites, and say of each step whether it is done now.")
@json_option
@click.pass_obj
def show(call: Call, *, mode: str, services: tuple[str, ...], point: str | None, verify: bool) -> ExitCode:
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
        sites = _look(call, city)
        hands = StepHands.of(city, plan, lambda: sites, drill_reach.ground(call, city))
        proofs = {item.number: hands.see(plan.by_id[name_of(item)]) for item in items}
    took = expected(drill_past.readable(drill_known.drills(call)))
    late = too_slow(city, plan, took)
    call.screen.result(checklist_json(items, proofs, took, late), checklist_lines(city, items, proofs, took, late))
    return exit_code(proofs)


def _same_words(gap: Finding) -> tuple[str, str, str, str]:
    """What is the same of neighbours is said once: of a site that is gone, all that stands there is unknown."""
    return gap.weight, gap.answer, gap.problem, gap.remedy


def _lines(found: Readiness) -> Iterator[str]:
    for site in (found.sites.datacentre, found.sites.recovery):
        if not site.reachable:
            yield f"{site.site} does not answer: {next(iter(site.unseen.values()))}"
    for (weight, answer, problem, remedy), gaps in groupby(found.gaps, key=_same_words):
        subjects = [gap.subject for gap in gaps]
        more = f" and {len(subjects) - _SHOWN} more" if len(subjects) > _SHOWN else ""
        yield f"{weight:8} {answer:7} {', '.join(subjects[:_SHOWN])}{more}: {problem}. {remedy}"
    yield f"without the data centre, {found.sites.here.id} alone:"
    alone = {service.service: service.alone for service in found.services}
    for service in found.services:
        needs = "; ".join(f"{other}, which {_WHICH[alone[other]]}" for other in service.waits_for)
        waits = f" (needs {needs})" if needs else ""
        yield f"  {service.service:24} {service.met:3} of {service.of:3} met  {_SAYS[service.alone]}{waits}"
    yield _VERDICTS[found.verdict].format(site=found.sites.here.id)
