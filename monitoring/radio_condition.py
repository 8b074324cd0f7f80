"""What a device shows of one of its radios: a state, and why where it is not up."""

from monitoring.ledger.intervals import State

Condition = tuple[State, str]
"""A radio's state, and why where it is not up, or how it sends where that is not as declared."""

UP: Condition = (State.UP, "")
SHUT: Condition = (State.DOWN, "it is shut")
NOT_FOR_EVERYBODY: Condition = (State.DOWN, "it sends no network for everybody")
NOT_SHOWN: Condition = (State.UNKNOWN, "the device does not show whether this radio operates")
NO_NETWORK_SHOWN: Condition = (State.UNKNOWN, "the device does not show which networks it sends")

OPERATES, CANNOT_TELL = 1, 4
"""IF-MIB's up and unknown; a TruthValue that is true is 1 as well."""
SILENT = frozenset({2, 3, 5, 6, 7})
"""IF-MIB's down, testing, dormant, notPresent, lowerLayerDown; a TruthValue that is false is 2. Others say nothing."""
