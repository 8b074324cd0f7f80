"""The poller of a workspace, made of its city, its lab or inventory, and its stores."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TypedDict

from asty import database_polling, databases, lab_access, workers
from asty.judgement import judge, state_of
from asty.judging import Judging
from asty.observed import keep_declared, open_ledger
from asty.outlook import Outlook, line, probing
from asty.upkeep import Upkeep
from asty.workspace import Workspace
from city.model.city import City
from monitoring.canaries import canaries
from monitoring.cloud import CloudProbe
from monitoring.ledger.intervals import State
from monitoring.look import Look
from monitoring.poller import Cycle, Poller
from monitoring.probing.prober import Prober
from monitoring.series.store import ParquetSeries
from monitoring.snmp.engines import EngineName


class SeenJson(TypedDict):
    subject: str
    state: str
    cause: str


class CycleJson(TypedDict):
    start: str
    end: str
    counts: dict[str, int]
    subjects: list[SeenJson]


def outlook(workspace: Workspace, city: City) -> Outlook:
    """That of whoever works on this machine."""
    inventory, clouds = lab_access.inventory(workspace, city), lab_access.params(workspace).clouds_yaml
    observable = lab_access.observable(workspace, city)
    return Outlook(
        city=observable,
        inventory=inventory,
        source=lab_access.source(inventory),
        vantages=lab_access.vantages(workspace, observable),
        probe=CloudProbe.of(observable, clouds),
        canaries=canaries(city.observer, inventory, clouds),
    )


@asynccontextmanager
async def opened(
    workspace: Workspace, city: City, interval: timedelta, engine: EngineName = EngineName.OWN, observer: str = "poller"
) -> AsyncIterator[Poller]:
    """A poller whose stores and sockets are closed at the end; the ledger knows it as `observer`."""
    keep_declared(workspace, city)
    seen = outlook(workspace, city)
    with open_ledger(workspace, city, observer) as ledger, ParquetSeries(workspace.series) as series:
        async with seen.poller(ledger, series, interval, engine) as poller:
            yield poller


def prober(workspace: Workspace, poller: Poller) -> Prober:
    """Asks the services from outside, and keeps what it sees where the poller does."""
    return probing(lab_access.vantages(workspace, poller.city), poller)


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

            judging = Judging(judge=lambda now: judge(workspace, now), state=lambda: state_of(workspace))

            marks = lab_access.marks(workspace, city)

            def done(cycle: Cycle) -> None:
                on_cycle(cycle)
                marks.begin()
                workers.at_work(workspace, workers.POLLER).touch()
                upkeep.begin(cycle.end)
                judging.begin(cycle.end)

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
                    await asyncio.to_thread(marks.end)
                    await probing
                    await following
                    await upkeep.ended()
                    await judging.ended()


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
