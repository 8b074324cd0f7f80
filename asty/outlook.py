"""From where a city is looked at, and a poller that looks from there."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from city.clock import SystemClock
from city.inventory import Inventory
from city.model.city import City
from monitoring.canaries import Canary
from monitoring.ledger.intervals import State
from monitoring.ledger.store import Ledger
from monitoring.observer import Observer
from monitoring.poller import Cycle, Poller, ServiceProbe
from monitoring.probing.declared import probed
from monitoring.probing.prober import Prober
from monitoring.probing.vantage import Vantage
from monitoring.series.store import ParquetSeries
from monitoring.snmp.engines import EngineName, open_engine


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """`inventory` says how devices are reached, `source` from which address they are asked (empty: any), `vantages` who
    stands at the city's vantage points. Without `probe` nobody asks the clouds."""

    city: City
    inventory: Inventory
    source: str
    vantages: Mapping[str, Vantage]
    probe: ServiceProbe | None
    canaries: Sequence[Canary]

    @asynccontextmanager
    async def poller(
        self, ledger: Ledger, series: ParquetSeries, interval: timedelta, engine: EngineName = EngineName.OWN
    ) -> AsyncIterator[Poller]:
        """Its sockets are closed at the end."""
        client = await open_engine(engine, self.source)
        try:
            yield Poller(
                city=self.city,
                inventory=self.inventory,
                client=client,
                ledger=ledger,
                series=series,
                clock=SystemClock(),
                interval=interval,
                probe=self.probe,
                observer=Observer(doubt_above=self.city.observer.above),
                canaries=self.canaries,
            )
        finally:
            await client.close()


def probing(vantages: Mapping[str, Vantage], poller: Poller) -> Prober:
    """Asks the services from these places, and keeps what it sees where the poller does."""
    return Prober(
        services=probed(poller.city),
        probing=poller.city.probing,
        vantages=vantages,
        ledger=poller.ledger,
        series=poller.series,
        clock=poller.clock,
        members_out=poller.members_out,
    )


def line(cycle: Cycle) -> str:
    """`2030-03-31 14:00:05 UTC: 12 up, 1 down, 2 unknown (0.4 s)`."""
    told = {state: count for state, count in cycle.counts.items() if count or state is not State.DEGRADED}
    counts = ", ".join(f"{count} {state}" for state, count in told.items())
    return f"{cycle.start:%Y-%m-%d %H:%M:%S} UTC: {counts} ({(cycle.end - cycle.start).total_seconds():.1f} s)"
