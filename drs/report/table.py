"""Every service with what is promised for its recovery and what a drill measured of it last. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from city.model.city import City
from city.model.services import Service
from drs.drill.drilled import Drill
from drs.expected import in_the_cloud
from drs.report.facts import recovered_json
from drs.report.recovered import Recovered, recovered
from drs.report.told import lasts, loss


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """`figures` judges what was measured by what is promised now. Without a drill, nobody measured anything."""

    service: str
    figures: Recovered
    drill: str = ""
    mode: str = ""
    at: datetime | None = None


def rows(city: City, drills: Iterable[Drill]) -> tuple[Row, ...]:
    """Each service in the cloud, in the city's order, with the newest drill in which a client outside measured it.

    `drills` are the oldest first.
    """
    measured: dict[str, Row] = {}
    for drill in drills:
        measured |= {row.service: row for row in _measured(drill)}
    return tuple(_now(service, measured.get(name)) for name, (service, _) in in_the_cloud(city).items())


def _measured(drill: Drill) -> Iterator[Row]:
    """None of a drill whose city cannot be read any more, or that was never opened."""
    opened, city = drill.run.opened, drill.city
    if opened is None or city is None:
        return
    for one in recovered(city, drill.run, opened.at):
        if one.measured and one.measured.figures:
            yield Row(service=one.service, figures=one, drill=drill.name, mode=drill.run.plan.mode, at=opened.at)


def _now(service: Service, row: Row | None) -> Row:
    if row is None:
        never = Recovered(
            service=service.id, rto=service.rto, rpo=service.rpo, mtd=service.mtd, took=None, answered_for=()
        )
        return Row(service=service.id, figures=never)
    return replace(row, figures=replace(row.figures, rto=service.rto, rpo=service.rpo, mtd=service.mtd))


def as_json(row: Row) -> dict[str, Any]:
    """Stable keys: those of the report, and drill, mode, at; null where nobody measured."""
    at = row.at.isoformat() if row.at else None
    return {**recovered_json(row.figures), "drill": row.drill or None, "mode": row.mode or None, "at": at}


HEADS = ("Service", "Tier", "Ready as", "RTO", "Outage measured", "RPO", "Loss measured", "MTD", "Measured in")


def markdown(city: City, found: Sequence[Row]) -> Iterator[str]:
    """The lines of a table for a manual, in English."""
    yield f"| {' | '.join(HEADS)} |"
    yield f"|{'---|' * len(HEADS)}"
    for row in found:
        yield f"| {' | '.join(cells(city, row))} |"


def cells(city: City, row: Row) -> tuple[str, ...]:
    """What one row says, a text for each column."""
    service, one = city.service(row.service), row.figures
    away = _NOBODY if one.downtime is None else f"{lasts('en', one.downtime)}{_kept(one.in_time)}"
    lost = f"{loss('en', one)}{_kept(one.within_rpo)}" if one.loss_known else _NOBODY
    return (
        service.id,
        str(service.tier.value),
        service.recovery.value,
        lasts("en", one.rto),
        away,
        lasts("en", one.rpo),
        lost,
        lasts("en", one.mtd) if one.mtd else "not declared",
        f"{row.mode} of {row.at:%Y-%m-%d}" if row.at else "–",
    )


_NOBODY = "not measured"


def _kept(kept: bool | None) -> str:  # noqa: FBT001 - the answer itself is told
    return " (too long)" if kept is False else ""
