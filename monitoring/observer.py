"""Whether silence is the devices' or our own: the observer proves itself in each cycle.

Canaries are the parts of the street that answered in the last cycle that was believed. A part is a switch with the
access points on its cables: what hangs together fails together, so parts are unrelated to one another. Where more than
`doubt_above` of the canaries fall silent from one cycle to the next, or nobody at all is heard, the likelier reason is
our own network: then who is silent is unknown, and stays so until the canaries are heard again.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from city.model.city import Device
from city.model.wireless import AccessPoint
from monitoring.ledger.intervals import State

HEARS_NOBODY = "we hear nobody"
DOUBT_ABOVE = 0.5
FEWEST_PARTS = 3
"""Fewer prove nothing: one cable explains them all."""


@dataclass(slots=True)
class Observer:
    """`doubt_above`: the share of canaries whose sudden silence is suspicion of ourselves, 0..1."""

    doubt_above: float = DOUBT_ABOVE
    _canaries: frozenset[str] = field(default_factory=frozenset)

    def hears_nobody(self, looks: Iterable[tuple[Device, State]]) -> bool:
        """Whether the silence of this cycle is suspicion of ourselves; one that is believed makes the next canaries."""
        states = [(part(device), state) for device, state in looks]
        heard = frozenset(one for one, state in states if state is State.UP)
        silent = frozenset(one for one, state in states if state is State.DOWN) - heard
        asked = self._canaries & (heard | silent)
        lost = len(asked & silent) > self.doubt_above * len(asked) and len(asked) >= FEWEST_PARTS
        if lost or (not heard and len(silent) >= FEWEST_PARTS):
            return True
        self._canaries = heard
        return False


def part(device: Device) -> str:
    """The switch that the device is, or is behind."""
    return device.switch if isinstance(device, AccessPoint) else device.id
