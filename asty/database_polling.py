"""The hosts of databases, asked again and again, and what they said kept among the series: lag, and age of backups."""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Protocol

from city.clock import Clock
from drs.checks.databases import LOST
from drs.databases import AskedDatabase, Databases, SeenDatabase, fresh
from monitoring.database_readings import Told, readings
from monitoring.series.files import Rows

EVERY = timedelta(minutes=2)
"""A host writes anew what it says each minute, and a session costs both ends some CPU."""


class Store(Protocol):
    """What is asked of the store of series."""

    def append(self, at: datetime, rows: Rows) -> None:
        """Keep these values as of a moment."""
        ...


async def follow(  # noqa: PLR0913 - what it asks, where it keeps it, how it ends
    ask: Databases,
    hang_up: Callable[[], None],
    *,
    series: Store,
    clock: Clock,
    stop: asyncio.Event,
    every: timedelta = EVERY,
) -> None:
    """Until `stop`; then `hang_up` ends what is being asked. A host that does not answer leaves no value."""
    while not stop.is_set():
        asking = asyncio.create_task(asyncio.to_thread(ask))
        stopped = asyncio.create_task(stop.wait())
        await asyncio.wait({asking, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if not asking.done():
            hang_up()
        now, asked = clock.now(), await asking
        stopped.cancel()
        if rows := readings(_told(asked, now)):
            series.append(now, rows)
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), every.total_seconds())


def _told(asked: Iterable[AskedDatabase], now: datetime) -> Iterable[Told]:
    for one in asked:
        seen = fresh(one.answer, now)
        if isinstance(seen, SeenDatabase):
            yield Told(
                service=one.service,
                site=one.site,
                standby=seen.standby,
                streams=seen.streams,
                archives=None if seen.archive_failing is None else not seen.archive_failing,
                lag=seen.lag,
                backup_at=seen.backup_at,
                restored_at=seen.restored_at,
                restored_well=seen.restored_well,
                slot_lost=seen.slot_state == LOST if seen.slot_state else None,
            )
