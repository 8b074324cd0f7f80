"""The operations that a run which was cut off (kill -9, a lost machine) had begun and not seen to an end.

They stay in the stack's state. What became of them the cloud is asked, not a guess.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from infra.plan import subject

_CREATING = "creating"
_DELETED_FIRST = "pendingReplacement"
"""So Pulumi marks what it deleted, until the one that takes its place is made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """An operation that was begun: `kind` is creating, updating, deleting or reading; `inputs` what was asked for."""

    urn: str
    kind: str
    type: str
    inputs: Mapping[str, Any]

    @property
    def creating(self) -> bool:
        return self.kind == _CREATING

    def __str__(self) -> str:
        return f"{self.kind} {subject(self.urn)}"


def pending(deployment: Mapping[str, Any]) -> tuple[Pending, ...]:
    """The begun operations of a deployment, as exported, sorted by URN."""
    found = deployment.get("pending_operations") or ()
    return tuple(sorted(map(_pending, found), key=lambda operation: operation.urn))


def _pending(operation: Mapping[str, Any]) -> Pending:
    resource = operation["resource"]
    return Pending(
        urn=resource["urn"], kind=operation["type"], type=resource["type"], inputs=resource.get("inputs", {})
    )


def taken_over(
    deployment: Mapping[str, Any], found: Mapping[str, str | None], half_made: Collection[str] = ()
) -> dict[str, Any]:
    """The deployment with its begun creations resolved: those `found` under an id are resources now, the rest gone.

    What was asked for stands in for what the cloud does not tell again (scheduler hints), so that nothing is
    replaced for want of it. Pulumi's own `refresh --import-pending-creates` drops them all in 3.259: they would
    be made twice. Where a creation was the first half of a replacement, the resource that it replaces is still
    there: from then on it waits for its deletion, as Pulumi itself would have marked it. What Pulumi deleted first, to
    make it anew, is forgotten, and what was to depend on it is made after it. What is `half_made`, by its
    URN, waits for its deletion itself, and is made anew.
    """
    begun = deployment.get("pending_operations") or ()
    creating = [operation["resource"] for operation in begun if operation["type"] == _CREATING]
    adopted = [
        {
            **resource,
            "id": found[resource["urn"]],
            "outputs": resource.get("inputs", {}),
            **({"delete": True} if resource["urn"] in half_made else {}),
        }
        for resource in creating
        if found.get(resource["urn"])
    ]
    replaced = {resource["urn"]: resource for resource in adopted if not resource.get("delete")}
    kept = [resource for resource in deployment.get("resources") or () if not _is(resource, replaced)]
    placed = [_settled(resource, replaced) for resource in kept]
    return {
        **deployment,
        "resources": _without_deleted([*placed, *(resource for resource in adopted if resource not in placed)]),
        "pending_operations": [operation for operation in begun if operation["type"] != _CREATING],
    }


def deleted_first(deployment: Mapping[str, Any]) -> tuple[str, ...]:
    """The URNs of what Pulumi deleted to replace it, and did not come to make anew: gone from the cloud.

    Pulumi would delete it once more with what it depends on: a pool's member cannot be, once its pool is gone.
    """
    return tuple(r["urn"] for r in deployment.get("resources") or () if r.get(_DELETED_FIRST))


def _without_deleted(resources: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Those that are there; nothing depends any more on what is not."""
    there = [resource for resource in resources if not resource.get(_DELETED_FIRST)]
    gone = {resource["urn"] for resource in resources} - {resource["urn"] for resource in there}
    return [_independent(resource, gone) for resource in there] if gone else there


def _independent(resource: Mapping[str, Any], gone: Collection[str]) -> Mapping[str, Any]:
    def left(urns: Iterable[str] | None) -> list[str]:
        return [urn for urn in urns or () if urn not in gone]

    told = dict(resource)
    if "dependencies" in told:
        told["dependencies"] = left(told["dependencies"])
    if "propertyDependencies" in told:
        told["propertyDependencies"] = {key: left(urns) for key, urns in told["propertyDependencies"].items()}
    return told


def _is(resource: Mapping[str, Any], adopted: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether a resource of the state is the very one that was adopted: then it is kept once."""
    return resource["urn"] in adopted and resource.get("id") == adopted[resource["urn"]]["id"]


def _settled(resource: Mapping[str, Any], adopted: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any]:
    """A resource of the state, after what was made in its place was adopted.

    The new one stands where the one that was deleted first stood, before all that depends on it.
    """
    new = adopted.get(resource["urn"])
    if new is None:
        return resource
    return new if resource.get(_DELETED_FIRST) else {**resource, "delete": True}
