import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from monitoring.snmp.client import SnmpClient
from tests.monitoring.engines import BRISK, ENGINES, opened


@pytest_asyncio.fixture(params=ENGINES)
async def client(request: pytest.FixtureRequest) -> AsyncIterator[SnmpClient]:
    """Each engine in turn, for agents in the same process."""
    async with opened(request.param, BRISK) as made:
        yield made
    await asyncio.sleep(0)  # its socket is closed in the loop's next turn
