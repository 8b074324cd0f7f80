"""Is what a service depends on in the cloud too? Else nobody here can see whether it survives."""

from collections.abc import Iterator
from dataclasses import replace

from drs.check import Check, Finding, Weight
from drs.compared import Sites
from drs.expected import in_the_cloud


def _find(sites: Sites, blank: Finding) -> Iterator[Finding]:
    cloud = in_the_cloud(sites.city)
    for service, (declared, _) in cloud.items():
        for other in declared.depends_on:
            if other not in cloud:
                yield replace(
                    blank,
                    subject=f"{service} depends on {other}",
                    services=frozenset({service}),
                    alone=False,
                    problem=f"{other} is not in the cloud, so nothing here shows whether it is recovered",
                    remedy=f"Declare a workload for {other}, or ask whoever runs it.",
                )


CHECK = Check(
    name="dependencies",
    area="dependencies",
    order=160,
    weight=Weight.BLOCKING,
    compares="what each service in the cloud depends on with what is in the cloud",
    remedy="Declare a workload for it, or ask whoever runs it.",
    find=_find,
)
