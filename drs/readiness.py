"""Is the recovery site ready? The answer per service and as a whole, with every gap and what to do. Pure.

A share of nothing is no share: a service that is not in the cloud, and a city without any, is
"not applicable", never "ready" and never "0 %".
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from city.errors import ExitCode
from city.model.services import Recovery
from drs import checks
from drs.check import Answer, Finding, Weight
from drs.compared import Sites
from drs.expected import in_the_cloud


class Preparedness(StrEnum):
    READY = "ready"
    NOT_READY = "not-ready"  # a blocking gap is known
    UNKNOWN = "unknown"  # none is known, and something could not be seen
    NOT_APPLICABLE = "not-applicable"  # there is nothing to recover


EXIT_CODES = {
    Preparedness.READY: ExitCode.DONE,
    Preparedness.NOT_READY: ExitCode.FAILED,
    Preparedness.UNKNOWN: ExitCode.UNKNOWN,
    Preparedness.NOT_APPLICABLE: ExitCode.DONE,
}


class Alone(StrEnum):
    """What the recovery site can do for a service without the data centre; best first."""

    SERVES = "serves"  # its servers run there
    DEGRADED = "serves-degraded"  # some of them do, or not all is as declared
    STARTS = "starts-from-data"  # its data is there, of an age within its RPO; its servers have to be made
    BUILDS = "builds-from-code"  # it can be made, with data restored from elsewhere
    UNKNOWN = "unknown"
    CANNOT = "cannot"
    NOT_APPLICABLE = "not-applicable"


_BY_MODE = {
    Recovery.ACTIVE: Alone.SERVES,
    Recovery.WARM: Alone.SERVES,
    Recovery.PILOT_LIGHT: Alone.STARTS,
    Recovery.COLD: Alone.BUILDS,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceReadiness:
    """`met` of `of` findings that concern the service itself; `alone` counts what it depends on, too.

    `waits_for` are the dependencies that cannot be had there, or do worse there than the service itself.
    """

    service: str
    verdict: Preparedness
    met: int
    of: int
    alone: Alone
    waits_for: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    sites: Sites
    findings: tuple[Finding, ...]
    services: tuple[ServiceReadiness, ...]
    verdict: Preparedness

    @property
    def gaps(self) -> tuple[Finding, ...]:
        """What is not met or not known, blocking first; then in the order in which a person would mend it."""
        open_ones = [finding for finding in self.findings if finding.answer is not Answer.MET]
        return tuple(sorted(open_ones, key=lambda f: (f.weight is not Weight.BLOCKING, f.answer is Answer.UNKNOWN)))

    @property
    def exit_code(self) -> ExitCode:
        return EXIT_CODES[self.verdict]


def assess(sites: Sites) -> Readiness:
    """Compare what was seen with what was declared, and the sites with each other, by every check that there is."""
    asked = checks.every() if sites.services else ()
    findings = tuple(finding for check in asked for finding in check.findings(sites))
    return Readiness(
        sites=sites, findings=findings, services=tuple(_services(sites, findings)), verdict=_verdict(findings)
    )


def _verdict(findings: Iterable[Finding]) -> Preparedness:
    """A known blocking gap decides; then whatever could not be seen; warnings alone leave it ready."""
    asked = list(findings)
    if not asked:
        return Preparedness.NOT_APPLICABLE
    if any(one.answer in {Answer.UNMET, Answer.PARTLY} and one.weight is Weight.BLOCKING for one in asked):
        return Preparedness.NOT_READY
    return Preparedness.UNKNOWN if any(one.answer is Answer.UNKNOWN for one in asked) else Preparedness.READY


def _services(sites: Sites, findings: Sequence[Finding]) -> Iterator[ServiceReadiness]:
    cloud = in_the_cloud(sites.city)
    by_service = {name: [finding for finding in findings if name in finding.services] for name in cloud}
    itself = {name: _alone(cloud[name][0].recovery, by_service[name]) for name in cloud}
    for service in sites.city.services:
        concerned = by_service.get(service.id, [])
        own = itself.get(service.id, Alone.UNKNOWN)
        needs = {other: itself.get(other, Alone.UNKNOWN) for other in _needs(sites, service.id)}
        yield ServiceReadiness(
            service=service.id,
            verdict=_verdict(concerned),
            met=sum(finding.answer is Answer.MET for finding in concerned),
            of=len(concerned),
            alone=max((own, *needs.values()), key=_rank) if service.id in cloud else Alone.NOT_APPLICABLE,
            waits_for=tuple(o for o, can in needs.items() if can is Alone.CANNOT or _rank(can) > _rank(own)),
        )


def _rank(alone: Alone) -> int:
    return list(Alone).index(alone)


def _alone(mode: Recovery, concerned: Iterable[Finding]) -> Alone:
    """From what the recovery site itself shows; what only a comparison could tell is left out.

    What stands in part serves in part: half a service is more than none.
    """
    answers = {finding.answer for finding in concerned if finding.alone and finding.weight is Weight.BLOCKING}
    if Answer.UNMET in answers:
        return Alone.CANNOT
    if Answer.UNKNOWN in answers or not answers:
        return Alone.UNKNOWN
    best = _BY_MODE[mode]
    return Alone.DEGRADED if Answer.PARTLY in answers and best is Alone.SERVES else best


def _needs(sites: Sites, service_id: str) -> list[str]:
    """All that a service depends on, nearest first; the loader promises that there is no cycle."""
    found: list[str] = []
    queue = list(sites.city.service(service_id).depends_on)
    while queue:
        other = queue.pop(0)
        if other not in found:
            found.append(other)
            queue += sites.city.service(other).depends_on
    return found
