"""A database that is taken back to an earlier point, by the program of its host that keeps the copies (back.py)."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from city.errors import Failed, Refused
from drs.postgres.cluster import Cluster

PROGRAM = ("python3", "/usr/lib/database/back.py")
_LOOKS_EVERY_S = 1.0
_REMEDY = "Look at `journalctl --unit database-quarantine` on its host; `asty drill points` lists what there is."


@dataclass(frozen=True, slots=True, kw_only=True)
class GoingBack:
    """Of the cluster, to `point`. The copy is made and checked in quarantine, beside the data, and serves nobody."""

    cluster: Cluster
    point: datetime

    def told(self) -> Mapping[str, Any]:
        """What the host says: point, phase, rows, last_change, quarantine, working, follows."""
        try:
            found = json.loads(self.cluster.shell.run((*PROGRAM, "told")))
        except ValueError as error:
            raise Failed(f"{self.cluster}", f"what it says of the point cannot be read ({error})", _REMEDY) from error
        if not isinstance(found, dict):
            raise Failed(f"{self.cluster}", "what it says of the point is no JSON object", _REMEDY)
        return found

    def taken(self, told: Mapping[str, Any]) -> bool:
        """Whether the data of the point are in their place, and nobody has written to them."""
        return told.get("phase") == "taken" and self._mine(told) and told.get("follows") is True

    def proven(self, told: Mapping[str, Any]) -> int | None:
        """How many rows the data of the point have, where a good copy of them is in quarantine."""
        found = told.get("quarantine") or {}
        if not (told.get("phase") == "asked" and self._mine(told) and found.get("good") is True):
            return None
        return sum(int(count) for count in (found.get("rows") or {}).values())

    def bring(self) -> Mapping[str, Any]:
        """Into quarantine; returns what was found there once it is good. Raises Failed where it is not."""
        self.cluster.shell.run((*PROGRAM, "begin", self.point.isoformat()))
        while (told := self.told()).get("working") is True:
            time.sleep(_LOOKS_EVERY_S)
        found = told.get("quarantine") or {}
        if told.get("phase") == "asked" and found.get("good") is not True:
            raise Failed(f"{self.cluster}", f"the copy is not good: {found.get('problem') or 'it broke off'}", _REMEDY)
        return told

    def take(self) -> None:
        """The copy takes the place of the data, which are kept beside it; it follows, and takes no writes."""
        self.cluster.shell.run((*PROGRAM, "take", self.point.isoformat()))

    def undo(self) -> str:
        """The data from before are in their place again. Raises Refused where the copy leads by now."""
        if self.taken_and_led(self.told()):
            raise Refused(f"{self.cluster}", "it leads from the point on, and has what nobody else has", "Fail back.")
        self.cluster.shell.run((*PROGRAM, "undo"))
        return f"{self.cluster} has its data from before again"

    def taken_and_led(self, told: Mapping[str, Any]) -> bool:
        return told.get("phase") == "taken" and told.get("follows") is not True

    def _mine(self, told: Mapping[str, Any]) -> bool:
        try:
            return datetime.fromisoformat(str(told.get("point"))) == self.point
        except (ValueError, TypeError):
            return False
