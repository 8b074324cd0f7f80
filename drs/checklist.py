"""A drill as a list that a person can follow: the steps of a mode, first those of all, then wave by wave. Pure."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import timedelta

from city.model.city import City
from city.model.places import SiteRole
from drs import steps
from drs.scene import Scene
from drs.step import Each, Mode, Proof, Step
from drs.waves import waves


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A step for one service in its wave, counted from 1; wave 0 for what comes before all waves, and no service for a
    step of the whole drill."""

    number: int
    wave: int
    service: str
    step: Step
    mode: Mode

    @property
    def title(self) -> str:
        return self._told(self.step.title)

    @property
    def does(self) -> str:
        return self._told(self.step.does)

    @property
    def undoes(self) -> str:
        return self._told(self.step.undoes)

    @property
    def approvers(self) -> int:
        return self.step.agreeing(self.mode)

    def _told(self, text: str) -> str:
        """The text names the service, and as `here` and `there` the sites; with a capital letter where it begins."""
        here, there = _SITES[self.mode.here], _SITES[self.mode.there]
        capital = {"Here": here[0].upper() + here[1:], "There": there[0].upper() + there[1:]}
        return text.format(service=self.service, here=here, there=there, **capital)

    def verify(self, scene: Scene) -> Proof:
        return self.step.verify(scene)


_SITES = {SiteRole.DATACENTRE: "the data centre", SiteRole.RECOVERY: "the recovery site"}


def checklist(city: City, mode: Mode, services: Collection[str] = (), *, to_a_point: bool = False) -> tuple[Item, ...]:
    """Every step of this mode in the order in which they are taken; of these services alone, where some are named."""
    places = enumerate(_places(city, mode, services, to_a_point=to_a_point), start=1)
    return tuple(
        Item(number=number, wave=wave, service=service, step=step, mode=mode)
        for number, (wave, service, step) in places
    )


def _places(city: City, mode: Mode, services: Collection[str], *, to_a_point: bool) -> Iterator[tuple[int, str, Step]]:
    known = [step for step in steps.every() if mode in step.modes and step.declared(city)]
    taken = [step for step in known if to_a_point or not step.to_a_point]
    yield from ((0, "", step) for step in taken if step.each is Each.DRILL)
    own = [
        (number, service, step)
        for number, wave in enumerate(waves(city), start=1)
        for service in (one for one in wave if not services or one in services)
        for step in taken
        if step.each is Each.SERVICE and step.concerns(city.service(service))
    ]
    yield from ((0, service, step) for _, service, step in own if step.ahead)
    yield from ((number, service, step) for number, service, step in own if not step.ahead)


def longest(items: tuple[Item, ...]) -> timedelta:
    """How long all of it takes at most: services of one wave side by side, waves one after the other, and first what is
    done once for all."""
    limits: dict[tuple[int, bool], dict[str, dict[int, timedelta]]] = {}
    for item in items:
        own = limits.setdefault((item.wave, bool(item.service)), {}).setdefault(item.service, {})
        own[item.step.order] = max(own.get(item.step.order, timedelta()), item.step.time_limit)
    each = ([sum(own.values(), timedelta()) for own in wave.values()] for wave in limits.values())
    return sum(map(max, each), timedelta())
