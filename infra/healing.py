"""What a run that was cut off left in between is settled: the cloud is asked what became of it."""

import json
from collections.abc import Mapping
from tempfile import NamedTemporaryFile
from typing import Any

from city.outcome import Outcome
from infra import runs
from infra.account import Account, Resource
from infra.events import Report, listener, quiet
from infra.handle import handle_on
from infra.interrupted import deleted_first, pending, taken_over
from infra.orphans import find, half_made
from infra.patience import again, still_waiting
from infra.plan import subject
from infra.project import Project
from infra.pulumi_command import Pulumi
from infra.reach import connection
from infra.stacks import Stack

Deployment = dict[str, Any]


def heal(stack: Stack, project: Project, report: Report = quiet) -> tuple[str, ...]:
    """Resolves what a run that was cut off left in between; returns what was done about each operation.

    Of every creation that was begun the cloud is asked: what is there is taken over under its id, what is not is
    forgotten and made again by the next `up`. So is what a run had deleted to replace it, also a run
    that failed. The refresh that follows settles the other operations.
    """
    deployment = export(stack, project)
    operations, gone = pending(deployment), deleted_first(deployment)
    if not operations and not gone:
        return ()
    with connection(stack, project.clouds) as cloud:
        found = {op.urn: find(cloud, op.type, op.inputs) for op in operations if op.creating}
        half = {op.urn for op in operations if (there := found.get(op.urn)) and half_made(cloud, op.type, there)}
    _restore(stack, project, taken_over(deployment, found, half))
    refresh(stack, project, report)
    told = (
        *(f"{stack.name}: {op}: {'taken over' if found.get(op.urn) else 'settled'}" for op in operations),
        *(f"{stack.name}: {subject(urn)}: deleted to be replaced; it is to be made" for urn in gone),
    )
    for line in told:
        report(line)
    return told


def take_over(stack: Stack, project: Project, asked: Mapping[str, Resource], report: Report = quiet) -> frozenset[str]:
    """Of what a run asked for without an answer, by its URN: takes over what the cloud made; returns their URNs.

    To ask once more would make it twice: a gateway gives up (504) where the service behind it goes on.
    """
    deployment = export(stack, project)
    known = {resource.get("id") for resource in deployment.get("resources") or ()}
    with connection(stack, project.clouds) as cloud:
        found = {urn: find(cloud, resource["type"], resource["inputs"]) for urn, resource in asked.items()}
        made = {urn: there for urn, there in found.items() if there is not None and there not in known}
        half = {urn for urn, there in made.items() if half_made(cloud, asked[urn]["type"], there)}
    if made:
        begun = [{"type": "creating", "resource": asked[urn]} for urn in made]
        _restore(stack, project, taken_over({**deployment, "pending_operations": begun}, made, half))
        refresh(stack, project, report)
    for urn in made:
        report(f"{stack.name}: {subject(urn)}: made, though no answer came; taken over")
    return frozenset(made)


def refresh(stack: Stack, project: Project, report: Report = quiet) -> list[Outcome]:
    """Brings the state to what is really in the cloud; changes nothing there, so where it is cut off it only failed."""

    def once() -> list[Outcome]:
        account = Account()
        handle = handle_on(stack, project)
        runs.run(stack, account, lambda: handle.refresh(on_event=listener(stack, account, quiet)))
        return runs.told(stack, account)

    with still_waiting(stack.name, report):
        return again(once, stack.name, report)


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
