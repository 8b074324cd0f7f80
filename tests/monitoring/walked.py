"""Recorded walks of devices, as `snmpwalk -On` prints them, for the tests of this folder."""

import re

from snmp import pdu
from snmp.pdu import Kind, Value, VarBind

_NUMBERS = {
    "INTEGER": Kind.INTEGER,
    "Counter32": Kind.COUNTER32,
    "Counter64": Kind.COUNTER64,
    "Gauge32": Kind.GAUGE32,
    "Timeticks": Kind.TIMETICKS,
}
_NONE = {
    "No Such Object available on this agent at this OID": pdu.NO_SUCH_OBJECT,
    "No Such Instance currently exists at this OID": pdu.NO_SUCH_INSTANCE,
    "No more variables left in this MIB View": pdu.END_OF_MIB_VIEW,
}


def walked(lines: str) -> list[VarBind]:
    """What `snmpwalk -On` printed."""
    return [_bound(line.strip()) for line in lines.strip().splitlines()]


def _bound(line: str) -> VarBind:
    oid, _, said = line.partition(" = ")
    if (missing := _NONE.get(said.split(" (")[0])) is not None:
        return oid.removeprefix("."), missing
    kind, _, shown = said.partition(": ")
    if kind not in _NUMBERS:
        return oid.removeprefix("."), Value(Kind.OCTETS, shown.strip('"').encode())
    number = re.search(r"\d+", shown.partition("(")[2] or shown)
    assert number is not None
    return oid.removeprefix("."), Value(_NUMBERS[kind], int(number[0]))
