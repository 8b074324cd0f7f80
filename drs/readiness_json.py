"""Readiness as JSON, with stable keys."""

from typing import TypedDict

from drs.check import Answer, Finding, Weight
from drs.observed import SeenSite
from drs.readiness import Readiness, ServiceReadiness


class SiteJson(TypedDict):
    site: str
    reachable: bool
    unseen: dict[str, str]


class GapJson(TypedDict):
    area: str
    subject: str
    services: list[str]
    answer: str
    weight: str
    problem: str
    remedy: str


class ServiceJson(TypedDict):
    service: str
    recovery: str
    rto_s: float
    rpo_s: float
    verdict: str
    met: int
    of: int
    blocking: int
    unknown: int
    alone: str
    waits_for: list[str]


class ReadinessJson(TypedDict):
    as_of: str
    verdict: str
    exit_code: int
    datacentre: SiteJson
    recovery: SiteJson
    met: int
    of: int
    gaps: list[GapJson]
    services: list[ServiceJson]


def as_json(found: Readiness) -> ReadinessJson:
    """`met` of `of` findings; a gap for each that is unmet or unknown; a figure for each service."""
    return {
        "as_of": found.sites.at.isoformat(),
        "verdict": found.verdict.value,
        "exit_code": int(found.exit_code),
        "datacentre": _site(found.sites.datacentre),
        "recovery": _site(found.sites.recovery),
        "met": len(found.findings) - len(found.gaps),
        "of": len(found.findings),
        "gaps": [gap_json(gap) for gap in found.gaps],
        "services": [_service(found, service) for service in found.services],
    }


def _site(seen: SeenSite) -> SiteJson:
    return {"site": seen.site, "reachable": seen.reachable, "unseen": seen.unseen}


def gap_json(finding: Finding) -> GapJson:
    return {
        "area": finding.area,
        "subject": finding.subject,
        "services": sorted(finding.services),
        "answer": finding.answer.value,
        "weight": finding.weight.value,
        "problem": finding.problem,
        "remedy": finding.remedy,
    }


def _service(found: Readiness, readiness: ServiceReadiness) -> ServiceJson:
    declared = found.sites.city.service(readiness.service)
    own = [gap for gap in found.gaps if readiness.service in gap.services]
    return {
        "service": readiness.service,
        "recovery": declared.recovery.value,
        "rto_s": declared.rto.total_seconds(),
        "rpo_s": declared.rpo.total_seconds(),
        "verdict": readiness.verdict.value,
        "met": readiness.met,
        "of": readiness.of,
        "blocking": sum(gap.weight is Weight.BLOCKING and gap.answer is not Answer.UNKNOWN for gap in own),
        "unknown": sum(gap.answer is Answer.UNKNOWN for gap in own),
        "alone": readiness.alone.value,
        "waits_for": list(readiness.waits_for),
    }
