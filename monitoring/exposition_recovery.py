"""Readiness and drills as Prometheus scrapes them; what nobody knows is left out, never zero."""

from collections.abc import Iterator
from datetime import datetime

from prometheus_client.core import GaugeMetricFamily, Metric

from monitoring.recovery import Recovery

_READY = {"ready": 1.0, "not-ready": 0.0}


def families(found: Recovery, now: datetime) -> Iterator[Metric]:
    """Per service; `now` decides what is overdue."""
    yield GaugeMetricFamily(
        "asty_readiness_timestamp_seconds", "When readiness was judged last", found.as_of.timestamp()
    )
    ready = _per_service("asty_readiness_ready", "1 where the recovery site is ready for it, else 0")
    blocking = _per_service("asty_readiness_blocking_gaps", "How many known gaps keep it from being recovered")
    unknown = _per_service("asty_readiness_unknown_gaps", "How many of its findings could not be seen")
    proven = _per_service("asty_drill_last_timestamp_seconds", "When a drill last proved its recovery")
    age = _per_service("asty_drill_age_seconds", "How long ago a drill last proved its recovery")
    changes = _per_service("asty_drill_changes", "How much of it is another since a drill last proved it")
    overdue = _per_service("asty_drill_overdue", "1 where its next drill should have been held, else 0")
    for one in found.services:
        labels = [one.service]
        if one.verdict in _READY:
            ready.add_metric(labels, _READY[one.verdict])
        blocking.add_metric(labels, one.blocking)
        unknown.add_metric(labels, one.unknown)
        if one.proven_at is not None:
            proven.add_metric(labels, one.proven_at.timestamp())
            age.add_metric(labels, (now - one.proven_at).total_seconds())
            changes.add_metric(labels, len(one.changed))
        if one.due is not None:
            overdue.add_metric(labels, float(one.due <= now))
    yield from (ready, blocking, unknown, proven, age, changes, overdue, *_measured(found))
    exercises = GaugeMetricFamily(
        "asty_exercise_overdue", "1 where the next exercise of that kind should have been held", labels=["exercise"]
    )
    for due in found.exercises:
        exercises.add_metric([due.exercise], float(due.at <= now))
    yield exercises


def _measured(found: Recovery) -> tuple[Metric, ...]:
    """What is promised, and what a client outside measured in the newest drill that did."""
    rto = _per_service("asty_recovery_rto_seconds", "After how long it is promised to be back")
    outage = _per_service("asty_recovery_outage_seconds", "For how long nobody could write in the drill measured last")
    lost = _per_service("asty_recovery_lost_records", "How many acknowledged records were missing after that drill")
    files = _per_service("asty_recovery_lost_files_seconds", "From how long before that drill files may be missing")
    for one in found.services:
        rto.add_metric([one.service], one.figures.rto.total_seconds())
        if one.figures.away is not None:
            outage.add_metric([one.service], one.figures.away.total_seconds())
        if one.figures.lost is not None:
            lost.add_metric([one.service], one.figures.lost)
        elif one.figures.lost_time is not None:
            files.add_metric([one.service], one.figures.lost_time.total_seconds())
    return rto, outage, lost, files


def _per_service(name: str, about: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, about, labels=["service"])
