"""Questions for names and their answers, as DNS writes them (RFC 1035, 4.1; RFC 3596), and how one is asked.

A name server may answer anything: a name that points at itself, counts that are lies, a record without its end. Each
of these is a wrong answer, and none is followed for long.
"""

import asyncio
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from secrets import randbits

from monitoring.probing.datagram import exchange
from monitoring.probing.failure import Failed, Failure
from monitoring.probing.trip import Address, Trip, is_address
from monitoring.probing.wire import connected

TYPES = {"A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28, "SRV": 33}
_NAMES = {number: name for name, number in TYPES.items()}
_HEADER = struct.Struct("!6H")
_RECORD = struct.Struct("!2HIH")
_IN = 1
_RECURSION_WANTED, _IS_ANSWER, _AUTHORITATIVE, _TRUNCATED, _RCODE = 0x0100, 0x8000, 0x0400, 0x0200, 0x000F
_POINTER, _JUMPS, _LABEL, _LONGEST = 0xC0, 32, 63, 255
NO_ERROR, NO_SUCH_NAME = 0, 3
_PATIENCE_S = 1.0
"""A resolver that says nothing for so long is left, where there is another one."""


@dataclass(frozen=True, slots=True)
class Answer:
    """`values` are the records of the type that was asked for, as text: addresses, names without a dot at their end,
    `10 mail.example.test` for MX, the strings of TXT put together."""

    rcode: int
    authoritative: bool
    values: tuple[str, ...]


def question(name: str, kind: str, number: int, *, recursion: bool) -> bytes:
    """A query of one question. Raises Failed where the name cannot be asked for."""
    labels = [label.encode("ascii", errors="replace") for label in name.rstrip(".").split(".")]
    if not all(0 < len(label) <= _LABEL for label in labels):
        raise Failed(Failure.NOT_ASKED, f"{name[:80]!r} is no name")
    written = b"".join(bytes([len(label)]) + label for label in labels) + b"\0"
    flags = _RECURSION_WANTED if recursion else 0
    return _HEADER.pack(number, flags, 1, 0, 0, 0) + written + struct.pack("!2H", TYPES[kind], _IN)


def is_answer_to(asked: bytes, message: bytes) -> bool:
    """Whether it has the query's id, says that it is an answer, and repeats the question."""
    end = len(asked)
    if len(message) < end or message[:2] != asked[:2] or not message[2] & _IS_ANSWER >> 8:
        return False
    return message[12:end].lower() == asked[12:].lower()


def is_cut(message: bytes) -> bool:
    return bool(_flags(message) & _TRUNCATED)


def answer(asked: bytes, message: bytes) -> Answer:
    """Of a message that is_answer_to(asked). Raises Failed where it makes no sense."""
    try:
        return _answer(asked, message)
    except (struct.error, IndexError, ValueError) as nonsense:
        raise Failed(Failure.WRONG_ANSWER, "no DNS message") from nonsense


def _flags(message: bytes) -> int:
    return int.from_bytes(message[2:4])


def _answer(asked: bytes, message: bytes) -> Answer:
    wanted = int.from_bytes(asked[-4:-2])
    count = _HEADER.unpack_from(message)[3]
    values = tuple(value for kind, value in _records(message, len(asked), count) if kind == wanted)
    flags = _flags(message)
    return Answer(rcode=flags & _RCODE, authoritative=bool(flags & _AUTHORITATIVE), values=values)


def _records(message: bytes, at: int, count: int) -> Iterator[tuple[int, str]]:
    for _ in range(count):
        _, at = _name(message, at)
        kind, klass, _, length = _RECORD.unpack_from(message, at)
        at += _RECORD.size
        if at + length > len(message):
            raise ValueError("a record without its end")
        if klass == _IN:
            yield kind, _value(message, kind, at, length)
        at += length


def _value(message: bytes, kind: int, at: int, length: int) -> str:
    data = message[at : at + length]
    match _NAMES.get(kind):
        case "A" | "AAAA":
            return str(ip_address(data))
        case "NS" | "CNAME" | "PTR":
            return _name(message, at)[0]
        case "MX" | "SRV" as name:
            numbers = 1 if name == "MX" else 3
            told = struct.unpack_from(f"!{numbers}H", data)
            return " ".join(map(str, (*told, _name(message, at + 2 * numbers)[0])))
        case "SOA":
            server, after = _name(message, at)
            contact, after = _name(message, after)
            return f"{server} {contact} {struct.unpack_from('!I', message, after)[0]}"
        case "TXT":
            return "".join(_strings(data))
    return data.hex()


def _strings(data: bytes) -> Iterator[str]:
    at = 0
    while at < len(data):
        yield data[at + 1 : at + 1 + data[at]].decode("ascii", errors="replace")
        at += 1 + data[at]


def _name(message: bytes, at: int) -> tuple[str, int]:
    """The name that begins there, and where what follows it begins."""
    labels: list[str] = []
    after, jumps, octets = -1, 0, 0
    while length := message[at]:
        if length & _POINTER == _POINTER:
            after, jumps = (at + 2 if after < 0 else after), jumps + 1
            at = int.from_bytes(message[at : at + 2]) & ~(_POINTER << 8)
        else:
            labels.append(message[at + 1 : at + 1 + length].decode("ascii", errors="replace").lower())
            at += 1 + length
            octets += 1 + length
        if jumps > _JUMPS or octets > _LONGEST:
            raise ValueError("a name without an end")
    return ".".join(labels), after if after >= 0 else at + 1


async def ask(trip: Trip, server: Address, name: str, kind: str, *, recursion: bool) -> Answer:
    """By UDP, and by TCP where the answer was cut. Raises Failed."""
    asked = question(name, kind, randbits(16), recursion=recursion)
    message = await exchange(trip, server, asked, lambda reply: is_answer_to(asked, reply))
    if is_cut(message):
        message = await _by_tcp(trip, server, asked)
    return answer(asked, message)


async def _by_tcp(trip: Trip, server: Address, asked: bytes) -> bytes:
    async with connected(trip, server) as wire:
        wire.send(len(asked).to_bytes(2) + asked)
        message = await wire.exactly(int.from_bytes(await wire.exactly(2)))
    if not is_answer_to(asked, message):
        raise Failed(Failure.WRONG_ANSWER, "an answer to another question")
    return message


async def addresses(trip: Trip) -> tuple[str, ...]:
    """The IPv4 addresses of the trip's host. Raises Failed.

    As a resident's device asks: the vantage point's own resolver, and no file of hosts.
    """
    if is_address(trip.host):
        return (trip.host,)
    trip.late, silences = Failure.NO_RESOLVER, []
    resolvers = trip.way.asked()
    for left, resolver in zip(range(len(resolvers))[::-1], resolvers, strict=True):
        try:
            async with asyncio.timeout(_PATIENCE_S if left else None):
                found = await ask(trip, resolver, trip.host, "A", recursion=True)
        except (Failed, TimeoutError) as silence:
            silences.append(f"{resolver.host}: {silence or Failure.NO_ANSWER}")
            continue
        if found.values:
            trip.late = Failure.NO_CONNECTION
            return found.values
        if found.rcode in {NO_ERROR, NO_SUCH_NAME}:
            raise Failed(Failure.NO_NAME, f"{resolver.host} knows no address of {trip.host}")
        silences.append(f"{resolver.host}: it answers with code {found.rcode}")
    raise Failed(Failure.NO_RESOLVER, "; ".join(silences))
