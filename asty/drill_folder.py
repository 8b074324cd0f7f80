"""Where the drills of a workspace are kept."""

from collections.abc import Iterator
from pathlib import Path

from asty.workspace import Workspace
from drs.drill.custodian import Custodian
from drs.drill.folder import Drills


def drills_of(workspace: Workspace, custodian: Custodian | None = None) -> Drills:
    """Whether or not there is one: beside Pulumi's state; with a custodian, as that one has them as well."""
    root, memory = workspace.pulumi.parent / "drills", workspace.home / "drills-seen"
    return Drills(root=root, memory=memory, custodian=custodian)


def marks_of(workspace: Workspace) -> Iterator[Path]:
    """Every file that marks were written into: those that always stand, and those of each drill."""
    yield from (workspace.home / "marks").glob("*.jsonl")
    yield from drills_of(workspace).root.glob("*/marks/*.jsonl")
