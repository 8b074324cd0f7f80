"""Before a run: the stack is whole and of this city, nobody else holds it, and nothing is left in between."""

from contextlib import suppress

from pulumi.automation import StackAlreadyExistsError

from city.errors import Refused
from city.load import load
from infra import copies
from infra.checkpoint import begun, drop_torn_attributes, latest, outputs, torn
from infra.events import Report, quiet
from infra.healing import heal
from infra.locks import unlock
from infra.project import Project, open_project
from infra.pulumi_command import Pulumi
from infra.reach import require
from infra.stacks import Stack


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
    """Raises Refused where the stack carries another city: its networks and servers would be replaced by ours.

    Raises NeedsPerson where the other site's copy of its state is newer.
    """
    copies.require_newest(stack, project)
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
    drop_torn_attributes(project.checkpoint(stack.name))
    if not whole(stack, project):
        init(stack.name, project)


def init(stack: str, project: Project) -> None:
    """An empty state, where there is none."""
    if not project.checkpoint(stack).exists():
        with suppress(StackAlreadyExistsError):
            Pulumi(project).run(["stack", "init", stack, "--no-select"], str(project.stack_files), {})
