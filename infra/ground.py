"""What workloads stand on: a site's networks, router and zone stay as long as anything stands there.

No plan and no remedy may move a live service to other addresses: a range, a name or a zone that is declared anew is
another resource to a cloud, and everything on the old one goes with it.
"""

from city.errors import Refused
from infra.checkpoint import standing
from infra.plan import StackPlan, Step
from infra.project import Project
from infra.stacks import Stack

_NEVER_REPLACED = ("network:Network", "subnet:Subnet", "router:Router", "zone:Zone")
_NEVER_DELETED = ("router:Router", "zone:Zone")


def keep(stack: Stack, project: Project) -> None:
    """Raises Refused where a site is to be destroyed on which workloads stand."""
    there = _standing_on(stack, project)
    if there:
        raise Refused(
            f"stack {stack.name}",
            f"{len(there)} resources of {stack.above} stand on it, the first {there[0]}",
            f"Leave the site. Where its end is meant, the services of {stack.above} end first (docs/operator.md).",
        )


def keep_under(stack: Stack, project: Project, plan: StackPlan) -> None:
    """Raises Refused where a plan takes from under live workloads what they stand on."""
    lost = [step for step in plan.steps if _takes_away(step)]
    there = _standing_on(stack, project) if lost else ()
    if there:
        listed = ", ".join(f"{step.op} {step.subject}" for step in lost)
        raise Refused(
            f"stack {stack.name}",
            f"it would {listed}, and {len(there)} resources of {stack.above} stand there",
            "Take back what asks for it: another range, name or zone is another network. Declare a further network "
            "beside it.",
        )


def _takes_away(step: Step) -> bool:
    return (step.op == "replace" and step.type.endswith(_NEVER_REPLACED)) or (
        step.op == "delete" and step.type.endswith(_NEVER_DELETED)
    )


def _standing_on(stack: Stack, project: Project) -> tuple[str, ...]:
    checkpoint = project.checkpoint(stack.above) if stack.above else None
    return standing(checkpoint) if checkpoint is not None and checkpoint.exists() else ()
