"""Pulumi's runs on a project's stacks, for programs: what plain `pulumi` does in a shell, told as values.

Nothing here changes which stack the operator has selected. A failure of a resource is an outcome; an exception
means that the run as a whole could not be done.
"""

import json
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from tempfile import NamedTemporaryFile
from typing import Any

from pulumi.automation import CommandError, StackAlreadyExistsError

from city.errors import AstyError, Failed, NeedsPerson, Refused
from city.load import load
from city.outcome import Outcome, Status
from infra import ground, protection, standing
from infra.checkpoint import begun, latest, outputs, torn
from infra.events import Report, listener
from infra.handle import handle_on
from infra.interrupted import pending, taken_over
from infra.locks import abandoned, unlock
from infra.orphans import find
from infra.plan import Account, StackPlan, plain, subject
from infra.project import Project, open_project, require_passphrase
from infra.pulumi_command import Pulumi
from infra.reach import connection, require
from infra.rehearsal import foresee as foresee_outputs
from infra.rehearsal import rehearsal
from infra.stacks import Stack

Deployment = dict[str, Any]
_MOMENTARY = re.compile(r"\b(429|502|503|504)\b|connection reset|EOF|timed? ?out", re.IGNORECASE)
"""What a cloud says that may well answer the next time (RFC 9110, 15.6; a proxy that was restarted)."""
_GUARDED = "the guards refuse it"


def quiet(_line: str) -> None:
    """A report that nobody reads."""


def prepare(stack: Stack, project: Project, report: Report = quiet) -> None:
    """Makes a stack ready for a run: its cloud answers, nobody else holds it, and nothing is left in between.

    Raises Unreachable naming the region and the services that are silent, within 20 s; Refused where another run
    holds the stack; NeedsPerson where that cannot be known.
    """
    own_city(stack, project)
    require(stack, project.clouds)
    make(stack, project)
    for lock in unlock(stack, project):
        report(f"{stack.name}: lifted the lock of process {lock.pid}, which is dead")
    if begun(project.checkpoint(stack.name)):
        heal(stack, project, report)


def whole(stack: Stack, project: Project) -> bool:
    """Whether the stack has a state. Raises NeedsPerson where that is lost or torn: a lost state is no first use."""
    checkpoint = project.checkpoint(stack.name)
    if checkpoint.exists():
        latest(checkpoint)
        return True
    if stack.name in project.made:
        raise torn(checkpoint, "it is gone, though the stack was made")
    return False


def own_city(stack: Stack, project: Project) -> None:
    """Raises Refused where the stack carries another city: its networks and servers would be replaced by ours."""
    carried = outputs(project.checkpoint(stack.name)).get("city") if whole(stack, project) else None
    declared = load(project.city).id
    if carried not in {None, declared}:
        raise Refused(
            f"stack {stack.name}",
            f"it carries the city {carried}, and the data are those of {declared}",
            f"Point ASTY_CITY or --city at the data of {carried}, or choose another workspace.",
        )


def make(stack: Stack, project: Project) -> None:
    """Pulumi knows the stack from here on; what it knew of it before stays. No cloud is asked."""
    open_project(project, [stack])
    if not whole(stack, project):
        _init(stack.name, project)


def _init(stack: str, project: Project) -> None:
    if not project.checkpoint(stack).exists():
        with suppress(StackAlreadyExistsError):
            Pulumi(project).run(["stack", "init", stack, "--no-select"], str(project.stack_files), {})


def foresee(stack: Stack, project: Project, beneath: StackPlan | None = None, report: Report = quiet) -> StackPlan:
    """What `up` would do, seen on a copy of the state: neither the project nor the cloud is written to.

    `beneath` is the plan of the stack that this one stands on: it counts with the outputs that it will have, also
    those that nobody can know yet. Raises as `prepare` does.
    """
    own_city(stack, project)
    require_passphrase(project)
    require(stack, project.clouds)
    abandoned(stack, project)
    with rehearsal(project) as copy:
        make(stack, copy)
        if begun(copy.checkpoint(stack.name)):
            heal(stack, copy, report)
        if beneath is not None and not beneath.unseen:
            _init(beneath.stack, copy)
            foresee_outputs(copy.checkpoint(beneath.stack), beneath.outputs)
        try:
            return preview(stack, copy, report=report)
        except Failed as failure:
            if not _MOMENTARY.search(failure.problem):
                raise
            report(f"{stack.name}: the cloud failed for a moment; looking again")
            return preview(stack, copy, report=report)


def preview(stack: Stack, project: Project, *, refresh: bool = True, report: Report = quiet) -> StackPlan:
    """What `up` would do now. With `refresh` the cloud is asked what is really there; nothing is written."""
    account = Account()
    handle = handle_on(stack, project)
    standing.keep(stack, project)
    _run(stack, account, lambda: handle.preview(refresh=refresh, on_event=listener(stack, account, report)))
    _raise_blame(stack, account)
    _refuse_smaller(stack, account)
    plan = account.plan(stack.name)
    ground.keep_under(stack, project, plan)
    return plan


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
    Raises Refused, before anything is touched, where that would delete what is protected, or move what stands.
    """
    protection.keep_declared(stack, project)
    standing.keep(stack, project)
    account = Account()
    handle = handle_on(stack, project)
    on_event = listener(stack, account, report)
    chosen = list(targets) if targets else None
    return _changed_by(
        stack,
        account,
        lambda: handle.up(refresh=refresh, on_event=on_event, target=chosen, target_dependents=bool(chosen)),
        planned,
    )


def refresh(stack: Stack, project: Project, report: Report = quiet) -> list[Outcome]:
    """Brings the state to what is really in the cloud; changes nothing there, so where it is cut off it only failed."""
    account = Account()
    handle = handle_on(stack, project)
    _run(stack, account, lambda: handle.refresh(on_event=listener(stack, account, report)))
    return _told(stack, account)


def heal(stack: Stack, project: Project, report: Report = quiet) -> tuple[str, ...]:
    """Resolves what a run that was cut off left in between; returns what was done about each operation.

    Of every creation that was begun the cloud is asked: what is there is taken over under its id, what is not is
    forgotten and made again by the next `up`. The refresh that follows settles the other operations.
    """
    deployment = export(stack, project)
    operations = pending(deployment)
    if not operations:
        return ()
    cloud = connection(stack, project.clouds)
    found = {op.urn: find(cloud, op.type, op.inputs) for op in operations if op.creating}
    _restore(stack, project, taken_over(deployment, found))
    refresh(stack, project)
    told = tuple(f"{stack.name}: {op}: {'taken over' if found.get(op.urn) else 'settled'}" for op in operations)
    for line in told:
        report(line)
    return told


def destroy(stack: Stack, project: Project, report: Report = quiet) -> list[Outcome]:
    """Removes everything of the stack. Raises Refused where it holds anything protected."""
    ground.keep(stack, project)
    protection.keep_all(stack, project)
    account = Account()
    handle = handle_on(stack, project)
    on_event = listener(stack, account, report)
    return _changed_by(stack, account, lambda: handle.destroy(on_event=on_event))


def export(stack: Stack, project: Project) -> Deployment:
    """The stack's deployment as Pulumi keeps it (version 3), its secrets encrypted; empty before the first run."""
    told = Pulumi(project).run(["stack", "export", "--stack", stack.name], str(project.stack_files), {})
    deployment = json.loads(told.stdout).get("deployment")
    return deployment if isinstance(deployment, dict) else {}


def _restore(stack: Stack, project: Project, deployment: Deployment) -> None:
    """Gives Pulumi a deployment back; through a file that only we may read."""
    with NamedTemporaryFile("w", dir=project.folder, suffix=".json", encoding="utf-8") as file:
        json.dump({"version": 3, "deployment": deployment}, file)
        file.flush()
        command = ["stack", "import", "--stack", stack.name, "--file", file.name]
        Pulumi(project).run(command, str(project.stack_files), {})


def _run(stack: Stack, account: Account, work: Callable[[], object]) -> None:
    """Does `work`; where Pulumi fails, the account says why, and only where it cannot, Pulumi's own words do."""
    try:
        work()
    except CommandError as error:
        if not account.errors:
            raise Failed(f"stack {stack.name}", plain(str(error)), "See the lines above.") from error
    except RuntimeError as error:
        if not account.errors:
            raise NeedsPerson(f"stack {stack.name}", plain(str(error)), "Run it again and look.") from error


def _changed_by(
    stack: Stack, account: Account, work: Callable[[], object], planned: StackPlan | None = None
) -> list[Outcome]:
    """What a run that changes the cloud did, also where Pulumi itself was killed in its middle."""
    try:
        _run(stack, account, work)
    except AstyError as error:
        if not account.resources:
            raise
        reason = "Pulumi did not come to the end of its run; plan again: that settles what was begun"
        cut_off = Outcome(subject=f"stack {stack.name}", status=Status.UNKNOWN, reason=reason, evidence=error.problem)
        return [*account.outcomes(stack.name, planned), cut_off]
    return _told(stack, account, planned)


def _told(stack: Stack, account: Account, planned: StackPlan | None = None) -> list[Outcome]:
    """Raises what was said against the run only where nothing had begun; else it is told beside what was done."""
    if not account.begun and not any(seen.failed for seen in account.resources.values()):
        _raise_blame(stack, account)
    outcomes = account.outcomes(stack.name, planned)
    if account.errors and not any(outcome.status is Status.FAILED for outcome in outcomes):
        outcomes.append(Outcome(subject=f"stack {stack.name}", status=Status.FAILED, reason=account.said))
    return outcomes


def _raise_blame(stack: Stack, account: Account) -> None:
    """Raises what the program or Pulumi itself said against the run: Refused where it was a guard, ours or Pulumi's."""
    if not account.errors:
        return
    if _GUARDED in account.said:
        raise Refused(f"stack {stack.name}", account.said, "Nothing was done.")
    if told := protection.refused(stack, account.errors):
        raise told
    raise Failed(f"stack {stack.name}", account.said, "Nothing else of the stack was done.")


def _refuse_smaller(stack: Stack, account: Account) -> None:
    """Raises Refused where a volume is to shrink: block storage would refuse it half-way through the run."""
    if account.smaller:
        listed = "; ".join(
            f"{subject(urn)} has {there} GB and is declared with {declared} GB"
            for urn, (there, declared) in sorted(account.smaller.items())
        )
        remedy = "Declare what is there, or more. To have less, move the data to another service's volume."
        raise Refused(f"stack {stack.name}", f"a volume never shrinks: {listed}", remedy)
