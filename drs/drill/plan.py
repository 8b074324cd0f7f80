"""What a drill is to do: each task with what has to be proven before it. Pure, and refused where it is not sound.

A task is a step for one service, or for the whole drill. `fences` names data that nobody can write at the other site
any more once the task is proven; `promotes` names data that can be written at this site from the task on. What
really happens in a drill is held to it by drs.drill.run.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from hashlib import sha256
from typing import Any, Self

from city.errors import InvalidInput


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """`needs` are ids of tasks of the same plan. `time_limit_s` is how long the task may take, in seconds."""

    id: str
    step: str
    service: str = ""
    wave: int = 0
    needs: tuple[str, ...] = ()
    approvers: int = 0
    time_limit_s: float
    fences: str = ""
    promotes: str = ""
    afterwards: bool = False
    """Whether residents are served without it."""

    def as_json(self) -> dict[str, Any]:
        """Stable keys: the fields; `afterwards` where it is so."""
        told = asdict(self)
        return told if self.afterwards else {key: value for key, value in told.items() if key != "afterwards"}


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The tasks of one drill, in the order in which a person would read them. Raises InvalidInput for unsound ones.

    `keys` are the names of those who may agree to a task or answer for one, with their public keys: what they say is
    signed. Where there are none, whoever agrees is taken at their word.
    """

    mode: str
    tasks: tuple[Task, ...]
    keys: Mapping[str, str] = field(default_factory=dict)
    city: str = ""
    """The fingerprint of the city's data (city.kept) that it was made of: the report rests on these as well."""
    point: str = ""
    """The moment (ISO 8601, UTC) to which it takes data back; empty: they are as new as there are any."""
    codes: Mapping[str, str] = field(default_factory=dict)
    """The digest of the file of each of its steps (drs.steps): a step that is another since was not drilled."""

    def __post_init__(self) -> None:
        for problem in self._problems():
            raise InvalidInput(f"the plan of a {self.mode}", problem, "Mend the steps or the dependencies of services.")

    @cached_property
    def by_id(self) -> Mapping[str, Task]:
        return {task.id: task for task in self.tasks}

    @cached_property
    def order(self) -> tuple[str, ...]:
        """The ids of all tasks, each behind what it needs. Raises CycleError."""
        return tuple(TopologicalSorter({task.id: task.needs for task in self.tasks}).static_order())

    @cached_property
    def digest(self) -> str:
        """The same for the same tasks, whoever computes it."""
        return sha256(json.dumps(self.as_json(), sort_keys=True).encode()).hexdigest()

    def as_json(self) -> dict[str, Any]:
        """Stable keys: mode, tasks (each with the fields of Task), keys; city, point and codes where there are any."""
        told = {"mode": self.mode, "tasks": [task.as_json() for task in self.tasks], "keys": dict(self.keys)}
        known = {"city": self.city, "point": self.point, "codes": dict(self.codes)}
        return told | {key: value for key, value in known.items() if value}

    @classmethod
    def from_json(cls, told: dict[str, Any]) -> Self:
        """Raises KeyError or TypeError for what `as_json` cannot have said."""
        tasks = (Task(**{**task, "needs": tuple(task["needs"])}) for task in told["tasks"])
        known = {"city": told.get("city", ""), "point": told.get("point", ""), "codes": dict(told.get("codes", {}))}
        return cls(mode=told["mode"], tasks=tuple(tasks), keys=dict(told["keys"]), **known)

    def fencing(self, data: str) -> tuple[Task, ...]:
        """The tasks that fence this data."""
        return tuple(task for task in self.tasks if task.fences == data)

    def after(self, name: str) -> tuple[Task, ...]:
        """The tasks that need this one, however far on."""
        found = {name}
        while more := {task.id for task in self.tasks if found & set(task.needs)} - found:
            found |= more
        return tuple(task for task in self.tasks if task.id in found - {name})

    def _problems(self) -> Iterator[str]:
        if not self.tasks:
            yield "it has no task"
        if len(self.by_id) < len(self.tasks):
            yield "two tasks have one id"
        for task in self.tasks:
            yield from (
                f"{task.id} needs {other}, which is no task of it" for other in task.needs if other not in self.by_id
            )
        try:
            order = self.order
        except CycleError as error:
            yield f"tasks need each other in a circle: {' -> '.join(reversed(error.args[1]))}"
            return
        yield from self._unfenced(order)

    def _unfenced(self, order: tuple[str, ...]) -> Iterator[str]:
        """Whoever promotes data needs, however far back, a task that fences the same data."""
        fenced: dict[str, frozenset[str]] = {}
        for name in (one for one in order if one in self.by_id):
            task = self.by_id[name]
            before = frozenset[str]().union(*(fenced[need] for need in task.needs))
            if task.promotes and task.promotes not in before:
                yield f"{name} would promote {task.promotes} before any task has fenced it"
            fenced[name] = before | ({task.fences} if task.fences else set())
