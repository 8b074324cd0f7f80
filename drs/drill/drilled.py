"""When a drill last proved the recovery of each service, and what of the service is another since. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from city.located import Node
from city.model.city import City
from city.model.services import Service
from drs.compared import Drilled
from drs.drill.known import Stage
from drs.drill.plan import Plan
from drs.drill.run import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Drill:
    """A drill as its folder keeps it; `city` as it was declared then, None where those data cannot be read now."""

    name: str
    run: Run
    city: City | None


def drilled(drills: Iterable[Drill], now: City, plans: Mapping[str, Plan]) -> tuple[Drilled, ...]:
    """Of each service the last drill that proved it. `plans` are those of now, by mode."""
    found: dict[str, Drilled] = {}
    for drill in drills:
        for service, at in _proven(drill.run):
            known = found.get(service)
            if known is None or known.at < at:
                changed = tuple(_changed(drill, now, service, plans.get(drill.run.plan.mode)))
                found[service] = Drilled(service=service, drill=drill.name, at=at, changed=changed)
    return tuple(found[service] for service in sorted(found))


def _proven(run: Run) -> Iterator[tuple[str, datetime]]:
    for service in dict.fromkeys(task.service for task in run.plan.tasks if task.service):
        own = [task.id for task in run.plan.tasks if task.service == service]
        moments = [run.known(task).proven for task in own if run.known(task).stage is Stage.PROVEN]
        if len(moments) == len(own) and all(task in run.proven for task in own):
            yield service, max(moment for moment in moments if moment)


def _changed(drill: Drill, now: City, service: str, plan: Plan | None) -> Iterator[str]:
    yield from _steps(drill.run.plan, plan, service)
    if drill.city is None:
        yield "the city's data of that day, which cannot be read any more"
        return
    old, new = (_of(city, service) for city in (drill.city, now))
    if old is None or new is None:
        yield "the service"
        return
    yield from (field.name for field in fields(Service) if _said(old, field.name) != _said(new, field.name))
    yield from _ground(drill.city, now, new)


def _steps(then: Plan, now: Plan | None, service: str) -> Iterator[str]:
    """Steps that came or went, and of those that stayed what is another; what a plan did not keep is no change."""
    old, new = (
        {task.step: task for task in plan.tasks if task.service == service} if plan else {} for plan in (then, now)
    )
    gone = set() if then.point else old.keys() - new.keys()  # going back to a point is no step of every drill
    yield from (f"step {step}" for step in sorted({*gone, *(new.keys() - old.keys())}))
    for step in (step for step in old if step in new):
        yield from (f"{key} of step {step}" for key in _ASKED if getattr(old[step], key) != getattr(new[step], key))
        codes = {plan.codes.get(step) for plan in (then, now) if plan}
        if len(codes - {None}) > 1:
            yield f"code of step {step}"


_ASKED = ("approvers", "time_limit_s", "fences", "promotes")


def _ground(then: City, now: City, service: Service) -> Iterator[str]:
    """What the service is made of beside its own entry in the data."""
    if (workload := service.workload) is None:
        return

    def made_of(city: City) -> dict[str, Any]:
        return {
            f"flavour {workload.flavour}": [one for one in city.platform.flavours if one.id == workload.flavour],
            f"image {workload.image}": [one for one in city.platform.images if one.id == workload.image],
            f"network {workload.network}": [one for one in city.networks if one.purpose == workload.network],
            "dns_zone": city.dns_zone,
        }

    old, new = made_of(then), made_of(now)
    yield from (name for name in new if old[name] != new[name])


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
