"""A change is carried out: one site after the other, its workloads after it, then the devices."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from asty.change import Change
from asty.looking import World
from asty.screen import Report
from city.errors import AstyError, NeedsPerson
from city.outcome import Outcome, Status
from infra.plan import StackPlan
from infra.stacks import Program, Stack, turns, waves


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
