"""Cloud, recovery site and devices as one change."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import click

from asty import by_hand, gathering, lab_access, leading
from asty.call import Call, json_option
from asty.change import Change
from asty.city_data import load
from asty.drill_known import known
from asty.looking import look
from asty.planning import keep
from asty.tree import tree
from asty.world import world
from city.errors import ExitCode
from city.model.places import SiteRole
from infra.stacks import Stack


@click.command("plan")
@json_option
@click.pass_obj
def command(call: Call) -> ExitCode:
    """Show what would bring the clouds and the devices to the city, and keep it under its hash.

    Every stack is previewed against the real cloud and every device is looked at; nothing is changed. A cloud or
    a device that does not answer is told as such, and the rest can be applied without it.
    What somebody changed in a cloud by hand, and no step would change, is told beside the plan with what helps.
    Exit 4 where the state of a stack is unknown, 1 where a stack could not be planned; the rest is planned.
    What a drill of any machine moved to the other site stays there, and is told with the drill.
    JSON: hash, city, stacks, devices, by_hand (weight, subject, problem, remedy), led (service, site, drill, since,
    held).
    """
    workspace = call.prepared()
    city = load(workspace.city_folder)
    led = leading.led(known(workspace, call.screen.line))
    there = world(workspace, city, call.screen, lab_access.project(workspace, call.screen.line))
    views = gathering.views(city, lab_access.params(workspace).clouds_yaml)
    with ThreadPoolExecutor(1) as pool:
        sites = pool.submit(gathering.observe, city, (), views, datetime.now(UTC))
        change = look(there, call.screen.line)
        found = by_hand.findings(sites.result(), _planned(change, there.clouds.stacks))
    keep(change, workspace.plans)
    content = {**change.as_json(), "by_hand": by_hand.as_json(found), "led": leading.as_json(led)}
    call.screen.result(content, [*tree(change), *by_hand.lines(found), *leading.lines(led), _after(change)])
    return _code(change)


def _planned(change: Change, stacks: Iterable[Stack]) -> dict[SiteRole, set[str]]:
    """For what each site's stacks have steps."""
    roles = {stack.name: stack.role for stack in stacks}
    found: dict[SiteRole, set[str]] = {role: set() for role in SiteRole}
    for plan in change.stacks:
        found[roles[plan.stack]] |= {step.subject for step in plan.steps}
    return found


def _code(change: Change) -> ExitCode:
    if any(stack.needs_person for stack in change.stacks):
        return ExitCode.UNKNOWN
    return ExitCode.FAILED if any(stack.fault for stack in change.stacks) else ExitCode.DONE


def _after(change: Change) -> str:
    if change.nothing:
        return "nothing to do"
    words = "stacks and devices that could not be looked at, and may need anything"
    unseen = f"; {words}: {len(change.unseen)}" if change.unseen else ""
    return f"to do exactly this: asty apply --plan {change.hash[:12]}{unseen}"
