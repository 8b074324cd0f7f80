"""A scrape of /metrics for 5,000 devices that showed 150,000 values a minute ago: `python -m tests.bench.scrape`.

A fifth are switches of 24 ports, the others access points of four; counters differ from port to port. What is measured
is the dashboard's own answer to a GET, of a snapshot that is there already: from the files of the series to the octets.
"""

import asyncio
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import httpx

from city.clock import FixedClock
from city.model.city import City
from monitoring.dashboard.app import create_app
from monitoring.exposition import newest
from monitoring.ledger.intervals import State
from monitoring.series.store import ParquetSeries
from monitoring.snapshot import ObservedIn, Snapshot
from tests.bench.crowd import crowd

_NOW = datetime(2030, 1, 1, 12, tzinfo=UTC)
_DEVICES, _CYCLES, _SCRAPES = 5_000, 5, 5
_MOST = 10**13


def scrapes() -> list[float]:
    """CPU seconds of each, one after the other."""
    city = crowd(_DEVICES)
    with tempfile.TemporaryDirectory() as folder, ParquetSeries(Path(folder) / "series", FixedClock(_NOW)) as series:
        random = Random(1)  # noqa: S311 - a repeatable choice
        for minutes in range(_CYCLES, 0, -1):
            rows = {device.id: _row(device.id.startswith("sw-"), random) for device in city.devices}
            series.append(_NOW - timedelta(minutes=minutes - 0.5), rows)
        return asyncio.run(_scraped(city, series))


async def _scraped(city: City, series: ParquetSeries) -> list[float]:
    snapshot = Snapshot(
        at=_NOW,
        figures=(),
        states={device.id: State.UP for device in city.devices},
        access_points={},
        standings={},
        observed_in=ObservedIn.LAB,
    )
    app = create_app(city, lambda _at: snapshot, FixedClock(_NOW), readings=newest(series))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://dashboard.test") as client:
        found = []
        for _ in range(_SCRAPES):
            cpu = time.process_time()
            answer = await client.get("/metrics")
            found.append(time.process_time() - cpu)
            assert answer.text.count("\nifHCInOctets{") == sum(_ports(d.id.startswith("sw-")) for d in city.devices)
        return found


def _ports(switch: bool) -> int:  # noqa: FBT001 - one of two kinds
    return 24 if switch else 4


def _row(switch: bool, random: Random) -> dict[str, float]:  # noqa: FBT001 - one of two kinds
    return {
        "sysUpTime": float(random.randrange(10**9)),
        **dict(_ports_of(switch, random)),
        **dict(_rest(switch, random)),
    }


def _ports_of(switch: bool, random: Random) -> Iterator[tuple[str, float]]:  # noqa: FBT001 - one of two kinds
    for port in range(1, _ports(switch) + 1):
        yield f"ifOperStatus[ifIndex={port}]", 1.0
        yield f"ifHCInOctets[ifIndex={port}]", float(random.randrange(_MOST))
        yield f"ifHCOutOctets[ifIndex={port}]", float(random.randrange(_MOST))


def _rest(switch: bool, random: Random) -> Iterator[tuple[str, float]]:  # noqa: FBT001 - one of two kinds
    if switch:
        yield "pethMainPseConsumptionPower[pethMainPseGroupIndex=1]", float(random.randrange(400))
        return
    for row in (1, 2):
        yield f"hrStorageSize[hrStorageIndex={row}]", 65_536.0
        yield f"hrStorageUsed[hrStorageIndex={row}]", float(random.randrange(65_536))
        yield f"hrProcessorLoad[hrDeviceIndex={row}]", float(random.randrange(100))


if __name__ == "__main__":
    print(", ".join(f"{cpu:.2f}" for cpu in scrapes()), "CPU s")  # noqa: T201 - its output
