"""One moment of the city: its promises as figures, and the state of each device.

Taken whole, so that no two figures that are shown together disagree.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from monitoring.ledger.intervals import State
from monitoring.promises.figure import Figure


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Snapshot:
    """`states` by device id; a device that is not in it is unknown."""

    at: datetime
    figures: tuple[Figure, ...]
    states: Mapping[str, State]

    def state_of(self, device: str) -> State:
        return self.states.get(device, State.UNKNOWN)
