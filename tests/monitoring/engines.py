"""Both engines that speak SNMP, opened alike: the contract tests ask each of them the same."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from monitoring.snmp.client import Patience, SnmpClient
from monitoring.snmp.engine import Engine
from monitoring.snmp.pysnmp import PySnmp

ENGINES: dict[str, Callable[[Patience], SnmpClient | Awaitable[SnmpClient]]] = {"own": Engine.open, "pysnmp": PySnmp}
BRISK = Patience(timeout_s=0.4, retries=2, whole_s=60)
"""With an agent in the same process, which answers at once or never."""


@asynccontextmanager
async def opened(name: str, patience: Patience) -> AsyncIterator[SnmpClient]:
    """The engine of that name, open as long as this lasts."""
    made = ENGINES[name](patience)
    client = await made if isinstance(made, Awaitable) else made
    try:
        yield client
    finally:
        await client.close()
