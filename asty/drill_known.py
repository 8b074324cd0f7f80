"""The drills as a command finds them: as this machine knows them, or as the recovery site's host has them too."""

from collections.abc import Callable

from asty.call import Call
from asty.drill_custodian import custodian_of
from asty.drill_folder import drills_of
from asty.workspace import Workspace
from city.errors import AstyError, Refused
from drs.drill.folder import Drills


def drills(call: Call) -> Drills:
    """As this machine knows them: nobody is asked."""
    return drills_of(call.prepared())


def shared(call: Call) -> Drills:
    """For who goes on with one: as the recovery site's host has them, where one keeps them; where it cannot be reached,
    that is told with what to do."""
    return _met(call.prepared(), lambda trouble: call.screen.line(str(trouble)))


def known(workspace: Workspace, tell: Callable[[str], None]) -> Drills:
    """For who only reads: the drills of all machines; where the host cannot be reached, those that this machine knows,
    and that is told."""
    return _met(
        workspace, lambda why: tell(f"only the drills that this machine knows are read: {why.thing}: {why.problem}")
    )


def _met(workspace: Workspace, unmet: Callable[[AstyError], None]) -> Drills:
    kept = drills_of(workspace, custodian_of(workspace))
    try:
        kept.meet()
    except AstyError as trouble:
        unmet(trouble)
    return kept


def none_open(kept: Drills) -> None:
    """Raises Refused where a drill is not over."""
    for other in kept.every():
        if not other.journal().run.closed:
            remedy = "Go on with `asty drill resume`, or end it with `asty drill stop`."
            raise Refused(f"drill {other.name}", "it is not over", remedy)
