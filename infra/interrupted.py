"""What a run that was cut off (kill -9, a lost machine) leaves behind, and how the next one gets past it.

Two things stay: the lock of the dead run, and in the stack's state the operations that it had begun and not seen
to an end. A lock is lifted only where its holder is certainly dead. Begun operations ask the cloud, not a guess.
"""

import json
import os
import socket
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from city.errors import NeedsPerson, Refused
from city.processes import epoch, start_time
from infra.plan import subject
from infra.project import Project
from infra.stacks import Stack

_CREATING = "creating"
_CLOCK_S = 2.0
"""Within which two clocks that are read in turn may differ."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """Who holds a stack: as Pulumi's file backend writes it."""

    path: Path
    pid: int
    host: str
    since: str


def pending(deployment: Mapping[str, Any]) -> tuple[Pending, ...]:
    """The begun operations of a deployment, as exported, sorted by URN."""
    found = deployment.get("pending_operations") or ()
    return tuple(sorted(map(_pending, found), key=lambda operation: operation.urn))


def _pending(operation: Mapping[str, Any]) -> Pending:
    resource = operation["resource"]
    return Pending(
        urn=resource["urn"], kind=operation["type"], type=resource["type"], inputs=resource.get("inputs", {})
    )


def taken_over(deployment: Mapping[str, Any], found: Mapping[str, str | None]) -> dict[str, Any]:
    """The deployment with its begun creations resolved: those `found` under an id are resources now, the rest gone.

    What was asked for stands in for what the cloud does not tell again (scheduler hints), so that nothing is
    replaced for want of it. Pulumi's own `refresh --import-pending-creates` drops them all in 3.259: they would
    be made twice. Where a creation was the first half of a replacement, the resource that it replaces is still
    there: from then on it waits for its deletion, as Pulumi itself would have marked it.
    """
    begun = deployment.get("pending_operations") or ()
    creating = [operation["resource"] for operation in begun if operation["type"] == _CREATING]
    adopted = [
        {**resource, "id": found[resource["urn"]], "outputs": resource.get("inputs", {})}
        for resource in creating
        if found.get(resource["urn"])
    ]
    replaced = {resource["urn"]: resource["id"] for resource in adopted}
    kept = [resource for resource in deployment.get("resources") or () if not _is(resource, replaced)]
    return {
        **deployment,
        "resources": [
            *(_leaving(resource) if resource["urn"] in replaced else resource for resource in kept),
            *adopted,
        ],
        "pending_operations": [operation for operation in begun if operation["type"] != _CREATING],
    }


def _is(resource: Mapping[str, Any], adopted: Mapping[str, Any]) -> bool:
    """Whether a resource of the state is the very one that was adopted: then it is kept once."""
    return resource["urn"] in adopted and resource.get("id") == adopted[resource["urn"]]


def _leaving(resource: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**resource, "delete": True}


def locks(stack: Stack, project: Project) -> tuple[Lock, ...]:
    """Every lock on the stack, in the order of the files' names."""
    folder = project.state / ".pulumi" / "locks" / "organization" / "asty" / stack.name
    return tuple(_lock(path) for path in sorted(folder.glob("*.json")))


def abandoned(stack: Stack, project: Project) -> tuple[Lock, ...]:
    """The locks on the stack, all of whose holders are dead; nothing is lifted.

    Raises Refused where one is alive, NeedsPerson where that cannot be known from this machine.
    """
    held = locks(stack, project)
    for lock in held:
        _must_be_dead(stack, lock)
    return held


def unlock(stack: Stack, project: Project) -> tuple[Lock, ...]:
    """Lifts the locks whose holders are dead, and returns them.

    Raises Refused where one is alive, NeedsPerson where that cannot be known from this machine.
    """
    held = abandoned(stack, project)
    for lock in held:
        lock.path.unlink(missing_ok=True)
        lock.path.with_name(f"{lock.path.name}.attrs").unlink(missing_ok=True)
    return held


def _must_be_dead(stack: Stack, lock: Lock) -> None:
    holder = f"process {lock.pid} on {lock.host} since {lock.since}"
    if lock.host != socket.gethostname():
        raise NeedsPerson(
            f"stack {stack.name}",
            f"it is locked by {holder}, which cannot be seen from here",
            f"If that run is over: pulumi cancel --stack {stack.name}.",
        )
    if _held(lock):
        raise Refused(
            f"stack {stack.name}",
            f"it is in the hands of {holder}",
            f"Wait until that run is over. If it is no run of Pulumi's: pulumi cancel --stack {stack.name}.",
        )


def _held(lock: Lock) -> bool:
    """Whether its holder may still be at work. What began later under the same number is another process."""
    start = start_time(lock.pid)
    if start is None:
        return _hidden(lock.pid)
    since = datetime.fromisoformat(lock.since).timestamp()
    return epoch(start) <= since + _CLOCK_S or _is_pulumi(lock.pid)


def _hidden(pid: int) -> bool:
    """Whether it is another user's process, of which we may see nothing more."""
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except ProcessLookupError:
        pass
    return False


def _is_pulumi(pid: int) -> bool:
    """Of whose start we are not sure: a clock that was set meanwhile makes it seem later than it was."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").strip() == "pulumi"
    return False


def _lock(path: Path) -> Lock:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return Lock(path=path, pid=int(content["pid"]), host=content["hostname"], since=content["timestamp"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NeedsPerson(
            f"lock {path}",
            f"it does not say who holds the stack ({error})",
            f"If no run is going on: pulumi cancel --stack {path.parent.name}.",
        ) from error
