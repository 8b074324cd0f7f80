"""The operations that a run which was cut off (kill -9, a lost machine) had begun and not seen to an end.

They stay in the stack's state. What became of them the cloud is asked, not a guess.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from infra.plan import subject

_CREATING = "creating"


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
    there: from then on it waits for its deletion, as Pulumi itself would have marked it; where Pulumi had deleted it
    first, it is forgotten. What is `half_made`, by its
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
        "resources": [*placed, *(resource for resource in adopted if resource not in placed)],
        "pending_operations": [operation for operation in begun if operation["type"] != _CREATING],
    }


def _is(resource: Mapping[str, Any], adopted: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether a resource of the state is the very one that was adopted: then it is kept once."""
    return resource["urn"] in adopted and resource.get("id") == adopted[resource["urn"]]["id"]


def _settled(resource: Mapping[str, Any], adopted: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any]:
    """A resource of the state, after what was made in its place was adopted.

    Pulumi keeps what it deleted first as `pendingReplacement` until the new one is made: that is gone from the cloud,
    and the new one stands where it stood, before all that depends on it.
    """
    new = adopted.get(resource["urn"])
    if new is None:
        return resource
    return new if resource.get("pendingReplacement") else {**resource, "delete": True}
