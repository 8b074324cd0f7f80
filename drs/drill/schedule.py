"""When the next drill of each service, and the next exercise of each kind, is due. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from city.model.city import City
from city.model.drilling import Exercise
from drs.compared import Drilled
from drs.drill.drilled import Drill
from drs.expected import in_the_cloud
from drs.mode import Mode

_LADDER = list(Exercise)


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """Of a service, or of an exercise where `service` is empty: held last at `last` (None: never), due at `at`.

    What was never held is due at once.
    """

    service: str = ""
    exercise: Exercise | None = None
    last: datetime | None
    at: datetime

    @property
    def name(self) -> str:
        return self.service or str(self.exercise)

    @property
    def title(self) -> str:
        return f"drill of {self.service}" if self.service else f"{self.exercise} exercise"

    @property
    def how(self) -> str:
        """The command that holds it."""
        if self.service:
            return f"asty drill run --mode rehearse --service {self.service}"
        return _HOW[self.exercise or Exercise.TABLETOP]

    def overdue(self, now: datetime) -> bool:
        return self.at <= now


_HOW = {
    Exercise.TABLETOP: "asty drill show, talked through; then asty drill talked",
    Exercise.FUNCTIONAL: "asty drill run --mode rehearse",
    Exercise.FULL_SCALE: "asty drill run --mode switchover",
}


def exercise_of(mode: Mode) -> Exercise:
    return Exercise.FULL_SCALE if mode.real else Exercise.FUNCTIONAL


def schedule(
    city: City, drills: Iterable[Drill], drilled: Sequence[Drilled], now: datetime, talks: Iterable[datetime] = ()
) -> tuple[Due, ...]:
    """The earliest first; empty where the city asks for nothing. `talks` are when a plan was talked through."""
    found = [*_exercises(city, list(drills), list(talks), now), *_services(city, drilled, now)]
    return tuple(sorted(found, key=lambda due: (due.at, due.service)))


def _exercises(city: City, drills: Sequence[Drill], talks: Sequence[datetime], now: datetime) -> Iterator[Due]:
    """A drill was held where each of its steps was proven in the end."""
    whole = [one.run for one in drills if not one.run.left]
    held = [(exercise_of(Mode(run.plan.mode)), run.closed.at) for run in whole if run.closed]
    held += [(Exercise.TABLETOP, at) for at in talks]
    for exercise, every in city.drilling.exercises:
        rung = _LADDER.index(exercise)
        last = max((at for kind, at in held if _LADDER.index(kind) >= rung), default=None)
        yield Due(exercise=exercise, last=last, at=now if last is None else last + every)


def _services(city: City, drilled: Sequence[Drilled], now: datetime) -> Iterator[Due]:
    known = {one.service: one.at for one in drilled}
    for name, (service, _) in in_the_cloud(city).items():
        every, last = city.drilling.often(service.tier), known.get(name)
        if every is not None:
            yield Due(service=name, last=last, at=now if last is None else last + every)
