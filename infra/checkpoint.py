"""What a stack's checkpoint says, read as Pulumi's file backend keeps it: no process, no passphrase, milliseconds.

A checkpoint that cannot be read is never taken for an empty one: NeedsPerson names the file and what lies beside it.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from city.errors import NeedsPerson
from infra.interrupted import deleted_first
from infra.plan import subject


def begun(checkpoint: Path) -> bool:
    """Whether a run was cut off while it was doing something, or had deleted what it did not come to make anew.

    Raises NeedsPerson for a torn checkpoint.
    """
    deployment = latest(checkpoint)
    return bool(deployment.get("pending_operations") or deleted_first(deployment))


def protected(checkpoint: Path) -> tuple[str, ...]:
    """The resources that may not be deleted, by kind and name, sorted. Raises NeedsPerson for a torn checkpoint."""
    found = latest(checkpoint).get("resources") or ()
    return tuple(sorted(subject(resource["urn"]) for resource in found if resource.get("protect")))


def outputs(checkpoint: Path) -> Mapping[str, Any]:
    """What the stack exported last; empty before the first run. Raises NeedsPerson for a torn checkpoint."""
    for resource in latest(checkpoint).get("resources") or ():
        if resource["type"] == "pulumi:pulumi:Stack":
            return dict(resource.get("outputs") or {})
    return {}


def standing(checkpoint: Path) -> tuple[str, ...]:
    """The names of the resources that are in the cloud, sorted. Raises NeedsPerson for a torn checkpoint."""
    found = latest(checkpoint).get("resources") or ()
    return tuple(sorted(r["urn"].rpartition("::")[2] for r in found if r["type"].startswith("openstack:")))


def ids(checkpoint: Path) -> frozenset[str]:
    """Under which the cloud has what the stack made. Raises NeedsPerson for a torn checkpoint."""
    return frozenset(str(r["id"]) for r in latest(checkpoint).get("resources") or () if r.get("id"))


def written(checkpoint: Path) -> datetime | None:
    """When Pulumi wrote it, as it says itself; None where no run was, or where it is torn."""
    with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
        content = json.loads(checkpoint.read_text(encoding="utf-8"))
        return datetime.fromisoformat(content["checkpoint"]["latest"]["manifest"]["time"])
    return None


def addresses(checkpoint: Path) -> Mapping[str, str]:
    """The first fixed address of each port of ours, by the port's name; none before the first run.

    Raises NeedsPerson for a torn checkpoint.
    """
    found = latest(checkpoint).get("resources") or () if checkpoint.exists() else ()
    ports = (resource for resource in found if resource["type"].endswith(":Port") and not resource.get("delete"))
    fixed = ((port["urn"].rpartition("::")[2], port.get("inputs", {}).get("fixedIps")) for port in ports)
    return {name: str(first[0]["ipAddress"]) for name, first in fixed if first}


def latest(checkpoint: Path) -> Mapping[str, Any]:
    """The deployment that a checkpoint holds; empty before the first run. Raises NeedsPerson for a torn checkpoint."""
    try:
        content = json.loads(checkpoint.read_text(encoding="utf-8"))
        found = content["checkpoint"].get("latest") or {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise torn(checkpoint, f"it cannot be read ({error})") from error
    if not isinstance(found, dict):
        raise torn(checkpoint, "it holds no deployment")
    return found


def drop_torn_attributes(checkpoint: Path) -> None:
    """Removes what a run that was killed left of a checkpoint's attributes, where that is no JSON.

    Pulumi's storage (gocloud.dev/blob/fileblob) writes content type and digest into a file beside each that it keeps,
    and not in one go: cut off, it is empty, and no `pulumi` opens the stack. Where there is none, none is missed.
    """
    for file in (checkpoint, checkpoint.with_name(f"{checkpoint.name}.bak")):
        attributes = file.with_name(f"{file.name}.attrs")
        if attributes.exists() and not _is_json(attributes):
            attributes.unlink()


def _is_json(file: Path) -> bool:
    try:
        json.loads(file.read_text(encoding="utf-8"))
    except ValueError:
        return False
    return True


def torn(path: Path, problem: str) -> NeedsPerson:
    """The error for a file of Pulumi's that is lost or torn; its remedy names every copy at hand."""
    beside = ", ".join(map(str, copies(path))) or "none beside it"
    return NeedsPerson(
        f"state file {path}",
        problem,
        f"Run `asty state` to see the copies, and `asty state restore` to take one back. Copies: {beside}.",
    )


def copies(path: Path) -> tuple[Path, ...]:
    """What Pulumi itself keeps of a checkpoint: the version before, backups and history, the newest first."""
    root = path.parent.parent.parent
    folders = (root / folder / path.parent.name / path.stem for folder in ("backups", "history"))
    kept = [path.with_name(f"{path.name}.bak"), *(file for folder in folders for file in folder.glob("*checkpoint*"))]
    return tuple(sorted((file for file in kept if _has_content(file)), key=_age))


def _has_content(file: Path) -> bool:
    return file.is_file() and not file.name.endswith(".attrs") and file.stat().st_size > 0


def _age(file: Path) -> float:
    return -file.stat().st_mtime
