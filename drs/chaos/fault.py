"""A fault that may befall a drill. Each module of drs.chaos.faults ends in one; found there, listed nowhere."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from city.model.places import SiteRole
from drs.mode import Mode


class Thing(StrEnum):
    """What a fault befalls."""

    DATABASE = "database"  # the host of a service's database, at one site
    SITE = "site"  # a site's cloud, or its names
    LINK = "link"  # what goes over the link to one site
    CONDUCTOR = "conductor"  # the process that conducts the drill


class Phase(StrEnum):
    """How far a step has come."""

    LOOKED = "looked"  # somebody looked, and it is not done
    BEGUN = "begun"
    ENDED = "ended"  # the doing came back
    PROVEN = "proven"


class Side(StrEnum):
    """A site, by what the drill does with it."""

    LEFT = "left"
    JOINED = "joined"

    def role(self, mode: Mode) -> SiteRole:
        return mode.there if self is Side.LEFT else mode.here


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """`told` says what happens, with {service} and {site} in it. `kind` is what a lab calls it; the conductor's end
    needs no lab.

    `options` are what the lab may be told besides: one of them is drawn. `steps` and `phases` are where it may be
    drawn: any, where `steps` is empty.
    """

    told: str
    befalls: Thing
    kind: str = ""
    options: tuple[Mapping[str, object], ...] = ({},)
    sides: tuple[Side, ...] = (Side.LEFT, Side.JOINED)
    steps: frozenset[str] = frozenset()
    phases: tuple[Phase, ...] = tuple(Phase)
