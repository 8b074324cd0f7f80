"""A drill as a list that a person can follow: the steps of a mode, first those of all, then wave by wave. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from city.model.city import City
from drs import steps
from drs.compared import Sites
from drs.step import Each, Mode, Proof, Step
from drs.waves import waves


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A step for one service in its wave, counted from 1; wave 0 and no service for a step of the whole drill."""

    number: int
    wave: int
    service: str
    step: Step

    @property
    def title(self) -> str:
        return self.step.title.format(service=self.service)

    @property
    def does(self) -> str:
        return self.step.does.format(service=self.service)

    @property
    def undoes(self) -> str:
        return self.step.undoes.format(service=self.service)

    def verify(self, sites: Sites) -> Proof:
        return self.step.verify(sites, self.service)


def checklist(city: City, mode: Mode) -> tuple[Item, ...]:
    """Every step of this mode in the order in which they are taken."""
    places = enumerate(_places(city, mode), start=1)
    return tuple(Item(number=number, wave=wave, service=service, step=step) for number, (wave, service, step) in places)


def _places(city: City, mode: Mode) -> Iterator[tuple[int, str, Step]]:
    taken = [step for step in steps.every() if mode in step.modes]
    yield from ((0, "", step) for step in taken if step.each is Each.DRILL)
    for number, wave in enumerate(waves(city), start=1):
        for service in wave:
            yield from ((number, service, step) for step in taken if step.each is Each.SERVICE)


def longest(items: tuple[Item, ...]) -> timedelta:
    """How long all of it takes at most: services of one wave side by side, waves one after the other."""
    limits: dict[int, dict[str, timedelta]] = {}
    for item in items:
        wave = limits.setdefault(item.wave, {})
        wave[item.service] = wave.get(item.service, timedelta()) + item.step.time_limit
    return sum((max(wave.values()) for wave in limits.values()), timedelta())
