"""An SNMPv2c agent that answers as RFC 3416 has it, except for one oddity; for the tests of this folder.

The oddities are those of public reports: what exceeds the path is lost, GETBULK is unknown, an end is told otherwise.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from snmp import ber, pdu, v2c
from snmp.pdu import ErrorStatus, Kind, Pdu, PduKind, Value, VarBind

UPTIME, STATUS, IN, OUT = "1.3.6.1.2.1.1.3", "1.3.6.1.2.1.2.2.1.8", "1.3.6.1.2.1.31.1.1.1.6", "1.3.6.1.2.1.31.1.1.1.10"
COMMUNITY = b"city"


def arcs(oid: str) -> tuple[int, ...]:
    return tuple(map(int, oid.split(".")))


def interfaces(count: int) -> dict[str, Value]:
    """A device of so many interfaces: when it started, their states and what they carried."""
    rows = range(1, count + 1)
    return (
        {f"{UPTIME}.0": Value(Kind.TIMETICKS, 4200)}
        | {f"{STATUS}.{n}": Value(Kind.INTEGER, 1) for n in rows}
        | {f"{IN}.{n}": Value(Kind.COUNTER64, 10**9 + n) for n in rows}
        | {f"{OUT}.{n}": Value(Kind.COUNTER64, 10**9 + n) for n in rows}
    )


Answer = tuple[int, int, list[VarBind]]
"""Error status, error index, bindings."""


@dataclass
class OddAgent(asyncio.DatagramProtocol):
    mib: Mapping[str, Value]
    order: Sequence[str] = ()
    """In which its objects come; that of their names where empty."""
    most_octets: int = 65_000
    """A longer answer is lost on its way."""
    bulk: bool = True
    """Whether GETBULK is answered at all."""
    odd: Callable[[Pdu, Answer], Answer] = lambda _asked, answer: answer
    encoded: Callable[[bytes], bytes] = lambda data: data
    silent: bool = False
    latency_s: float = 0.0
    asked: list[Pdu] = field(default_factory=list)
    elsewhere: asyncio.DatagramTransport | None = None
    transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        asked = v2c.decode(data).pdu
        self.asked.append(asked)
        if self.silent or (asked.kind is PduKind.GET_BULK and not self.bulk):
            return
        status, index, bound = self.odd(asked, (0, 0, self.bound(asked)))
        said = v2c.encode(COMMUNITY, pdu.encode(Pdu(PduKind.RESPONSE, asked.request_id, bound, status, index)))
        said, sender = self.encoded(said), self.elsewhere or self.transport
        if len(said) <= self.most_octets and sender is not None:
            asyncio.get_running_loop().call_later(self.latency_s, sender.sendto, said, addr)

    def bound(self, asked: Pdu) -> list[VarBind]:
        """The bindings of a plain answer."""
        names = [name for name, _ in asked.varbinds]
        if asked.kind is PduKind.GET:
            return [(name, self.mib.get(name, pdu.NO_SUCH_INSTANCE)) for name in names]
        if asked.kind is PduKind.GET_NEXT:
            return [self._after(name) for name in names]
        once, row = names[: asked.first], names[asked.first :]
        bound = [self._after(name) for name in once]
        for _ in range(asked.second):
            found = [self._after(name) for name in row]
            bound += found
            row = [name for name, _ in found]
        return bound

    def _after(self, name: str) -> VarBind:
        order = list(self.order) or sorted(self.mib, key=arcs)
        later = order[order.index(name) + 1 :] if name in order else [o for o in order if arcs(o) > arcs(name)]
        return (later[0], self.mib[later[0]]) if later else (name, pdu.END_OF_MIB_VIEW)

    @property
    def port(self) -> int:
        assert self.transport is not None
        return int(self.transport.get_extra_info("sockname")[1])

    def close(self) -> None:
        for one in (self.transport, self.elsewhere):
            if one is not None:
                one.close()


async def listen(agent: OddAgent, host: str = "127.0.0.1", elsewhere: str = "") -> OddAgent:
    """It answers from the address `elsewhere` where there is one."""
    loop = asyncio.get_running_loop()
    await loop.create_datagram_endpoint(lambda: agent, local_addr=(host, 0))
    if elsewhere:
        agent.elsewhere, _ = await loop.create_datagram_endpoint(
            asyncio.DatagramProtocol, local_addr=(elsewhere, agent.port)
        )
    return agent


def end_as(ending: Value) -> Callable[[Pdu, Answer], Answer]:
    """The end of the MIB told by another value."""

    def odd(_asked: Pdu, answer: Answer) -> Answer:
        status, index, bound = answer
        return status, index, [(name, ending if value is pdu.END_OF_MIB_VIEW else value) for name, value in bound]

    return odd


def end_as_error(asked: Pdu, answer: Answer) -> Answer:
    """The end of the MIB told by noSuchName, as in SNMPv1, wherever it comes, and always of the first name."""
    if any(value is pdu.END_OF_MIB_VIEW for _, value in answer[2]):
        return ErrorStatus.NO_SUCH_NAME, 1, [(name, pdu.NULL) for name, _ in asked.varbinds]
    return answer


def no_bulk_by_error(asked: Pdu, answer: Answer) -> Answer:
    return (ErrorStatus.GEN_ERR, 1, list(asked.varbinds)) if asked.kind is PduKind.GET_BULK else answer


def bulk_as_next(asked: Pdu, answer: Answer) -> Answer:
    """GETBULK is answered as GETNEXT would be: one row."""
    status, index, bound = answer
    return status, index, bound[: len(asked.varbinds)] if asked.kind is PduKind.GET_BULK else bound


def one_column_more(asked: Pdu, answer: Answer) -> Answer:
    """A column that nobody asked for in each row."""
    status, index, bound = answer
    if asked.kind is PduKind.GET:
        return answer
    once, wide = (asked.first, len(asked.varbinds) - asked.first) if asked.kind is PduKind.GET_BULK else (0, len(bound))
    rows = [bound[at : at + wide] for at in range(once, len(bound), wide)]
    more = [[("1.3.6.1.2.1.2.2.1.2.1", Value(Kind.OCTETS, b"eth0")), *row] for row in rows]
    return status, index, [*bound[:once], *(one for row in more for one in row)]


def without_octets(of: str) -> Callable[[bytes], bytes]:
    """The integer of this instance has a length of zero."""
    name = ber.tlv(ber.OID, ber.oid_content(of))
    whole, bare = name + b"\x02\x01\x01", name + b"\x02\x00"

    def encoded(data: bytes) -> bytes:
        if whole not in data:
            return data
        message, octets = v2c.decode(data), b""
        for oid, value in message.pdu.varbinds:
            bound = ber.tlv(ber.OID, ber.oid_content(oid)) + pdu.encode_value(value)
            octets += ber.tlv(ber.SEQUENCE, bare if bound == whole else bound)
        again = pdu.encode_pdu(PduKind.RESPONSE, message.pdu.request_id, ber.tlv(ber.SEQUENCE, octets))
        return v2c.encode(message.community, again)

    return encoded
