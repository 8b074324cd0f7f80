"""Which fault befalls a drill, where, and when: drawn by a seed, the same for the same seed and plan. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import TypeVar

from city.discovery import records
from city.errors import InvalidInput
from city.model.places import SiteRole
from drs.chaos import faults
from drs.chaos.fault import Fault, Phase, Thing
from drs.drill.plan import Plan, Task
from drs.mode import Mode

T = TypeVar("T")
MODES = (Mode.SWITCHOVER, Mode.FAILOVER)


def every() -> dict[str, Fault]:
    """Every fault, by the name that an operator gives it."""
    return {name.replace("_", "-"): found for name, found in records(faults, Fault).items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Strike:
    """The fault `name` befalls `thing` of `role` (of the database of `service`) once `task` has come to `phase`."""

    name: str
    fault: Fault
    task: str
    phase: Phase
    role: SiteRole
    service: str
    options: Mapping[str, object]

    @property
    def told(self) -> str:
        words = ", ".join(f"{name} {value}" for name, value in self.options.items())
        told = self.fault.told.format(service=self.service, site=_SITES[self.role])
        return f"{told}{f' ({words})' if words else ''}"


_SITES = {SiteRole.DATACENTRE: "the data centre", SiteRole.RECOVERY: "the recovery site"}


def mode_of(seed: int) -> Mode:
    """The mode of a drill for which nobody named one."""
    return _one(Random(seed), MODES)  # noqa: S311 - the same seed, the same drill


def draw(seed: int, plan: Plan, able: Callable[[Fault], bool], at: str = "", name: str = "") -> Strike:
    """Of the plan's steps and the faults that `able` allows; of step `at` and of fault `name`, where these are given.

    `at` is a task (`promote:portal`) or a step (`promote`). Raises InvalidInput where nothing fits.
    """
    drawn, known = Random(seed), every()  # noqa: S311 - as above
    if name and name not in known:
        raise InvalidInput(f"fault {name}", "no drill knows it", f"Name one of {', '.join(known)}.")
    fits = {one: fault for one, fault in known.items() if able(fault) and name in {"", one}}
    if not fits:
        raise InvalidInput(f"fault {name or 'of any kind'}", "it cannot be made to happen here", "Name another.")
    tasks = [task for task in plan.tasks if at in {"", task.id, task.step}]
    if not tasks:
        steps = ", ".join(dict.fromkeys(task.step for task in plan.tasks))
        raise InvalidInput(f"step {at}", f"a {plan.mode} of these services has none", f"Name one of {steps}.")
    places = {one: [task for task in tasks if _fits(fault, task, plan)] for one, fault in fits.items()}
    chosen = _one(drawn, [one for one, found in places.items() if found] or _nowhere(at, name))
    return _struck(drawn, chosen, fits[chosen], _one(drawn, places[chosen]), plan)


def _nowhere(at: str, name: str) -> list[str]:
    raise InvalidInput(
        f"fault {name or 'of any kind'}", f"it says nothing at step {at or 'of this plan'}", "Name both."
    )


def _fits(fault: Fault, task: Task, plan: Plan) -> bool:
    here = not fault.steps or task.step in fault.steps
    return here and (fault.befalls is not Thing.DATABASE or bool(_databases(plan)))


def _databases(plan: Plan) -> list[str]:
    """The services whose database moves."""
    return list(dict.fromkeys(task.service for task in plan.tasks if task.promotes))


def _struck(drawn: Random, name: str, fault: Fault, task: Task, plan: Plan) -> Strike:
    databases = _databases(plan)
    own = task.service in databases or fault.befalls is not Thing.DATABASE
    return Strike(
        name=name,
        fault=fault,
        task=task.id,
        phase=_one(drawn, fault.phases),
        role=_one(drawn, fault.sides).role(Mode(plan.mode)),
        service=task.service if own else _one(drawn, databases),
        options=_one(drawn, fault.options),
    )


def _one(drawn: Random, of: Sequence[T]) -> T:
    return of[drawn.randrange(len(of))]
