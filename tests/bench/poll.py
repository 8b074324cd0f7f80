"""Polling: our engine and pysnmp's own API, the same questions to the same devices.

Each side first asks every device once, so that engines are discovered and keys are made; then it is
measured. The unit is one device, with all values of its profile.
"""

import asyncio
import time

import uvloop

from city.inventory import Endpoint
from monitoring.poller import question
from monitoring.profiles import profile
from monitoring.snmp.client import Patience, Question, SnmpClient
from monitoring.snmp.engine import Engine
from monitoring.snmp.pysnmp import PySnmp
from tests.bench import fleet

PATIENCE = Patience(timeout_s=10.0, retries=2)
Measured = tuple[float, float, int]


def ours(count: str, rounds: str) -> Measured:
    return uvloop.run(_ours(int(count), int(rounds)))


def pysnmp(count: str, rounds: str) -> Measured:
    return asyncio.run(_pysnmp(int(count), int(rounds)))


async def _ours(count: int, rounds: int) -> Measured:
    return await _measured(await Engine.open(PATIENCE), count, rounds)


async def _pysnmp(count: int, rounds: int) -> Measured:
    return await _measured(PySnmp(PATIENCE), count, rounds)


async def _measured(client: SnmpClient, count: int, rounds: int) -> Measured:
    asked = _asked(count)
    await _round(client, asked)
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in range(rounds):
        await _round(client, asked)
    taken = time.perf_counter() - wall, time.process_time() - cpu
    await client.close()
    return *taken, count * rounds


async def _round(client: SnmpClient, asked: list[tuple[Endpoint, Question]]) -> None:
    answers = await asyncio.gather(*(client.read(endpoint, what) for endpoint, what in asked))
    assert all(answers), "every device is up and answers"


def _asked(count: int) -> list[tuple[Endpoint, Question]]:
    """Access points only, so that both sides read devices of one size whatever their number."""
    city = fleet.city()
    known = fleet.inventory(city)
    return [(known[ap.id], question(profile(ap.platform))) for ap in city.access_points[:count]]
