"""The stacks of a city, in the order in which they need each other."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from city.model.city import City
from city.model.places import SiteRole

PROJECT = "asty"
_ROLES = (SiteRole.DATACENTRE, SiteRole.RECOVERY)


class Program(StrEnum):
    SITE = "site"
    WORKLOADS = "workloads"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """`site` is the id of its site, `cloud` the entry of clouds.yaml, `wave` when it may start: all of 0 first.

    `first` says that its site changes before the other, as the city declares it.
    """

    name: str
    program: Program
    role: SiteRole
    site: str
    region: str
    cloud: str
    first: bool = False

    @property
    def above(self) -> str:
        """The name of the stack that stands on this one; empty where none does."""
        return self.name.replace(f"-{self.role}", f"-workloads-{self.role}") if self.program is Program.SITE else ""

    @property
    def wave(self) -> int:
        return 0 if self.program is Program.SITE else 1


def stacks(city: City, environment: str = "lab") -> tuple[Stack, ...]:
    """Site stacks first, then the workloads that stand on them; those of one wave need nothing of each other.

    The recovery site's stacks name nothing of the data centre: they work when it is gone.
    """
    return tuple(_stack(city, environment, program, role) for program in Program for role in _ROLES)


def waves(all_stacks: Iterable[Stack]) -> tuple[tuple[Stack, ...], ...]:
    """The stacks as groups to run one after the other, each group in parallel; reversed, the order to destroy in."""
    listed = tuple(all_stacks)
    return tuple(tuple(s for s in listed if s.wave == wave) for wave in sorted({s.wave for s in listed}))


def turns(all_stacks: Iterable[Stack]) -> tuple[Stack, ...]:
    """The stacks one after the other, the whole of one site before the other: what spoils one site ends there."""
    return tuple(sorted(all_stacks, key=lambda stack: (not stack.first, stack.wave)))


def _stack(city: City, environment: str, program: Program, role: SiteRole) -> Stack:
    site = city.site_of(role)
    middle = "" if program is Program.SITE else "workloads-"
    return Stack(
        name=f"{environment}-{middle}{role}",
        program=program,
        role=role,
        site=site.id,
        region=site.region,
        cloud=role.value,
        first=role is city.changes.first,
    )
