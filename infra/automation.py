"""Pulumi's runs on a project's stacks, for programs: what plain `pulumi` does in a shell, told as values.

Nothing here changes which stack the operator has selected. A failure of a resource is an outcome; an exception
means that the run as a whole could not be done.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from city.errors import Failed
from city.load import load
from city.outcome import Outcome
from infra import ground, protection, standing, strangers
from infra.account import Account
from infra.causes import explained
from infra.checkpoint import begun, ids
from infra.events import Report, listener, quiet
from infra.handle import handle_on
from infra.healing import heal
from infra.locks import abandoned
from infra.patience import again, still_waiting
from infra.plan import StackPlan
from infra.preparing import init, make, own_city
from infra.project import Project, require_passphrase
from infra.reach import connection, require
from infra.rehearsal import foresee as foresee_outputs
from infra.rehearsal import rehearsal
from infra.runs import changed_by, raise_blame, refuse_smaller, run
from infra.shortages import shortages
from infra.stacks import Stack
from infra.to_the_end import to_the_end


def foresee(stack: Stack, project: Project, beneath: StackPlan | None = None, report: Report = quiet) -> StackPlan:
    """What `up` would do, seen on a copy of the state: neither the project nor the cloud is written to.

    `beneath` is the plan of the stack that this one stands on: it counts with the outputs that it will have, also
    those that nobody can know yet. A quota that has no room for the steps is told beside them. Raises as
    `preparing.prepare` does, and NeedsPerson where the cloud has what is to be made: another state knows it.
    """
    own_city(stack, project)
    if beneath is not None and beneath.unseen and not project.checkpoint(beneath.stack).exists():
        problem = f"it stands on {beneath.stack}, which was never brought up and cannot be planned"
        raise Failed(f"stack {stack.name}", problem, f"Look at what is said of {beneath.stack}.")
    require_passphrase(project)
    require(stack, project.clouds)
    abandoned(stack, project)
    with rehearsal(project) as copy:
        make(stack, copy)
        if begun(copy.checkpoint(stack.name)):
            heal(stack, copy, report)
        if beneath is not None and not beneath.unseen:
            init(beneath.stack, copy)
            foresee_outputs(copy.checkpoint(beneath.stack), beneath.outputs)
        plan = preview(stack, copy, report=report)
        known = ids(copy.checkpoint(stack.name))
    city, look = load(project.city), partial(connection, stack, project.clouds)
    strangers.refuse(stack, city.id, plan, known, look)
    before = beneath.steps if beneath is not None and plan.steps else ()
    short = shortages(city, stack.role, (*before, *plan.steps), look)
    for line in short:
        report(f"{stack.name}: {line}")
    return replace(plan, notes=(*plan.notes, *short))


def preview(stack: Stack, project: Project, *, refresh: bool = True, report: Report = quiet) -> StackPlan:
    """What `up` would do now. With `refresh` the cloud is asked what is really there; nothing is written."""
    standing.keep(stack, project)

    def once() -> StackPlan:
        account = Account()
        handle = handle_on(stack, project)
        run(stack, account, lambda: handle.preview(refresh=refresh, on_event=listener(stack, account, report)))
        raise_blame(stack, account)
        refuse_smaller(stack, account)
        return account.plan(stack.name)

    with still_waiting(stack.name, report):
        plan = again(once, stack.name, report)
    ground.keep_under(stack, project, plan)
    return replace(plan, notes=(*plan.notes, *protection.lost_data(project.checkpoint(stack.name), plan)))


def up(  # noqa: PLR0913 - what is brought up, by whom it is told, and what it is held to
    stack: Stack,
    project: Project,
    report: Report = quiet,
    *,
    refresh: bool = True,
    planned: StackPlan | None = None,
    targets: Sequence[str] | None = None,
) -> list[Outcome]:
    """Brings the stack to what is declared: one outcome per resource, whether it went well or not.

    With `targets` these resources alone, by their URNs, and what hangs on them.
    What was done beyond what was `planned` is an UNKNOWN outcome; so is the stack where Pulumi died in the middle.
    What was asked for without an answer is looked for in the cloud, and taken over where it was made. What failed for a
    moment alone is gone on with, and so are deletions that the cloud ended late; of what failed otherwise the cloud is
    asked why.
    Raises Refused, before anything is touched, where that would delete what is protected, or move what stands.
    """
    protection.keep_declared(stack, project)
    standing.keep(stack, project)
    chosen = list(targets) if targets else None

    def once(account: Account) -> list[Outcome]:
        handle = handle_on(stack, project)
        on_event = listener(stack, account, report)
        work = partial(handle.up, refresh=refresh, on_event=on_event, target=chosen, target_dependents=bool(chosen))
        return changed_by(stack, account, work, planned)

    return explained(to_the_end(stack, project, once, report), lambda: connection(stack, project.clouds))


def destroy(stack: Stack, project: Project, report: Report = quiet) -> list[Outcome]:
    """Removes everything of the stack. Raises Refused where it holds anything protected."""
    ground.keep(stack, project)
    protection.keep_all(stack, project)

    def once(account: Account) -> list[Outcome]:
        handle = handle_on(stack, project)
        on_event = listener(stack, account, report)
        return changed_by(stack, account, lambda: handle.destroy(on_event=on_event))

    return to_the_end(stack, project, once, report)
