"""Agents as people met them and reported: what each says in place of what RFC 3416 has it say.

Reported to gosnmp, pysnmp, node-net-snmp, puresnmp, gufo_snmp, snmp_exporter, devmon and datadog-agent.
"""

import asyncio
import struct
from collections.abc import Callable
from dataclasses import dataclass

from snmp import ber, pdu, v2c
from snmp.pdu import ErrorStatus, Kind, Pdu, PduKind, Value, VarBind
from tests.monitoring.odd_agent import COMMUNITY, IN, OUT, STATUS, Answer, OddAgent, arcs

Encoded = Callable[[bytes], bytes]


@dataclass
class Spoken(OddAgent):
    """Says whatever `say` makes of the question and of the plain answer: no datagram, one, or several."""

    say: Callable[[bytes, bytes], list[bytes]] = lambda _question, answer: [answer]
    after_s: float = 0.0

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        asked = v2c.decode(data).pdu
        self.asked.append(asked)
        status, index, bound = self.odd(asked, (0, 0, self.bound(asked)))
        plain = v2c.encode(COMMUNITY, pdu.encode(Pdu(PduKind.RESPONSE, asked.request_id, bound, status, index)))
        for said in self.say(data, plain):
            assert self.transport is not None
            asyncio.get_running_loop().call_later(self.after_s, self.transport.sendto, said, addr)


def saying(one: Callable[[bytes, bytes], bytes]) -> Callable[[bytes, bytes], list[bytes]]:
    return lambda question, answer: [one(question, answer)]


def with_version(version: int) -> Callable[[bytes, bytes], list[bytes]]:
    """An agent of SNMPv1 that answers what it can in its own version."""

    def said(_question: bytes, answer: bytes) -> bytes:
        at = answer.index(b"\x02\x01\x01")
        return answer[: at + 2] + bytes((version,)) + answer[at + 3 :]

    return saying(said)


def of_community(community: bytes) -> Callable[[bytes, bytes], list[bytes]]:
    """Its own idea of the community."""
    return saying(lambda _question, answer: v2c.encode(community, pdu.encode(v2c.decode(answer).pdu)))


def with_id(change: Callable[[int], int]) -> Callable[[bytes, bytes], list[bytes]]:
    """The answer's request id is another."""

    def said(_question: bytes, answer: bytes) -> bytes:
        whole = v2c.decode(answer).pdu
        return v2c.encode(COMMUNITY, pdu.encode(whole._replace(request_id=change(whole.request_id))))

    return saying(said)


def long_lengths(_question: bytes, answer: bytes) -> bytes:
    """Lengths of three octets everywhere, as some agents write them whatever the length (RFC 3417, 8 allows it)."""
    message = v2c.decode(answer)

    def tlv(tag: int, content: bytes) -> bytes:
        return bytes((tag, 0x82)) + struct.pack("!H", len(content)) + content

    bound = b"".join(
        tlv(0x30, tlv(6, ber.oid_content(oid)) + _value(value, tlv)) for oid, value in message.pdu.varbinds
    )
    head = ber.integer(message.pdu.request_id) + ber.integer(message.pdu.first) + ber.integer(message.pdu.second)
    return tlv(0x30, ber.integer(1) + tlv(4, message.community) + tlv(0xA2, head + tlv(0x30, bound)))


def _value(value: Value, tlv: Callable[[int, bytes], bytes]) -> bytes:
    encoded = pdu.encode_value(value)
    _, start, end = ber.header(encoded, 0)
    return tlv(value.kind, encoded[start:end])


def in_place_of(of: str, raw: bytes) -> Callable[[bytes, bytes], list[bytes]]:
    """These octets in place of the value of one instance, wherever it is told."""

    def said(_question: bytes, answer: bytes) -> bytes:
        message, octets = v2c.decode(answer), b""
        if of not in dict(message.pdu.varbinds):
            return answer
        for oid, value in message.pdu.varbinds:
            octets += ber.tlv(0x30, ber.tlv(6, ber.oid_content(oid)) + (raw if oid == of else pdu.encode_value(value)))
        head = pdu.encode_pdu(PduKind.RESPONSE, message.pdu.request_id, ber.tlv(0x30, octets))
        return v2c.encode(COMMUNITY, head)

    return saying(said)


def name_in_place_of(of: str, content: bytes) -> Callable[[bytes, bytes], list[bytes]]:
    """These octets in place of the name of one instance."""

    def said(_question: bytes, answer: bytes) -> bytes:
        message, octets = v2c.decode(answer), b""
        if of not in dict(message.pdu.varbinds):
            return answer
        for oid, value in message.pdu.varbinds:
            name = content if oid == of else ber.oid_content(oid)
            octets += ber.tlv(0x30, ber.tlv(6, name) + pdu.encode_value(value))
        return v2c.encode(COMMUNITY, pdu.encode_pdu(PduKind.RESPONSE, message.pdu.request_id, ber.tlv(0x30, octets)))

    return saying(said)


def at_most_bindings(most: int) -> Callable[[Pdu, Answer], Answer]:
    """GETBULK gives no more bindings than this, in the middle of a row."""

    def odd(_asked: Pdu, answer: Answer) -> Answer:
        status, index, bound = answer
        return status, index, bound[:most]

    return odd


def at_most_rows(most: int) -> Callable[[Pdu, Answer], Answer]:
    def odd(asked: Pdu, answer: Answer) -> Answer:
        status, index, bound = answer
        wide = len(asked.varbinds) - asked.first
        return status, index, bound[: asked.first + wide * most] if asked.kind is PduKind.GET_BULK else bound

    return odd


def column_by_column(asked: Pdu, answer: Answer) -> Answer:
    """All rows of one column before those of the next."""
    status, index, bound = answer
    if asked.kind is not PduKind.GET_BULK:
        return answer
    wide, rest = len(asked.varbinds) - asked.first, bound[asked.first :]
    return status, index, [*bound[: asked.first], *(one for at in range(wide) for one in rest[at::wide])]


def sorted_in_each_row(asked: Pdu, answer: Answer) -> Answer:
    """Each row in the order of its names, not of the question."""
    status, index, bound = answer
    if asked.kind is PduKind.GET:
        return answer
    once = asked.first if asked.kind is PduKind.GET_BULK else 0
    wide = len(asked.varbinds) - once
    rows = [sorted(bound[at : at + wide], key=_name) for at in range(once, len(bound), wide)]
    return status, index, [*bound[:once], *(one for row in rows for one in row)]


def backwards(asked: Pdu, answer: Answer) -> Answer:
    """The answers in the order opposite to that of the questions."""
    status, index, bound = answer
    if asked.kind is not PduKind.GET_BULK:
        return answer
    wide = len(asked.varbinds) - asked.first
    rows = [bound[at : at + wide][::-1] for at in range(asked.first, len(bound), wide)]
    return status, index, [*bound[: asked.first], *(one for row in rows for one in row)]


def _name(bound: VarBind) -> tuple[int, ...]:
    return arcs(bound[0])


def once_as_often_as_the_others(asked: Pdu, answer: Answer) -> Answer:
    """What is to be answered once is answered in each row."""
    status, index, bound = answer
    if asked.kind is not PduKind.GET_BULK:
        return answer
    once, wide = bound[: asked.first], len(asked.varbinds) - asked.first
    rows = [bound[at : at + wide] for at in range(asked.first, len(bound), wide)]
    return status, index, [one for row in rows for one in (*once, *row)]


def wraps_around(_asked: Pdu, answer: Answer) -> Answer:
    """After the end comes the beginning: a long description."""
    status, index, bound = answer
    first = ("1.3.6.1.2.1.1.1.0", Value(Kind.OCTETS, b"a long description " * 8))
    return status, index, [first if value is pdu.END_OF_MIB_VIEW else (name, value) for name, value in bound]


def says_the_same_again(asked: Pdu, answer: Answer) -> Answer:
    """At its end a column gives its last row for ever."""
    status, index, bound = answer
    if asked.kind is PduKind.GET:
        return answer
    asked_for = {name for name, _ in asked.varbinds}
    stuck = next((name for name in asked_for if name.startswith(f"{IN}.4")), f"{IN}.4")
    again = (stuck, Value(Kind.COUNTER64, 1))
    return (
        status,
        index,
        [again if arcs(f"{IN}.4") < arcs(name) < arcs(f"{OUT}.1") else (name, value) for name, value in bound],
    )


def too_big_above(most: int, *, empty: bool) -> Callable[[Pdu, Answer], Answer]:
    """tooBig for more values than that: without bindings as RFC 3416 has it, or with those of the question."""

    def odd(asked: Pdu, answer: Answer) -> Answer:
        if len(answer[2]) <= most:
            return answer
        return ErrorStatus.TOO_BIG, 0, [] if empty else list(asked.varbinds)

    return odd


def error_above_names(most: int, status: int) -> Callable[[Pdu, Answer], Answer]:
    """This error for a question of more names than that."""
    return lambda asked, answer: (status, 1, list(asked.varbinds)) if len(asked.varbinds) > most else answer


def nothing_in_bulk(asked: Pdu, answer: Answer) -> Answer:
    """GETBULK is answered without any binding, and without an error."""
    return (0, 0, []) if asked.kind is PduKind.GET_BULK else answer


def null_where_it_has_none(_asked: Pdu, answer: Answer) -> Answer:
    """NULL with the name that was asked for, in place of what comes next or of noSuchInstance."""
    status, index, bound = answer
    missing = {f"{OUT}.{n}" for n in range(1, 5)}
    return status, index, [(name, pdu.NULL if name in missing else value) for name, value in bound]


def column_refused(column: str, status: int) -> Callable[[Pdu, Answer], Answer]:
    """This error for any question that names the column."""

    def odd(asked: Pdu, answer: Answer) -> Answer:
        hit = next((at for at, (name, _) in enumerate(asked.varbinds, 1) if f"{name}.".startswith(f"{column}.")), 0)
        return (status, hit, list(asked.varbinds)) if hit else answer

    return odd


STATUS_2 = f"{STATUS}.2"
