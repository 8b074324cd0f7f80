"""How services are probed: from where, how often, and what makes a service degraded or down."""

from dataclasses import dataclass
from datetime import timedelta

from city.model.places import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class VantagePoint:
    """A place from which services are asked. `network` is an id of networks.yaml, empty for the world outside."""

    id: str
    name: Text
    network: str = ""


HERE = VantagePoint(id="here", name=Text(el="Παρατηρητής", en="The observer"))
"""Where a city declares no vantage point: the machine that observes, as a part of the world."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probing:
    """Every service with a probe is asked each `interval`, from each vantage point that its flows let in.

    An answer that takes longer than `within` is slow; one that takes longer than `deadline` is none. A service is down
    when `failures` of its last `rounds` say so; while that is open it is asked again after `again`.
    """

    interval: timedelta = timedelta(seconds=10)
    deadline: timedelta = timedelta(seconds=3)
    within: timedelta = timedelta(seconds=1)
    again: timedelta = timedelta(seconds=2)
    failures: int = 2
    rounds: int = 3
    points: tuple[VantagePoint, ...] = (HERE,)
