"""Where each service is led since its last drill, from the journals alone: what a plan must not turn back. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from city.model.places import SiteRole
from drs.drill.known import Known, Stage
from drs.drill.plan import Task
from drs.drill.run import Run
from drs.mode import Mode

_NAME = "name_answers"
"""The step by which a service without a database moves."""
_UNTOUCHED = {Stage.NOT_BEGUN, Stage.NOT_DONE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Led:
    """The service is led at the site `role` since `drill`. `held`: that drill is not over, or it fenced the service and
    promoted nobody."""

    service: str
    role: SiteRole
    drill: str
    since: datetime
    held: bool = False

    def away(self, role: SiteRole) -> bool:
        """Whether the name and the database's port at that site are as the drill left them, and not as declared."""
        return self.held or self.role is not role


def leading(drills: Iterable[tuple[str, Run]]) -> tuple[Led, ...]:
    """Of the drills, the oldest first: each service that is not led as declared, by name."""
    found: dict[str, Led] = {}
    for name, run in drills:
        if run.opened and Mode(run.plan.mode).real:
            for service in {task.service for task in run.plan.tasks if task.service}:
                if after := _after(found.get(service), name, run, service):
                    found[service] = after
    return tuple(found[name] for name in sorted(found) if found[name].held or found[name].role is SiteRole.RECOVERY)


def _after(before: Led | None, drill: str, run: Run, service: str) -> Led | None:
    """What the drill made of the service; None where it did nothing to it that stands."""
    tasks = [task for task in run.plan.tasks if task.service == service]
    promotes = any(task.promotes for task in tasks)
    moving = [task for task in tasks if (task.promotes if promotes else task.step == _NAME)]
    moved = [known for task in moving if _stands(task, known := run.known(task.id))]
    fenced = [known for task in tasks if task.fences and _stands(task, known := run.known(task.id))]
    if not moved and not fenced:
        return None
    since = min(known.begun or known.proven or _opened(run) for known in (*moved, *fenced))
    stays = before.role if before else SiteRole.DATACENTRE
    role = Mode(run.plan.mode).here if moved else stays
    return Led(service=service, role=role, drill=drill, since=since, held=not (run.closed and moved))


def _stands(task: Task, known: Known) -> bool:
    """What nobody looked at since it was begun, or taken back, may stand; a promotion that was tried may show late."""
    return known.stage not in _UNTOUCHED or bool(task.promotes and known.attempts)


def _opened(run: Run) -> datetime:
    return run.opened.at if run.opened else datetime.max.replace(tzinfo=UTC)
