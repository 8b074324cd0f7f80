"""Which engine asks the devices: our own, or pysnmp where ours is in doubt."""

from enum import StrEnum

from monitoring.snmp.client import SnmpClient
from monitoring.snmp.engine import Engine


class EngineName(StrEnum):
    OWN = "own"
    PYSNMP = "pysnmp"


async def open_engine(name: EngineName, source: str = "") -> SnmpClient:
    """Asks from the local address `source`, from any where it is empty."""
    if name is EngineName.OWN:
        return await Engine.open(source=source)
    from monitoring.snmp.pysnmp import PySnmp  # noqa: PLC0415 - 0.3 s that our own engine need not pay

    return PySnmp(source=source)
