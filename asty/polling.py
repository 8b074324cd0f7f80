"""The poller of a workspace, made of its city, its lab or inventory, and its stores."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TypedDict

from asty import database_polling, databases, lab_access, workers
from asty.observed import keep_declared, open_ledger
from asty.upkeep import Upkeep
from asty.workspace import Workspace
from city.clock import SystemClock
from city.model.city import City
from monitoring.canaries import canaries
from monitoring.cloud import CloudProbe
from monitoring.ledger.intervals import State
from monitoring.look import Look
from monitoring.observer import Observer
from monitoring.poller import Cycle, Poller
from monitoring.probing.declared import probed
from monitoring.probing.prober import Prober
from monitoring.series.store import ParquetSeries
from monitoring.snmp.engines import EngineName, open_engine


class SeenJson(TypedDict):
    subject: str
    state: str
    cause: str


class CycleJson(TypedDict):
    start: str
    end: str
    counts: dict[str, int]
    subjects: list[SeenJson]


@asynccontextmanager
async def opened(
    workspace: Workspace, city: City, interval: timedelta, engine: EngineName = EngineName.OWN, observer: str = "poller"
) -> AsyncIterator[Poller]:
    """A poller whose stores and sockets are closed at the end; the ledger knows it as `observer`."""
    keep_declared(workspace, city)
    observable = lab_access.observable(workspace, city)
    inventory = lab_access.inventory(workspace, city)
    client = await open_engine(engine, lab_access.source(inventory))
    try:
        with open_ledger(workspace, city, observer) as ledger, ParquetSeries(workspace.series) as series:
            clouds = lab_access.params(workspace).clouds_yaml
            yield Poller(
                city=observable,
                inventory=inventory,
                client=client,
                ledger=ledger,
                series=series,
                clock=SystemClock(),
                interval=interval,
                probe=CloudProbe.of(observable, clouds),
                observer=Observer(doubt_above=city.observer.above),
                canaries=canaries(city.observer, inventory, clouds),
            )
    finally:
        await client.close()


def prober(workspace: Workspace, poller: Poller) -> Prober:
    """Asks the services from outside, and keeps what it sees where the poller does."""
    return Prober(
        services=probed(poller.city),
        probing=poller.city.probing,
        vantages=lab_access.vantages(workspace, poller.city),
        ledger=poller.ledger,
        series=poller.series,
        clock=poller.clock,
        members_out=poller.members_out,
    )


async def once(
    workspace: Workspace,
    city: City,
    interval: timedelta,
    on_look: Callable[[Look], None],
    engine: EngineName = EngineName.OWN,
) -> Cycle:
    """One look at everything, kept; it speaks for as long as one of a poller with this interval."""
    async with opened(workspace, city, interval, engine, observer="once") as poller:
        cycle = await poller.once(on_look)
        async with aclosing(prober(workspace, poller)) as asking:
            seen = await asking.once()
        looks = (*cycle.looks, *(Look(observation=one) for one in seen))
        return replace(cycle, looks=looks, end=poller.clock.now())


async def forever(
    workspace: Workspace,
    city: City,
    interval: timedelta,
    on_cycle: Callable[[Cycle], None],
    engine: EngineName = EngineName.OWN,
) -> None:
    """Look again and again until SIGTERM or SIGINT; the cycle under way is finished and kept.

    Whoever started it as a worker is told of its first cycle.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)

    async with opened(workspace, city, interval, engine) as poller:
        with ParquetSeries(workspace.series) as series, open_ledger(workspace, city) as ledger:
            upkeep = Upkeep(
                series=series,
                ledger=ledger,
                plans=workspace.plans,
                journal=workspace.journal,
                retention=city.retention,
            )

            def done(cycle: Cycle) -> None:
                on_cycle(cycle)
                workers.at_work(workspace, workers.POLLER).touch()
                upkeep.begin(cycle.end)

            async with aclosing(prober(workspace, poller)) as asking:
                probing = asyncio.create_task(asking.run(stop))
                hosts = databases.of_lab(workspace, city)
                following = asyncio.create_task(
                    database_polling.follow(hosts, hosts.access.stop.set, series=series, clock=poller.clock, stop=stop)
                )
                try:
                    await poller.run(stop, done)
                finally:
                    stop.set()
                    await probing
                    await following
                    await upkeep.ended()


def line(cycle: Cycle) -> str:
    """`2030-03-31 14:00:05 UTC: 12 up, 1 down, 2 unknown (0.4 s)`."""
    told = {state: count for state, count in cycle.counts.items() if count or state is not State.DEGRADED}
    counts = ", ".join(f"{count} {state}" for state, count in told.items())
    return f"{cycle.start:%Y-%m-%d %H:%M:%S} UTC: {counts} ({(cycle.end - cycle.start).total_seconds():.1f} s)"


def as_json(cycle: Cycle) -> CycleJson:
    return {
        "start": cycle.start.isoformat(),
        "end": cycle.end.isoformat(),
        "counts": {state.value: count for state, count in cycle.counts.items()},
        "subjects": [
            {"subject": seen.subject, "state": seen.state.value, "cause": seen.cause}
            for seen in (look.observation for look in cycle.looks)
        ],
    }


def lines(cycle: Cycle) -> list[str]:
    """The count, after each subject that is not up with the cause."""
    seen = [look.observation for look in cycle.looks]
    return [*(f"{s.state:8} {s.subject}: {s.cause}" for s in seen if s.state is not State.UP), line(cycle)]
