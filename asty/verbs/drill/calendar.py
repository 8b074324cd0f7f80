"""What is due when: drills of services, and exercises."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TypedDict

import click

from asty.call import Call, json_option
from asty.city_data import load
from asty.drill_known import known
from asty.drill_past import every_drill, plans_of
from city.errors import ExitCode
from city.model.city import City
from drs.drill import talks
from drs.drill.drilled import drilled
from drs.drill.icalendar import icalendar
from drs.drill.schedule import Due, schedule


class DueJson(TypedDict):
    """Of a service, or of an exercise; the other is null. `last` is null where it was never held."""

    service: str | None
    exercise: str | None
    last: str | None
    at: str
    overdue: bool
    how: str


@click.command("calendar")
@click.option("--ics", type=click.Path(path_type=Path, dir_okay=False), help="Write it into a file of iCalendar, too.")
@json_option
@click.pass_obj
def command(call: Call, ics: Path | None) -> ExitCode:
    """Show what is due when: the drill of each service by its tier, and the next exercise of each kind.

    By `drills: every` and `drills: exercises` of city.yaml. What was never held is due at once. Exit 0 where nothing is
    overdue, else 1. JSON: as_of, due (service, exercise, last, at, overdue, how).
    """
    city, now = load(call.prepared().city_folder), datetime.now(UTC)
    found = _due(call, city, now)
    if ics:
        ics.write_text(icalendar(city, found, now), encoding="utf-8", newline="")
    call.screen.result(
        {"as_of": now.isoformat(), "due": [_as_json(one, now) for one in found]}, _lines(city, found, now)
    )
    return ExitCode.FAILED if any(one.overdue(now) for one in found) else ExitCode.DONE


def _due(call: Call, city: City, now: datetime) -> tuple[Due, ...]:
    kept = known(call.prepared(), call.screen.line)
    every, talked = tuple(every_drill(kept)), talks.read(kept.root)
    return schedule(city, every, drilled(every, city, plans_of(city)), now, [talk.at for talk in talked])


def _as_json(one: Due, now: datetime) -> DueJson:
    return {
        "service": one.service or None,
        "exercise": one.exercise.value if one.exercise else None,
        "last": one.last.isoformat() if one.last else None,
        "at": one.at.isoformat(),
        "overdue": one.overdue(now),
        "how": one.how,
    }


def _lines(city: City, found: tuple[Due, ...], now: datetime) -> Iterator[str]:
    for one in found:
        day = one.at.astimezone(city.time_zone).date()
        last = f"last {one.last.astimezone(city.time_zone).date()}" if one.last else "never held"
        yield f"{'overdue' if one.overdue(now) else day!s:10}  {one.title:34}  {last:15}  {one.how}"
    if not found:
        yield "nothing is due: city.yaml asks for no drill (`drills: every`) and no exercise (`drills: exercises`)"
