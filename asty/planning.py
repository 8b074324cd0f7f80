"""Making, keeping and carrying out a change of clouds and devices: the I/O around asty.change.

The rooms are behind Protocols, so that what is decided here is tested without a cloud.
"""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from asty.change import Change, from_json, moved
from asty.screen import Report
from city.errors import AstyError, InvalidInput, NeedsPerson, Refused
from city.outcome import Outcome, Status
from infra.plan import StackPlan
from infra.stacks import Program, Stack, turns, waves
from network.plan import Kind, PlanEntry, PushPlan

_TOLD = 12
"""How many of the moves a refusal lists."""
_SHORTEST = 4


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


def keep(change: Change, folder: Path) -> Path:
    """Write the plan under its hash (0600); the file there already says the same."""
    path = folder / f"{change.hash}.json"
    draft = path.with_name(f".{change.hash}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
        json.dump(change.as_json(), out, ensure_ascii=False)
    draft.replace(path)
    return path


def find(prefix: str, folder: Path) -> Change:
    """The plan whose hash begins so. Raises InvalidInput where there is none, or more than one."""
    if len(prefix) < _SHORTEST:
        raise InvalidInput(f"plan {prefix!r}", "it is too short to be sure", f"Give at least {_SHORTEST} characters.")
    found = sorted(path for path in folder.glob("*.json") if path.stem.startswith(prefix))
    if len(found) != 1:
        problem = f"{len(found)} plans begin so" if found else "there is no such plan"
        raise InvalidInput(f"plan {prefix}", problem, "Run `asty plan`, and give the hash that it prints.")
    try:
        return from_json(json.loads(found[0].read_text(encoding="utf-8")))
    except ValueError as error:
        raise InvalidInput(f"plan {found[0]}", f"it is no JSON ({error})", "Run `asty plan` again.") from error


def hold(planned: Change, found: Change) -> None:
    """Raises Refused, saying what moved, unless the world still is what `planned` was made for.

    A device that falls silent, or that the plan leaves as it is, holds up nobody: its push looks at it again by
    itself, and tells what it found.
    """
    lines = moved(planned, _as_planned(planned, found))
    if not lines:
        return
    rest = [f"and {len(lines) - _TOLD} more"] if len(lines) > _TOLD else []
    raise Refused(
        f"plan {planned.hash[:12]}",
        "the world moved since it was made; nothing was changed:"
        + "".join(f"\n  {line}" for line in [*lines[:_TOLD], *rest])
        + "\n",
        "Look at what `asty plan` says now, and apply that.",
    )


def _as_planned(planned: Change, found: Change) -> Change:
    """What was found, with the devices that decide nothing as they were when it was planned."""
    before = {entry.device: entry for entry in planned.devices.entries}
    entries = (_device_as_planned(before.get(entry.device, entry), entry) for entry in found.devices.entries)
    return replace(found, devices=replace(found.devices, entries=tuple(entries)))


def _device_as_planned(was: PlanEntry, now: PlanEntry) -> PlanEntry:
    same_intent = was.intended == now.intended
    return was if same_intent and (now.kind is Kind.UNREACHABLE or was.kind is not Kind.CHANGE) else now


def carry_out(change: Change, world: World, report: Report) -> list[Outcome]:
    """Do what the change says: one site after the other, its workloads after it, then devices; an outcome for each.

    Sites of which nothing stands yet are made side by side.

    Nothing begins after something failed or went beyond the plan: what was left is SKIPPED, saying so. A stack that
    was planned as out of reach FAILED too, and holds up only what stands on it: whoever applies knew of it.
    """
    to_do, apart = _parted(change, world.clouds.stacks)
    outcomes: list[Outcome] = []
    fresh = not any(plan.unchanged for plan in to_do.values())
    for wave in waves(to_do) if fresh else [(stack,) for stack in turns(to_do)]:
        outcomes += _wave({stack: to_do[stack] for stack in wave}, outcomes, world, report)
    if _went_wrong(outcomes):
        return [*apart, *outcomes, *(_left(f"device {entry.device}") for entry in change.devices.entries)]
    return [*apart, *outcomes, *world.devices.push(change.devices)]


def _parted(change: Change, stacks: Sequence[Stack]) -> tuple[dict[Stack, StackPlan], list[Outcome]]:
    """What there is to do, and what becomes of the stacks that are left alone: out of reach, or on such a site."""
    plans = {plan.stack: plan for plan in change.stacks}
    away = {stack.site for stack in stacks if stack.program is Program.SITE and plans[stack.name].unseen}
    to_do = {stack: plans[stack.name] for stack in stacks if plans[stack.name].steps}
    apart = [_unreached(plan) for plan in change.stacks if plan.unseen]
    apart += [_left(f"stack {stack.name}", "its site is out of reach") for stack in to_do if stack.site in away]
    return {stack: plan for stack, plan in to_do.items() if stack.site not in away}, apart


def _wave(to_do: Mapping[Stack, StackPlan], before: list[Outcome], world: World, report: Report) -> Iterator[Outcome]:
    if _went_wrong(before):
        yield from [_left(f"stack {stack.name}") for stack in to_do]
        return
    with ThreadPoolExecutor(max(len(to_do), 1)) as pool:
        for outcomes in pool.map(lambda stack: _up(stack, to_do[stack], world, report), to_do):
            yield from outcomes


def _up(stack: Stack, planned: StackPlan, world: World, report: Report) -> list[Outcome]:
    try:
        return world.clouds.up(stack, planned, report)
    except AstyError as error:
        status = Status.UNKNOWN if isinstance(error, NeedsPerson) else Status.FAILED
        return [Outcome(subject=f"stack {stack.name}", status=status, reason=f"{error.problem}. {error.remedy}")]


def _went_wrong(outcomes: Sequence[Outcome]) -> bool:
    return any(outcome.status in {Status.FAILED, Status.UNKNOWN} for outcome in outcomes)


def _unreached(plan: StackPlan) -> Outcome:
    status = Status.UNKNOWN if plan.needs_person else Status.FAILED
    return Outcome(subject=f"stack {plan.stack}", status=status, reason=plan.unseen)


def _left(subject: str, why: str = "something before it failed") -> Outcome:
    return Outcome(subject=subject, status=Status.SKIPPED, reason=f"{why}; plan and apply again")
