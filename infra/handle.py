"""Pulumi's handle on one stack, without what it does beside the run that was asked for."""

from datetime import UTC, datetime

from pulumi import automation
from pulumi.automation._stack import StackInitMode

from city.errors import InvalidInput
from infra.project import Project
from infra.pulumi_command import Pulumi
from infra.stacks import Stack


class Selected(automation.LocalWorkspace):
    """A workspace that leaves the operator's selection alone: every command names its stack anyway."""

    def select_stack(self, stack_name: str) -> None:
        """Pulumi's Stack calls this at its making."""


class Handle(automation.Stack):
    """Without the three further commands that Pulumi runs after each `up` to read what nobody here asks for."""

    def outputs(self) -> dict[str, automation.OutputValue]:
        return {}

    def info(self, show_secrets: bool = False) -> automation.UpdateSummary:  # noqa: FBT001, FBT002 - Pulumi's own
        del show_secrets
        return automation.UpdateSummary(
            kind="update", start_time=datetime.now(UTC), message="", environment={}, config={}, result="succeeded"
        )


def handle_on(stack: Stack, project: Project) -> automation.Stack:
    if not project.checkpoint(stack.name).exists():
        raise InvalidInput(f"stack {stack.name}", "it is not made yet", "Prepare it first.")
    workspace = Selected(work_dir=str(project.stack_files), pulumi_command=Pulumi(project))
    return Handle(stack.name, workspace, StackInitMode.SELECT)
