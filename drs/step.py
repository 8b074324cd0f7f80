"""A step of a drill: what is done, by a person or by a program, and what then proves that it is done.

Each module of drs.steps ends in one Step; they are found there and listed nowhere. `does` and `undoes` are sentences
for a person, who can do every step by hand. Where a step has `do`, a program does it; that it was done is proven by
`verify` in both cases, and by nothing else.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from city.model import vaults
from city.model.city import City
from city.model.services import Service
from drs.check import Answer
from drs.mode import Mode

if TYPE_CHECKING:
    from drs.scene import Scene

__all__ = ["Each", "Mode", "Proof", "Step", "every_service", "takes_writes", "with_database", "writes_only_files"]


class Each(StrEnum):
    """How often a step is taken."""

    DRILL = "drill"  # once, before the first wave
    SERVICE = "service"  # for each service, in its wave


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What was seen of a step; UNKNOWN where nobody could look, which is never "done".

    `witnesses` are the independent ways by which it was seen, where a step asks for more than one.
    """

    answer: Answer
    reason: str
    witnesses: tuple[str, ...] = ()


def _fit(_scene: "Scene") -> str:
    return ""


def every_service(_service: Service) -> bool:
    return True


def every_city(_city: City) -> bool:
    return True


def with_database(service: Service) -> bool:
    return bool(service.database)


def writes_only_files(service: Service) -> bool:
    """And these are copied: its programs end before the last copy, for nothing else brings what they write."""
    return vaults.keeps_files(service) and not with_database(service)


def takes_writes(service: Service) -> bool:
    """Of residents, who come from the street."""
    flows = service.workload.flows if service.workload else ()
    return with_database(service) and any(flow.source == "world" for flow in flows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """`order` is its place among the steps of the same service; those of one place are taken side by side. `approvers`
    is how many persons have to agree first where residents are concerned: to a rehearsal nobody has to agree.

    `check` says why the step must not be begun now, or nothing. `do` does it and says what was done; it may be called
    again after a kill. `undo` takes it back. Both raise AstyError. `undoes` is empty where the step changes nothing.
    `concerns` says which services have this step, and `declared` in which cities it is taken. A step that `fences`
    makes sure that the service's data cannot be written at the site which the service leaves, and one that `promotes`
    lets it be written at the other. One `to_a_point` is taken only where the drill goes back to an earlier moment
    (Scene.point).
    One `ahead` changes nothing that residents or other services use: it is taken before the first wave, for all
    services at once.
    One `afterwards` is taken once the service serves: who depends on the service does not wait for it, and for a minute
    it yields to services that are still on their way (drs.drill.moves).
    """

    name: str
    title: str
    each: Each
    order: int
    modes: frozenset[Mode]
    approvers: int
    time_limit: timedelta
    does: str
    undoes: str
    verify: Callable[["Scene"], Proof]
    check: Callable[["Scene"], str] = _fit
    do: Callable[["Scene"], str] | None = None
    undo: Callable[["Scene"], str] | None = None
    concerns: Callable[[Service], bool] = every_service
    declared: Callable[[City], bool] = every_city
    fences: bool = False
    promotes: bool = False
    to_a_point: bool = False
    ahead: bool = False
    afterwards: bool = False

    def agreeing(self, mode: Mode) -> int:
        """How many persons have to agree before it begins in this mode."""
        return self.approvers if mode.real else 0
