"""What a stack's checkpoint says, read as Pulumi's file backend keeps it: no process, no passphrase, milliseconds."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def begun(checkpoint: Path) -> bool:
    """Whether a run was cut off while it was doing something."""
    return bool(_latest(checkpoint).get("pending_operations"))


def protected(checkpoint: Path) -> tuple[str, ...]:
    """The names of the resources that may not be deleted, sorted."""
    found = _latest(checkpoint).get("resources") or ()
    return tuple(sorted(resource["urn"].rpartition("::")[2] for resource in found if resource.get("protect")))


def _latest(checkpoint: Path) -> Mapping[str, Any]:
    content = json.loads(checkpoint.read_text(encoding="utf-8"))
    latest: Mapping[str, Any] = content["checkpoint"].get("latest") or {}
    return latest
