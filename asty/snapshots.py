"""The snapshot of any moment, taken of a city and its ledger, wherever that lies."""

from collections.abc import Callable
from datetime import datetime, timedelta

from city.model.city import City
from monitoring.figures.promised import DAY, Promised
from monitoring.ledger.store import Ledger
from monitoring.promises.wireless_coverage import access_point_states
from monitoring.snapshot import ObservedIn, Snapshot, device_states, standings


def takers(city: City, observed_in: ObservedIn) -> Callable[[Ledger], Callable[[datetime], Snapshot]]:
    """How a snapshot is taken of a ledger. What follows from the declaration alone is computed once, however many
    ledgers come one after the other: who follows another's has a new one every few seconds."""
    promised = Promised(city)

    def taker(ledger: Ledger) -> Callable[[datetime], Snapshot]:
        def take(at: datetime) -> Snapshot:
            return Snapshot(
                at=at,
                figures=promised.figures(ledger, at, _period(ledger, at)),
                states=device_states(ledger, at),
                access_points=access_point_states(city, ledger, at),
                standings=standings(city, ledger, at),
                observed_in=observed_in,
                looked_at=ledger.looked_at(at),
                observed_by=ledger.looked_by(at),
            )

        return take

    return taker


def _period(ledger: Ledger, at: datetime) -> timedelta:
    """What is counted over time is counted over a day; where the city has not been observed for so long, since then."""
    began = ledger.began(at - DAY, at)
    return DAY if began is None else at - began
