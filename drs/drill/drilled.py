"""When a drill last proved the recovery of each service, and what of the service is another since. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, TypeAlias

from city.located import Node
from city.model.city import City
from city.model.services import Service
from drs.compared import Drilled
from drs.drill.known import Stage
from drs.drill.run import Run

Steps: TypeAlias = Mapping[str, Mapping[str, frozenset[str]]]
"""The names of the steps, by mode and service."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drill:
    """A drill as its folder keeps it; `city` as it was declared then, None where those data cannot be read now."""

    name: str
    run: Run
    city: City | None


def drilled(drills: Iterable[Drill], now: City, steps: Steps) -> tuple[Drilled, ...]:
    """Of each service the last drill that proved it. `steps` are those of each service now, by mode."""
    found: dict[str, Drilled] = {}
    for drill in drills:
        for service, at in _proven(drill.run):
            known = found.get(service)
            if known is None or known.at < at:
                own = steps.get(drill.run.plan.mode, {}).get(service, frozenset())
                changed = tuple(_changed(drill, now, service, own))
                found[service] = Drilled(service=service, drill=drill.name, at=at, changed=changed)
    return tuple(found[service] for service in sorted(found))


def _proven(run: Run) -> Iterator[tuple[str, datetime]]:
    for service in dict.fromkeys(task.service for task in run.plan.tasks if task.service):
        own = [task.id for task in run.plan.tasks if task.service == service]
        moments = [run.known(task).proven for task in own if run.known(task).stage is Stage.PROVEN]
        if len(moments) == len(own) and all(task in run.proven for task in own):
            yield service, max(moment for moment in moments if moment)


def _changed(drill: Drill, now: City, service: str, steps: frozenset[str]) -> Iterator[str]:
    then = {task.step for task in drill.run.plan.tasks if task.service == service}
    yield from (f"step {step}" for step in sorted(then ^ steps))
    if drill.city is None:
        yield "the city's data of that day, which cannot be read any more"
        return
    old, new = (_of(city, service) for city in (drill.city, now))
    if old is None or new is None:
        yield "the service"
        return
    yield from (field.name for field in fields(Service) if _said(old, field.name) != _said(new, field.name))


def _of(city: City, service: str) -> Service | None:
    return next((one for one in city.services if one.id == service), None)


def _said(service: Service, field: str) -> Any:  # noqa: ANN401 - whatever a field holds
    return _content(getattr(service, field))


def _content(value: Any) -> Any:  # noqa: ANN401 - as above
    """What is declared, wherever in the file."""
    if isinstance(value, Node):
        return _content(value.content)
    if isinstance(value, dict):
        return {key: _content(one) for key, one in value.items()}
    return [_content(one) for one in value] if isinstance(value, list) else value
