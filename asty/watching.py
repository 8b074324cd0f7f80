"""A city watched from a post: the worker of a host of its service of monitoring."""

import asyncio
import signal
from collections.abc import Callable
from contextlib import aclosing
from datetime import timedelta
from pathlib import Path

from asty import post as posts
from asty.outlook import Outlook, probing
from asty.post import Post
from asty.upkeep import Upkeep
from city.load import load
from city.model.city import City
from monitoring.canaries import canaries
from monitoring.ledger.store import Ledger
from monitoring.poller import Cycle
from monitoring.probing.trip import Way
from monitoring.probing.vantage import Here
from monitoring.series.store import ParquetSeries

TRUST = Path("/etc/ssl/service/trust.pem")
"""Whom every host of the city trusts (the role `host`)."""
LEDGER = "ledger.sqlite"


def outlook(post: Post, city: City) -> Outlook:
    """One vantage point, which is this host itself, with its own resolvers; no cloud is asked from here."""
    here = Here(way=Way(trust=str(TRUST)))
    return Outlook(
        city=city,
        inventory=post.inventory,
        source="",
        vantages={post.point: here} if post.point else {},
        probe=None,
        canaries=canaries(city.observer, post.inventory, Path("no-clouds.yaml")),
    )


async def watch(home: Path, interval: timedelta, on_cycle: Callable[[Cycle], None]) -> None:
    """Look again and again until SIGTERM or SIGINT; the cycle under way is finished and kept.

    `home` is the folder that this host has for asty. Raises InvalidInput where nobody told the host what to watch.
    """
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    post, state = posts.read(home), posts.state(home)
    posts.know(post)
    city = load(posts.told(home) / "city", images=False)
    seen = outlook(post, city)
    with (
        Ledger(state / LEDGER, city.id, post.name, city.fingerprint) as ledger,
        ParquetSeries(state / "series") as series,
    ):
        upkeep = Upkeep(
            series=series, ledger=ledger, plans=state / "plans", journal=state / "journal", retention=city.retention
        )

        def done(cycle: Cycle) -> None:
            on_cycle(cycle)
            upkeep.begin(cycle.end)

        async with seen.poller(ledger, series, interval) as poller, aclosing(probing(seen.vantages, poller)) as asking:
            asked = asyncio.create_task(asking.run(stop))
            try:
                await poller.run(stop, done)
            finally:
                stop.set()
                await asked
                await upkeep.ended()
