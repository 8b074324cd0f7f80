"""What somebody judged of the example city's recovery site, made up so that each kind of answer is in it."""

from datetime import UTC, datetime, timedelta

from monitoring.recovery import Drill, Due, Figures, Gap, Prepared, Recovery

NOW = datetime(2026, 6, 10, 12, tzinfo=UTC)
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)


def figures(service: str, away: float | None = None, lost: int | None = None, **kept: bool | None) -> Figures:
    """RTO 60 s, RPO 10 s, MTD 1 h; what was lost was written within 2 s."""
    return Figures(
        service=service,
        rto=60 * SECOND,
        rpo=10 * SECOND,
        mtd=3600 * SECOND,
        away=None if away is None else away * SECOND,
        in_time=kept.get("in_time"),
        lost=lost,
        lost_time=2 * SECOND if lost else None,
        within_rpo=kept.get("within_rpo"),
        within_mtd=kept.get("within_mtd"),
    )


BLOCKS = Gap(area="quotas", subject="quota of cores", problem="4 more are <needed>", blocking=True, seen=True)
WARNS = Gap(area="drills", subject="drills of identity", problem="none proved it", blocking=False, seen=True)
HIDDEN = Gap(area="data", subject="backups", problem="nobody saw one", blocking=True, seen=False)
PORTAL = Prepared(
    service="portal",
    verdict="ready",
    met=31,
    of=31,
    gaps=(),
    figures=figures("portal", 4.26, 0, in_time=True, within_rpo=True, within_mtd=True),
    mode="failover",
    measured_at=NOW - 3 * DAY,
    proven_at=NOW - 3 * DAY,
    changed=("recovery", "step promote"),
    due=NOW + DAY,
)
IDENTITY = Prepared(
    service="identity",
    verdict="not-ready",
    met=28,
    of=31,
    gaps=(HIDDEN, WARNS, BLOCKS),
    figures=figures("identity", 90, 7, in_time=False, within_rpo=True, within_mtd=True),
    mode="rehearse",
    measured_at=NOW - 9 * DAY,
    proven_at=None,
    changed=(),
    due=NOW - SECOND,
)
DATA = Prepared(
    service="open-data",
    verdict="unknown",
    met=0,
    of=9,
    gaps=(HIDDEN, HIDDEN),
    figures=figures("open-data"),
    mode=None,
    measured_at=None,
    proven_at=None,
    changed=(),
    due=None,
)
FAILOVER = Drill(
    name="d2",
    mode="failover",
    began=NOW - 3 * DAY,
    result="proven",
    services=(PORTAL.figures, IDENTITY.figures, DATA.figures),
)
STOPPED = Drill(name="d1", mode="rehearse", began=NOW - 9 * DAY, result="stopped", services=())
FOUND = Recovery(
    as_of=NOW - timedelta(minutes=4),
    verdict="not-ready",
    services=(PORTAL, IDENTITY, DATA),
    drills=(FAILOVER, STOPPED),
    exercises=(Due(exercise="tabletop", last=None, at=NOW), Due(exercise="functional", last=NOW, at=NOW + DAY)),
    told={"verdict": "not-ready"},
)
