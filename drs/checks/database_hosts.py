"""Does the host of each database that shall stand there run, on its own port, with its own volume?

It is no member of its service: members without their database serve nobody, and a database alone serves nobody either.
"""

from collections.abc import Iterator
from dataclasses import replace

from drs.check import PLAN, Check, Finding, InPlans, Weight
from drs.checks.servers import compared
from drs.compared import Sites
from drs.expected import in_the_cloud


def _find(sites: Sites, blank: Finding) -> Iterator[Finding]:
    for service, (declared, workload) in in_the_cloud(sites.city).items():
        standing = sites.declared_here.standing.get(service)
        if standing and standing.database:
            subject = f"host of database {declared.database}"
            finding = replace(blank, subject=subject, services=frozenset({service}))
            yield compared(sites, finding, (standing.database,), service, workload)


CHECK = Check(
    name="database_hosts",
    area="placement",
    order=118,
    weight=Weight.BLOCKING,
    compares="the host of each database that shall stand there: its server's state and flavour, port and volume",
    remedy=PLAN,
    find=_find,
    in_plans=InPlans.AT_REST,
    mended_by=frozenset({"Instance", "Port", "VolumeAttach"}),
)
