"""One moment of the city: its promises as figures, the state of each device, the newest readings.

Taken whole, so that no two figures that are shown together disagree.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from city.model.city import City
from monitoring.ledger.intervals import State
from monitoring.promises.evaluate import DAY, Observations, device_states, evaluate
from monitoring.promises.figure import Figure
from monitoring.promises.wireless import Radio


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The newest value of one series: `name` is the MIB's (ifHCInOctets), `labels` tell its rows apart (ifIndex)."""

    device: str
    name: str
    value: float
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Snapshot:
    """`states` by device id; a device that is not in it is unknown."""

    at: datetime
    figures: tuple[Figure, ...]
    states: Mapping[str, State]
    readings: tuple[Reading, ...] = ()

    def state_of(self, device: str) -> State:
        return self.states.get(device, State.UNKNOWN)


def take(  # noqa: PLR0913 - a moment of a city, and what is kept between moments
    city: City,
    ledger: Observations,
    at: datetime,
    *,
    radio: Radio,
    period: timedelta = DAY,
    readings: tuple[Reading, ...] = (),
) -> Snapshot:
    """Everything at `at`, from the ledger; `radio` is made once for the city."""
    return Snapshot(
        at=at,
        figures=evaluate(city, ledger, at, period, radio),
        states=device_states(ledger, at),
        readings=readings,
    )
