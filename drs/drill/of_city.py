"""The drill of a city: its checklist as a plan, and the hands that take its steps.

A step that a program can take is taken by it. For any other a person does what the step says, and the drill goes on
when it is seen to be done.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import inf

from city.errors import AstyError, InvalidInput, Refused
from city.model.city import City
from drs import steps
from drs.check import Answer
from drs.checklist import Item, checklist
from drs.compared import Sites
from drs.drill.plan import Plan, Task
from drs.expected import in_the_cloud
from drs.hands.ground import Ground
from drs.scene import Scene
from drs.step import Mode, Proof


def plan_of(city: City, mode: Mode, services: Collection[str] = (), point: datetime | None = None) -> Plan:
    """Each step needs those before it of the same service, and all by which the services that this one depends on
    serve; what is done of those afterwards, nobody waits for. What is done ahead waits for no other service.

    What is done once for the whole drill comes before every service. Where `services` are named, the drill is about
    these alone: what they depend on stays where it is. With a `point`, data are taken back to that moment. Raises
    InvalidInput for a service that is not in the cloud, and for a point to which no step of the mode goes back.
    """
    cloud = in_the_cloud(city)
    if strange := sorted(set(services) - set(cloud)):
        raise InvalidInput(f"service {strange[0]}", "it is not in the cloud", f"There is {', '.join(cloud)}.")
    keys = {one.name: one.key for one in city.drilling.approvers}
    items = checklist(city, mode, services, to_a_point=point is not None)
    if point is not None and not any(item.step.to_a_point for item in items):
        remedy = "Choose `--mode failover` or `--mode rehearse`, and services with a database."
        raise InvalidInput(f"point {point.isoformat()}", f"no step of this {mode} goes back to a point", remedy)
    tasks, told = tuple(_tasks(city, items)), "" if point is None else point.isoformat()
    codes = {task.step: steps.codes()[task.step] for task in tasks}
    return Plan(mode=mode, tasks=tasks, keys=keys, city=city.fingerprint, point=told, codes=codes)


def _tasks(city: City, items: tuple[Item, ...]) -> Iterator[Task]:
    cloud = in_the_cloud(city)
    known: dict[str, list[Item]] = {}
    """The items of each service, and under "" of the whole drill."""
    for item in items:
        known.setdefault(item.service, []).append(item)
    for item in items:
        service = item.service
        before = _latest(known[service], item.step.order) or (_latest(known.get("", ())) if service else [])
        waits = cloud[service][0].depends_on if service and not item.step.ahead else ()
        others = [serving for one in waits for serving in _latest(known.get(one, ()), serves=True)]
        data = cloud[service][0].database if service else ""
        yield Task(
            id=name_of(item),
            step=item.step.name,
            service=service,
            wave=item.wave,
            needs=tuple(dict.fromkeys((*before, *others))),
            approvers=item.approvers,
            time_limit_s=item.step.time_limit.total_seconds(),
            fences=data if item.step.fences else "",
            promotes=data if item.step.promotes else "",
            afterwards=item.step.afterwards,
        )


def _latest(items: Sequence[Item], order: float = inf, *, serves: bool = False) -> list[str]:
    """The ids of those of the highest order below this one; of those by which the service serves, where asked so."""
    earlier = [one for one in items if one.step.order < order and not (serves and one.step.afterwards)]
    highest = max((one.step.order for one in earlier), default=0)
    return [name_of(one) for one in earlier if one.step.order == highest]


def name_of(item: Item) -> str:
    """The id of its task: `STEP:SERVICE`, or `STEP` for one of the whole drill."""
    return f"{item.step.name}:{item.service}" if item.service else item.step.name


@dataclass(frozen=True, slots=True, kw_only=True)
class StepHands:
    """Takes the steps of a plan, or tells a person what to do; `scenes` are where each is taken, by the task's id."""

    items: Mapping[str, Item]
    scenes: Mapping[str, Scene]
    forget: Callable[[], None]
    """Called once something was done: what was seen before is not what is now."""

    @classmethod
    def of(  # noqa: PLR0913 - hands, and three ways of looking
        cls,
        city: City,
        plan: Plan,
        look: Callable[[], Sites],
        ground: Ground,
        *,
        forget: Callable[[], None] = lambda: None,
        recall: Callable[[], Sites] | None = None,
    ) -> "StepHands":
        """For a plan of this city; steps that the house has no longer are for nobody to take. `recall` as in Scene."""
        mode, services = Mode(plan.mode), frozenset(task.service for task in plan.tasks if task.service)
        point = datetime.fromisoformat(plan.point) if plan.point else None
        items = {name_of(one): one for one in checklist(city, mode, services, to_a_point=point is not None)}
        scenes = {
            name: Scene(
                mode=mode,
                service=item.service,
                services=services,
                look=look,
                ground=ground,
                recall=recall,
                point=point,
            )
            for name, item in items.items()
        }
        return cls(items=items, scenes=scenes, forget=forget)

    def do(self, task: Task) -> str:
        """Raises Refused where the step must not be begun now; whatever the step raises."""
        item, scene = self.items[task.id], self.scenes[task.id]
        if item.step.do is None:
            return f"for a person to do: {item.does}"
        if problem := item.step.check(scene):
            raise Refused(task.id, problem, "Mend that, and let the drill go on with `asty drill resume`.")
        try:
            return item.step.do(scene)
        finally:
            self.forget()

    def look(self, task: Task) -> Proof:
        return self.items[task.id].verify(self.scenes[task.id])

    def see(self, task: Task) -> Proof:
        """As `look`; who cannot look does not know."""
        try:
            return self.look(task)
        except AstyError as error:
            return Proof(answer=Answer.UNKNOWN, reason=error.problem)

    def can_undo(self, task: Task) -> Callable[[Scene], str]:
        """Raises Refused where no program takes the step back."""
        item = self.items[task.id]
        if item.step.undo is None:
            raise Refused(task.id, "no program takes it back", item.undoes or "It changes nothing.")
        return item.step.undo

    def undo(self, task: Task) -> str:
        """Raises Refused as above, and whatever the step raises."""
        try:
            return self.can_undo(task)(self.scenes[task.id])
        finally:
            self.forget()


LOOK_AGAIN = timedelta(seconds=10)
"""Both sites are asked some twenty questions for one look."""
