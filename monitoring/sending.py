"""How a radio sends that was seen: its channel, and its power where the device shows one.

The ledger keeps it as the cause of a radio that is up, where it is not as the city declares; the text is made and read
here alone.
"""

import re
from dataclasses import dataclass

from city.model.wireless import Radio

RESOLUTION_DB = 1.0
"""Devices show whole dB: less than this is no difference."""

_TEXT = re.compile(r"it sends on channel (\d+)(?: at (-?\d+(?:\.\d+)?) dBm)?, not as declared")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """`eirp_dbm` is None where the device does not show it."""

    channel: int
    eirp_dbm: float | None

    def __str__(self) -> str:
        power = "" if self.eirp_dbm is None else f" at {self.eirp_dbm:g} dBm"
        return f"it sends on channel {self.channel}{power}, not as declared"

    def is_as_declared(self, radio: Radio) -> bool:
        same_power = self.eirp_dbm is None or abs(self.eirp_dbm - radio.eirp_dbm) < RESOLUTION_DB
        return self.channel == radio.channel and same_power


def sending(cause: str) -> Sending | None:
    """What was seen, by the cause that the ledger keeps; None where the radio sends as declared."""
    found = _TEXT.fullmatch(cause)
    if found is None:
        return None
    return Sending(channel=int(found[1]), eirp_dbm=None if found[2] is None else float(found[2]))
