"""The drill of a city: its checklist as a plan, and the hands that follow it.

So far no step acts by itself: a person does what the step says, and the drill goes on when both sites show that it is
done.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from city.model.city import City
from drs.checklist import Item, checklist
from drs.compared import Sites
from drs.drill.plan import Plan, Task
from drs.expected import in_the_cloud
from drs.step import Mode, Proof


def plan_of(city: City, mode: Mode) -> Plan:
    """Each step needs the one before it of the same service, and all of the services that this one depends on.

    What is done once for the whole drill comes before every service.
    """
    keys = {one.name: one.key for one in city.drilling.approvers}
    return Plan(mode=mode, tasks=tuple(_tasks(city, checklist(city, mode))), keys=keys)


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
        yield Task(
            id=last[service],
            step=item.step.name,
            service=service,
            wave=item.wave,
            needs=tuple(dict.fromkeys(needs)),
            approvers=item.step.approvers,
            time_limit_s=item.step.time_limit.total_seconds(),
        )


def name_of(item: Item) -> str:
    """The id of its task: `STEP:SERVICE`, or `STEP` for one of the whole drill."""
    return f"{item.step.name}:{item.service}" if item.service else item.step.name


@dataclass(frozen=True, slots=True, kw_only=True)
class ByHand:
    """Tells a person what to do, and looks at both sites with `sites`."""

    items: dict[str, Item]
    sites: Callable[[], Sites]

    @classmethod
    def of(cls, city: City, mode: Mode, sites: Callable[[], Sites]) -> "ByHand":
        return cls(items={name_of(item): item for item in checklist(city, mode)}, sites=sites)

    def do(self, task: Task) -> str:
        return f"for a person to do: {self.items[task.id].does}"

    def look(self, task: Task) -> Proof:
        return self.items[task.id].verify(self.sites())


LOOK_AGAIN = timedelta(seconds=10)
"""Both sites are asked some twenty questions for one look."""
