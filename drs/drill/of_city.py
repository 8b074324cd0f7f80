"""The drill of a city: its checklist as a plan, and the hands that take its steps.

A step that a program can take is taken by it. For any other a person does what the step says, and the drill goes on
when it is seen to be done.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from city.errors import AstyError, InvalidInput, Refused
from city.model.city import City
from drs.check import Answer
from drs.checklist import Item, checklist
from drs.compared import Sites
from drs.drill.plan import Plan, Task
from drs.expected import in_the_cloud
from drs.hands.ground import Ground
from drs.scene import Scene
from drs.step import Mode, Proof


def plan_of(city: City, mode: Mode, services: Collection[str] = ()) -> Plan:
    """Each step needs the one before it of the same service, and all of the services that this one depends on.

    What is done once for the whole drill comes before every service. Where `services` are named, the drill is about
    these alone: what they depend on stays where it is. Raises InvalidInput for one that is not in the cloud.
    """
    cloud = in_the_cloud(city)
    if strange := sorted(set(services) - set(cloud)):
        raise InvalidInput(f"service {strange[0]}", "it is not in the cloud", f"There is {', '.join(cloud)}.")
    keys = {one.name: one.key for one in city.drilling.approvers}
    tasks = tuple(_tasks(city, checklist(city, mode, services)))
    return Plan(mode=mode, tasks=tasks, keys=keys, city=city.fingerprint)


def _tasks(city: City, items: tuple[Item, ...]) -> Iterator[Task]:
    cloud = in_the_cloud(city)
    last: dict[str, str] = {}
    """The id of the latest task of each service, and under "" of the whole drill."""
    for item in items:
        service = item.service
        others = [last[other] for other in cloud[service][0].depends_on if other in last] if service else []
        before = last.get(service) or last.get("")
        needs = [before, *others] if before else others
        last[service] = name_of(item)
        data = cloud[service][0].database if service else ""
        yield Task(
            id=last[service],
            step=item.step.name,
            service=service,
            wave=item.wave,
            needs=tuple(dict.fromkeys(needs)),
            approvers=item.approvers,
            time_limit_s=item.step.time_limit.total_seconds(),
            fences=data if item.step.fences else "",
            promotes=data if item.step.promotes else "",
        )


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
    def of(
        cls,
        city: City,
        plan: Plan,
        look: Callable[[], Sites],
        ground: Ground,
        forget: Callable[[], None] = lambda: None,
    ) -> "StepHands":
        """For a plan of this city; steps that the house has no longer are for nobody to take."""
        mode, services = Mode(plan.mode), frozenset(task.service for task in plan.tasks if task.service)
        items = {name_of(item): item for item in checklist(city, mode, services)}
        scenes = {
            name: Scene(mode=mode, service=item.service, services=services, look=look, ground=ground)
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
