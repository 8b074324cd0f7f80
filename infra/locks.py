"""The locks that runs of Pulumi hold on a stack. One is lifted only where its holder is provably dead."""

import json
import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from city.errors import NeedsPerson, Refused
from city.processes import epoch, start_time
from infra import seats
from infra.project import Project
from infra.stacks import PROJECT, Stack

_CLOCK_S = 2.0
"""Within which two clocks that are read in turn may differ."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """Who holds a stack: as Pulumi's file backend writes it."""

    path: Path
    pid: int
    host: str
    since: str

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host} since {self.since}"


def locks(stack: Stack, project: Project) -> tuple[Lock, ...]:
    """Every lock on the stack, in the order of the files' names."""
    folder = project.state / ".pulumi" / "locks" / "organization" / PROJECT / stack.name
    return tuple(_lock(path) for path in sorted(folder.glob("*.json")))


def abandoned(stack: Stack, project: Project) -> tuple[Lock, ...]:
    """The locks on the stack, all of whose holders are dead; nothing is lifted.

    Raises Refused where one is alive, NeedsPerson where that cannot be known from here.
    """
    held = locks(stack, project)
    for lock in held:
        _must_be_dead(stack, lock, project)
    return held


def unlock(stack: Stack, project: Project) -> tuple[Lock, ...]:
    """Lifts the locks whose holders are dead, and returns them. Raises as `abandoned` does."""
    held = abandoned(stack, project)
    for lock in held:
        lock.path.unlink(missing_ok=True)
        lock.path.with_name(f"{lock.path.name}.attrs").unlink(missing_ok=True)
    return held


def _must_be_dead(stack: Stack, lock: Lock, project: Project) -> None:
    ours = seats.here()
    if lock.host != ours.host:
        raise _unseen(stack, lock, "which cannot be seen from here")
    if _held(lock):
        raise Refused(
            f"stack {stack.name}",
            f"it is in the hands of {lock}",
            f"Wait until that run is over. If it is no run of Pulumi's: pulumi cancel --stack {stack.name}.",
        )
    if elsewhere := seats.out_of_sight(seats.noted(project.folder), ours):
        what = f"and {len(elsewhere)} other machines or containers of that name work here, whose processes are not seen"
        raise _unseen(stack, lock, what)


def _unseen(stack: Stack, lock: Lock, why: str) -> NeedsPerson:
    remedy = f"If that run is over: pulumi cancel --stack {stack.name}."
    return NeedsPerson(f"stack {stack.name}", f"it is locked by {lock}, {why}", remedy)


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
