"""Things of a stack that its cloud has and its state does not know: another state knows them, or nobody does any more.

Two machines that each keep a state of their own would make everything twice; so would one whose state was lost with
all its copies. Whoever plans to make a thing that already stands there under our mark is told, before anything is made.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any

from keystoneauth1.exceptions import ClientException
from openstack.connection import Connection
from openstack.exceptions import SDKException

from city.errors import Failed, NeedsPerson
from infra.marks import words
from infra.plan import StackPlan, plain
from infra.stacks import Stack

_KINDS: Mapping[str, Callable[[Connection], Iterable[Any]]] = {
    "Network": lambda cloud: cloud.network.networks(),
    "Router": lambda cloud: cloud.network.routers(),
    "SecGroup": lambda cloud: cloud.network.security_groups(),
    "Port": lambda cloud: cloud.network.ports(),
    "Volume": lambda cloud: cloud.block_storage.volumes(),
    "Instance": lambda cloud: cloud.compute.servers(details=True),
    "LoadBalancer": lambda cloud: cloud.load_balancer.load_balancers(),
    "Zone": lambda cloud: cloud.dns.zones(),
}
"""Those that carry our mark, and that everything else hangs on."""
_TOLD = 3


def refuse(stack: Stack, city: str, plan: StackPlan, known: Collection[str], look: Callable[[], Connection]) -> None:
    """Raises NeedsPerson where the plan makes what the cloud has already; `known` are the ids in the stack's state.

    Raises Failed where the cloud does not answer: what it has, nobody knows then.
    """
    wanted = [
        (kind, name) for step in plan.steps if step.op == "create" for kind, _, name in [step.subject.partition(" ")]
    ]
    if not any(kind in _KINDS for kind, _ in wanted):
        return
    try:
        with look() as cloud:
            found = list(_standing(cloud, stack, city, wanted, known))
    except (SDKException, ClientException) as error:
        why = f"its cloud does not say what stands there already ({plain(str(error))})"
        raise Failed(f"stack {stack.name}", why, "Look at the cloud, and plan again.") from error
    if found:
        listed = ", ".join(found[:_TOLD]) + (" ..." if len(found) > _TOLD else "")
        raise NeedsPerson(
            f"stack {stack.name}",
            f"its cloud has {len(found)} things of this very stack that its state does not know: {listed}",
            "If somebody works on this city from another machine, work there, or bring its state here. If the state "
            "was lost, or is an old one, take the newest back: `asty state` shows the copies; look at your own backup.",
        )


def _standing(
    cloud: Connection, stack: Stack, city: str, wanted: Iterable[tuple[str, str]], known: Collection[str]
) -> Iterator[str]:
    names: dict[str, list[str]] = {}
    for kind, name in wanted:
        names.setdefault(kind, []).append(name)
    for kind, listing in _KINDS.items():
        for thing in listing(cloud) if kind in names else ():
            if thing.id not in known and any(_ours(thing, stack, city, kind, name) for name in names[kind]):
                yield f"{kind} {thing.name} ({thing.id})"


def _ours(thing: Any, stack: Stack, city: str, kind: str, name: str) -> bool:  # noqa: ANN401 - any of openstacksdk's
    """By its description, or by the name that it has beside the city and stack in its tags or metadata."""
    if (getattr(thing, "description", None) or "").rstrip(")").endswith(words(city, stack.name, kind, name)):
        return True
    worn = dict(tag.partition("=")[::2] for tag in getattr(thing, "tags", None) or ())
    worn |= getattr(thing, "metadata", None) or {}
    return thing.name == name and worn.get("city") == city and worn.get("stack") == stack.name
