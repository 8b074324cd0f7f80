"""Polling: our engine and pysnmp's own API, the same questions to the same devices in the same loop.

Each side first asks every device once, so that engines are discovered, keys are made and it is known how
many rows each has; then it is measured. The unit is one device, with all values of its profile.
"""

import asyncio
import time
from collections.abc import Sequence

import uvloop

from city.inventory import Endpoint
from monitoring.look import question
from monitoring.snmp.client import Patience, Question, SnmpClient
from monitoring.snmp.engine import Engine
from monitoring.snmp.pysnmp import PySnmp
from platforms.registry import profile
from snmp.pdu import VarBind
from tests.bench import fleet

PATIENCE = Patience(timeout_s=10.0, retries=2)
AT_ONCE = 64
Asked = list[tuple[Endpoint, Question]]
Measured = tuple[float, float, int]


def ours(count: str, rounds: str) -> Measured:
    return uvloop.run(_ours(int(count), int(rounds)))


def pysnmp(count: str, rounds: str) -> Measured:
    return uvloop.run(_pysnmp(int(count), int(rounds)))


async def _ours(count: int, rounds: int) -> Measured:
    return await _measured(await Engine.open(PATIENCE, AT_ONCE), count, rounds)


async def _pysnmp(count: int, rounds: int) -> Measured:
    return await _measured(PySnmp(PATIENCE, AT_ONCE), count, rounds)


async def _measured(client: SnmpClient, count: int, rounds: int) -> Measured:
    asked = _asked(count)
    there = await _round(client, asked)
    assert all(_whole(what, found) for (_, what), found in zip(asked, there, strict=True)), "every device answers"
    wall, cpu = time.perf_counter(), time.process_time()
    read = [[len(found) for found in await _round(client, asked)] for _ in range(rounds)]
    taken = time.perf_counter() - wall, time.process_time() - cpu
    await client.close()
    assert read == [[len(found) for found in there]] * rounds, "each round reads all that is there"
    return *taken, count * rounds


async def _round(client: SnmpClient, asked: Asked) -> list[Sequence[VarBind]]:
    found = await asyncio.gather(*(client.read(endpoint, what) for endpoint, what in asked))
    return [answers.varbinds for answers in found]


def _whole(what: Question, found: Sequence[VarBind]) -> bool:
    """All scalars, and rows of a table."""
    seen = {oid for oid, _ in found}
    return seen >= {f"{scalar}.0" for scalar in what.scalars} and len(seen) > len(what.scalars)


def _asked(count: int) -> Asked:
    """Access points only, so that devices are of one size whatever their number."""
    city = fleet.city()
    known = fleet.inventory(city)
    asked = [(known[ap.id], question(profile(ap.platform))) for ap in city.access_points[:count]]
    assert len(asked) == count
    return asked
