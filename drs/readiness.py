"""Is the recovery site ready? The answer per service and as a whole, with every gap and what to do. Pure.

A share of nothing is no share: a service that is not in the cloud, and a city without any, is
"not applicable", never "ready" and never "0 %".
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from city.errors import ExitCode
from city.model.services import Recovery
from drs import offering, placement, security
from drs.checks import Answer, Check, Sites, StackEvidence, Weight
from drs.expected import in_the_cloud


class Verdict(StrEnum):
    READY = "ready"
    NOT_READY = "not-ready"  # a blocking gap is known
    UNKNOWN = "unknown"  # none is known, and something could not be seen
    NOT_APPLICABLE = "not-applicable"  # there is nothing to recover


EXIT_CODES = {
    Verdict.READY: ExitCode.DONE,
    Verdict.NOT_READY: ExitCode.FAILED,
    Verdict.UNKNOWN: ExitCode.UNKNOWN,
    Verdict.NOT_APPLICABLE: ExitCode.DONE,
}


class Alone(StrEnum):
    """What the recovery site can do for a service without the data centre; best first."""

    SERVES = "serves"  # its servers run there
    STARTS = "starts-from-data"  # its data is there, its servers have to be made
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
    """`met` of `of` checks that concern the service itself; `alone` counts what it depends on, too.

    `waits_for` are the dependencies that cannot be had there, or do worse there than the service itself.
    """

    service: str
    verdict: Verdict
    met: int
    of: int
    alone: Alone
    waits_for: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    at: datetime
    sites: Sites
    checks: tuple[Check, ...]
    services: tuple[ServiceReadiness, ...]
    verdict: Verdict

    @property
    def gaps(self) -> tuple[Check, ...]:
        """What is not met or not known, blocking first."""
        open_ones = [check for check in self.checks if check.answer is not Answer.MET]
        return tuple(sorted(open_ones, key=lambda c: (c.weight is not Weight.BLOCKING, c.answer is Answer.UNKNOWN)))

    @property
    def exit_code(self) -> ExitCode:
        return EXIT_CODES[self.verdict]


def assess(sites: Sites, stacks: Sequence[StackEvidence], at: datetime) -> Readiness:
    """Compare what was seen with what was declared, and the sites with each other."""
    checks = tuple(_checks(sites, stacks)) if sites.services else ()
    return Readiness(
        at=at, sites=sites, checks=checks, services=tuple(_services(sites, checks)), verdict=_verdict(checks)
    )


def _checks(sites: Sites, stacks: Iterable[StackEvidence]) -> Iterator[Check]:
    """In the order in which a person would mend what is unmet."""
    yield from offering.states(sites, stacks)
    yield from offering.flavours(sites)
    yield from offering.images(sites)
    yield from offering.keys(sites)
    yield from offering.networks(sites)
    yield from security.groups(sites)
    yield from placement.quotas(sites)
    yield from placement.placements(sites)
    yield from placement.names(sites)
    yield from placement.dependencies(sites)


def _verdict(checks: Iterable[Check]) -> Verdict:
    """A known blocking gap decides; then whatever could not be seen; warnings alone leave it ready."""
    asked = list(checks)
    if not asked:
        return Verdict.NOT_APPLICABLE
    if any(check.answer is Answer.UNMET and check.weight is Weight.BLOCKING for check in asked):
        return Verdict.NOT_READY
    return Verdict.UNKNOWN if any(check.answer is Answer.UNKNOWN for check in asked) else Verdict.READY


def _services(sites: Sites, checks: Sequence[Check]) -> Iterator[ServiceReadiness]:
    cloud = in_the_cloud(sites.city)
    by_service = {name: [check for check in checks if name in check.services] for name in cloud}
    itself = {name: _alone(cloud[name][0].recovery, by_service[name]) for name in cloud}
    for service in sites.city.services:
        concerned = by_service.get(service.id, [])
        own = itself.get(service.id, Alone.UNKNOWN)
        needs = {other: itself.get(other, Alone.UNKNOWN) for other in _needs(sites, service.id)}
        yield ServiceReadiness(
            service=service.id,
            verdict=_verdict(concerned),
            met=sum(check.answer is Answer.MET for check in concerned),
            of=len(concerned),
            alone=max((own, *needs.values()), key=_rank) if service.id in cloud else Alone.NOT_APPLICABLE,
            waits_for=tuple(o for o, can in needs.items() if can is Alone.CANNOT or _rank(can) > _rank(own)),
        )


def _rank(alone: Alone) -> int:
    return list(Alone).index(alone)


def _alone(mode: Recovery, concerned: Iterable[Check]) -> Alone:
    """From what the recovery site itself shows; what only a comparison could tell is left out."""
    verdict = _verdict(check for check in concerned if check.alone and check.weight is Weight.BLOCKING)
    if verdict is Verdict.READY:
        return _BY_MODE[mode]
    return Alone.CANNOT if verdict is Verdict.NOT_READY else Alone.UNKNOWN


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
