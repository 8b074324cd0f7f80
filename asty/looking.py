"""What a change is made of and done to, and the look that finds it: every stack and every device, side by side.

The rooms are behind Protocols, so that what is decided here is tested without a cloud.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

from asty.change import Change
from asty.screen import Report
from city.errors import AstyError, InvalidInput, NeedsPerson, Refused
from city.outcome import Outcome
from infra.plan import StackPlan
from infra.stacks import Stack, turns
from network.plan import PushPlan


class Clouds(Protocol):
    """The stacks of the city's clouds."""

    @property
    def stacks(self) -> tuple[Stack, ...]: ...

    def preview(self, stack: Stack, report: Report, beneath: StackPlan | None = None) -> StackPlan:
        """What bringing the stack up would do, the cloud itself asked; where that does not answer, the plan says so.

        `beneath` is the plan of the stack that this one stands on: it counts with what it will offer by then.
        Nothing is written. Raises AstyError.
        """
        ...

    def up(self, stack: Stack, planned: StackPlan, report: Report) -> list[Outcome]:
        """Bring it up: an outcome per resource, UNKNOWN for what was done beyond the plan.

        Raises AstyError where the run as a whole could not be done.
        """
        ...

    def keep(self) -> list[Outcome]:
        """Give the other site a copy of what opens each stack, where it changed; an outcome for each that failed.

        A run that was killed, or plain `pulumi`, may have left one old.
        """
        ...


class Devices(Protocol):
    """The city's devices."""

    def plan(self) -> PushPlan:
        """How each differs from what is intended."""
        ...

    def push(self, plan: PushPlan) -> tuple[Outcome, ...]:
        """Do exactly what it says: an outcome per device."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What a change is made of and done to."""

    city: str
    clouds: Clouds
    devices: Devices


def look(world: World, report: Report) -> Change:
    """The change that would bring the world to the city: every stack and every device looked at, side by side.

    A stack that fails, or whose state is unknown, is told in the plan and stops that stack alone. Raises what is
    wrong with the city itself (InvalidInput) and what a guard refuses; nothing is changed anywhere.
    """
    sites: dict[str, list[Stack]] = {}
    for stack in turns(world.clouds.stacks):
        sites.setdefault(stack.site, []).append(stack)
    with ThreadPoolExecutor(len(sites) + 1) as pool:
        looks = [pool.submit(_look_at_site, world.clouds, stacks, report) for stacks in sites.values()]
        devices = pool.submit(world.devices.plan)
        found = {plan.stack: plan for one in looks for plan in one.result()}
        return Change(
            city=world.city,
            stacks=tuple(found[stack.name] for stack in world.clouds.stacks),
            devices=devices.result(),
        )


def _look_at_site(clouds: Clouds, stacks: Sequence[Stack], report: Report) -> list[StackPlan]:
    """Each stack with what the one beneath will offer: another image there wipes servers here."""
    plans: list[StackPlan] = []
    for stack in stacks:
        plans.append(_preview(clouds, stack, report, plans[-1] if plans else None))
    return plans


def _preview(clouds: Clouds, stack: Stack, report: Report, beneath: StackPlan | None) -> StackPlan:
    try:
        return clouds.preview(stack, report, beneath)
    except (InvalidInput, Refused):
        raise
    except AstyError as error:
        told = f"{error.thing}: {error.problem}. {error.remedy}"
        return StackPlan(stack=stack.name, fault=told, needs_person=isinstance(error, NeedsPerson))
