"""Did a drill prove the recovery of each service, not too long ago, and is the service still what it was?"""

from collections.abc import Iterator
from dataclasses import replace

from drs.check import Answer, Check, Finding, Weight
from drs.compared import Sites


def _find(sites: Sites, blank: Finding) -> Iterator[Finding]:
    """Nothing of a service whose tier the city asks for no drill."""
    known = {one.service: one for one in sites.drilled}
    for service in sorted(sites.services):
        every = sites.city.drilling.often(sites.city.service(service).tier)
        if every is None:
            continue
        finding = replace(blank, subject=f"drills of {service}", services=frozenset({service}), alone=False)
        last = known.get(service)
        if last is None:
            yield replace(finding, answer=Answer.UNMET, problem="no drill has proven its recovery")
            continue
        problem = ""
        if sites.at - last.at > every:
            problem = f"its recovery was proven last on {last.at:%Y-%m-%d}, over {every.days} days ago"
        elif last.changed:
            problem = f"it is not verified since {last.at:%Y-%m-%d}, for there changed: {', '.join(last.changed)}"
        yield replace(finding, answer=Answer.UNMET if problem else Answer.MET, problem=problem)


CHECK = Check(
    name="drills",
    area="drills",
    order=180,
    weight=Weight.WARNING,
    compares="when a drill last proved each service with how often the city asks for it, and with what it is now",
    remedy="Plan a drill: `asty drill run --mode switchover`.",
    find=_find,
)
