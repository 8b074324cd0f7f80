"""The plan that somebody decides upon: kept under its hash, found by it, and held against the world as it is now."""

import json
import os
from dataclasses import replace
from pathlib import Path

from asty.change import Change, from_json, moved
from city.errors import InvalidInput, Refused
from network.plan import Kind, PlanEntry

_TOLD = 12
"""How many of the moves a refusal lists."""
_SHORTEST = 4


def keep(change: Change, folder: Path) -> Path:
    """Write the plan under its hash (0600); the file there already says the same."""
    path = folder / f"{change.hash}.json"
    draft = path.with_name(f".{change.hash}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
        json.dump(change.as_json(), out, ensure_ascii=False)
    draft.replace(path)
    return path


def find(prefix: str, folder: Path) -> Change:
    """The plan whose hash begins so. Raises InvalidInput where there is none, or more than one."""
    if len(prefix) < _SHORTEST:
        raise InvalidInput(f"plan {prefix!r}", "it is too short to be sure", f"Give at least {_SHORTEST} characters.")
    found = sorted(path for path in folder.glob("*.json") if path.stem.startswith(prefix))
    if len(found) != 1:
        problem = f"{len(found)} plans begin so" if found else "there is no such plan"
        raise InvalidInput(f"plan {prefix}", problem, "Run `asty plan`, and give the hash that it prints.")
    try:
        return from_json(json.loads(found[0].read_text(encoding="utf-8")))
    except ValueError as error:
        raise InvalidInput(f"plan {found[0]}", f"it is no JSON ({error})", "Run `asty plan` again.") from error


def hold(planned: Change, found: Change) -> None:
    """Raises Refused, saying what moved, unless the world still is what `planned` was made for.

    A device that falls silent, or that the plan leaves as it is, holds up nobody: its push looks at it again by
    itself, and tells what it found.
    """
    lines = moved(planned, _as_planned(planned, found))
    if not lines:
        return
    rest = [f"and {len(lines) - _TOLD} more"] if len(lines) > _TOLD else []
    raise Refused(
        f"plan {planned.hash[:12]}",
        "the world moved since it was made; nothing was changed:"
        + "".join(f"\n  {line}" for line in [*lines[:_TOLD], *rest])
        + "\n",
        "Look at what `asty plan` says now, and apply that.",
    )


def _as_planned(planned: Change, found: Change) -> Change:
    """What was found, with the devices that decide nothing as they were when it was planned."""
    before = {entry.device: entry for entry in planned.devices.entries}
    entries = (_device_as_planned(before.get(entry.device, entry), entry) for entry in found.devices.entries)
    return replace(found, devices=replace(found.devices, entries=tuple(entries)))


def _device_as_planned(was: PlanEntry, now: PlanEntry) -> PlanEntry:
    same_intent = was.intended == now.intended
    return was if same_intent and (now.kind is Kind.UNREACHABLE or was.kind is not Kind.CHANGE) else now
