"""Recovery: is the other site ready?"""

from collections.abc import Iterator
from datetime import UTC, datetime

import click

from asty import gathering, lab_access
from asty.call import Call, json_option
from asty.city_data import load
from city.errors import ExitCode
from drs.readiness import Alone, Preparedness, Readiness, assess
from drs.readiness_json import as_json

_SAYS = {
    Alone.SERVES: "serves",
    Alone.DEGRADED: "serves, with less than is declared",
    Alone.STARTS: "starts from its data",
    Alone.BUILDS: "is built from code, its data restored",
    Alone.CANNOT: "cannot be had",
    Alone.UNKNOWN: "unknown",
    Alone.NOT_APPLICABLE: "not applicable: not in the cloud",
}
_WHICH = _SAYS | {Alone.UNKNOWN: "is unknown", Alone.NOT_APPLICABLE: "is not in the cloud"}

_VERDICTS = {
    Preparedness.READY: "{site} is ready",
    Preparedness.NOT_READY: "{site} is not ready: mend what is blocking",
    Preparedness.UNKNOWN: "nobody can say whether {site} is ready: not all was seen; what was is not against it",
    Preparedness.NOT_APPLICABLE: "not applicable: no service is in the cloud",
}


@click.group("drill")
def command() -> None:
    """Rehearse the loss of the data centre. So far: is the recovery site ready for it?"""


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
    with call.screen.step("opening the recovery site's stacks"):
        stacks = gathering.evidence(city, lab_access.project(workspace, call.screen.line))
    with call.screen.step("asking both sites"):
        views = gathering.views(city, lab_access.params(workspace).clouds_yaml)
        found = assess(gathering.observe(city, stacks, views, datetime.now(UTC)))
    call.screen.result(as_json(found), _lines(found))
    return found.exit_code


def _lines(found: Readiness) -> Iterator[str]:
    for site in (found.sites.datacentre, found.sites.recovery):
        if not site.reachable:
            yield f"{site.site} does not answer: {next(iter(site.unseen.values()))}"
    for gap in found.gaps:
        yield f"{gap.weight:8} {gap.answer:7} {gap.subject}: {gap.problem}. {gap.remedy}"
    yield f"without the data centre, {found.sites.here.id} alone:"
    alone = {service.service: service.alone for service in found.services}
    for service in found.services:
        needs = "; ".join(f"{other}, which {_WHICH[alone[other]]}" for other in service.waits_for)
        waits = f" (needs {needs})" if needs else ""
        yield f"  {service.service:24} {service.met:3} of {service.of:3} met  {_SAYS[service.alone]}{waits}"
    yield _VERDICTS[found.verdict].format(site=found.sites.here.id)
