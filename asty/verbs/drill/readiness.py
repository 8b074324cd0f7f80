"""Is the recovery site ready: both sites compared with the city and with each other."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby

import click

from asty import databases, drill_past, host_logins, secret_references, vaults
from asty.both_sites import look
from asty.call import Call, json_option
from asty.city_data import load
from city.errors import ExitCode
from drs.check import Finding
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
_SHOWN = 3
_WHICH = _SAYS | {Alone.UNKNOWN: "is unknown", Alone.NOT_APPLICABLE: "is not in the cloud"}

_VERDICTS = {
    Preparedness.READY: "{site} is ready",
    Preparedness.NOT_READY: "{site} is not ready: mend what is blocking",
    Preparedness.UNKNOWN: "nobody can say whether {site} is ready: not all was seen; what was is not against it",
    Preparedness.NOT_APPLICABLE: "not applicable: no service is in the cloud",
}


@click.command("readiness")
@json_option
@click.pass_obj
def command(call: Call) -> ExitCode:
    """Compare both sites with the city and with each other; list each gap with what to do.

    Exit 0 ready, 1 blocking gaps, 4 where something could not be seen and nothing known blocks.
    With the data centre gone, it says what the recovery site can do alone: for each service no more than for
    what it depends on.
    """
    workspace = call.prepared()
    city = load(workspace.city_folder)
    sites = look(call, city, databases.of_lab(workspace, city), vaults.of_lab(workspace, city))
    with call.screen.step("logging in to the recovery site's hosts"):
        sites = host_logins.tried(workspace, sites)
    secrets = secret_references.asked(workspace, city)
    found = assess(replace(sites, drilled=drill_past.proven(call, city), secrets=secrets))
    call.screen.result(as_json(found), _lines(found))
    return found.exit_code


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
