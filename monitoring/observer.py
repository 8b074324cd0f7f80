"""Whether silence is the devices' or our own: the observer proves itself in each cycle.

Canaries are the parts of the street that answered in the last cycle that was believed. A part is a switch with the
access points on its cables: what hangs together fails together, so parts are unrelated to one another. Where more than
`doubt_above` of the canaries fall silent from one cycle to the next, or nobody at all is heard, the likelier reason is
our own network: then who is silent is unknown, and stays so until the canaries are heard again. The same holds where
nobody near the observer answers of those that ever did (monitoring/canaries.py).
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from city.model.city import Device
from city.model.doubt import Doubt
from city.model.wireless import AccessPoint
from monitoring.ledger.intervals import State

HEARS_NOBODY = "we hear nobody"
FEWEST_PARTS = 3
"""Fewer prove nothing: one cable explains them all."""


@dataclass(slots=True)
class Observer:
    """`doubt_above`: the share of canaries whose sudden silence is suspicion of ourselves, 0..1."""

    doubt_above: float = Doubt().above
    _canaries: frozenset[str] = field(default_factory=frozenset)
    _near: set[str] = field(default_factory=set)

    def near(self, answers: Mapping[str, bool | None]) -> Mapping[str, State]:
        """What the answers of those who are near say; the silence of one that never answered says nothing.

        Who was not asked, as there is nobody to ask, is not in it.
        """
        self._near.update(name for name, answer in answers.items() if answer)

        def state(name: str, answer: bool) -> State:  # noqa: FBT001 - what was answered, not a switch
            if answer:
                return State.UP
            return State.DOWN if name in self._near else State.UNKNOWN

        return {name: state(name, answer) for name, answer in answers.items() if answer is not None}

    def hears_nobody(self, looks: Iterable[tuple[Device, State]], near: Collection[State] = ()) -> bool:
        """Whether the silence of this cycle is suspicion of ourselves; one that is believed makes the next canaries."""
        states = [(part(device), state) for device, state in looks]
        heard = frozenset(one for one, state in states if state is State.UP)
        silent = frozenset(one for one, state in states if state is State.DOWN) - heard
        asked = self._canaries & (heard | silent)
        lost = len(asked & silent) > self.doubt_above * len(asked) and len(asked) >= FEWEST_PARTS
        nobody_near = State.DOWN in near and State.UP not in near and any(state is State.DOWN for _, state in states)
        if lost or nobody_near or (not heard and len(silent) >= FEWEST_PARTS):
            return True
        self._canaries = heard
        return False


def part(device: Device) -> str:
    """The switch that the device is, or is behind."""
    return device.switch if isinstance(device, AccessPoint) else device.id
