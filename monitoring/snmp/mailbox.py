"""One UDP socket for all conversations: each datagram to whoever waits for its id.

Ids are drawn at random, so nobody answers who did not see the question. A device may answer from another of its own
addresses (a router by the interface that leads back, a cluster): the conversation notes it. A datagram that nobody
waits for is dropped after its first few octets; it is remembered that something came, as who says anything is there.

ICMP errors are told to the conversation they are about (Linux: IP_RECVERR, ip(7)); other systems leave
them out, and a refused question waits for its time-out. The kernel also gives each such error to whichever
call comes next, be it for another device: only its queue of errors says whom one is about.
"""

import asyncio
import errno
import math
import select
import socket
import struct
import time
from collections.abc import Callable
from secrets import randbits
from typing import Generic, TypeVar, cast

from monitoring.snmp.client import Trouble
from snmp import v2c, v3
from snmp.errors import SnmpError

_RECEIVE_BUFFER = 8 << 20
_IP_RECVERR = 11
_BY_ICMP = 2
"""Where an error is from: SO_EE_ORIGIN_ICMP of linux/errqueue.h."""
_ERROR_QUEUE_OCTETS = 512
_UNREACHABLE, _FORBIDDEN = 3, frozenset({9, 10, 13})
"""ICMP: the type of unreachable destinations, and its codes for those that somebody on the way forbids (RFC 1812)."""
FORBIDDEN = errno.EPERM
"""The number under which a conversation is told of them; Linux tells them as any unreachable host."""
_LONGEST = 65_535
_AT_ONCE = 64
"""Datagrams that are taken before others of the loop get their turn."""
_SENDS = 3
_ID_BITS = 31

Address = tuple[str, int]
Message = v2c.Message | v3.Sealed
T = TypeVar("T")


class Conversation(Generic[T]):
    """One question, asked once or more often; any answer to any of its tries that `understood` takes ends it.

    `understood` gives None, or raises SnmpError, for what is no answer: then the wait goes on. The Trouble
    that it raises is the answer. `refusal` is the error number of what ICMP said of the last try, 0 for nothing;
    `source` the other address that the answer came from, if it did.
    """

    def __init__(self, address: Address, understood: Callable[[Message], T | None]) -> None:
        self.address, self._understood = address, understood
        self.numbers: list[int] = []
        self.refusal, self.source = 0, ""
        self._found: T | None = None
        self._trouble: Trouble | None = None
        self._waiter: asyncio.Future[None] | None = None

    @property
    def answered(self) -> bool:
        return self._found is not None or self._trouble is not None

    def result(self) -> T:
        """Of a conversation that is answered. Raises its Trouble."""
        if self._trouble is not None:
            raise self._trouble
        return cast("T", self._found)

    async def wait(self, seconds: float) -> None:
        """Until it is answered or refused, or the time is over."""
        if self.answered:
            return
        loop = asyncio.get_running_loop()
        self._waiter = loop.create_future()
        timer = loop.call_later(seconds, self._wake)
        try:
            await self._waiter
        finally:
            timer.cancel()

    def take(self, message: Message, source: str = "") -> bool:
        """Whether the message, which came from `source`, is what was waited for."""
        if self.answered:
            return False
        try:
            self._found = self._understood(message)
        except Trouble as trouble:
            self._trouble = trouble
        except SnmpError:
            return False
        if self._found is None and self._trouble is None:
            return False
        self.source = source if source != self.address[0] else ""
        self._wake()
        return True

    def refuse(self, why: int) -> None:
        self.refusal = why
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class Mailbox:
    """Made with `await Mailbox.open()`, in the loop that it is used in."""

    def __init__(self, sock: socket.socket) -> None:
        self.dropped = 0
        self._socket, self._watched = sock, _watched(sock)
        self._waiting: dict[int, Conversation[object]] = {}
        self._talking: dict[Address, Conversation[object]] = {}
        self._unasked: dict[Address, float] = {}

    @classmethod
    async def open(cls, source: str = "") -> "Mailbox":
        """From the local address `source`; from whichever leads there where it is empty."""
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.setblocking(False)  # noqa: FBT003 - the standard library's signature
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
        if hasattr(socket, "MSG_ERRQUEUE"):
            sock.setsockopt(socket.IPPROTO_IP, _IP_RECVERR, 1)
        sock.bind((source, 0))
        made = cls(sock)
        asyncio.get_running_loop().add_reader(made._watched, made._receive)
        return made

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self._watched)
        self._watched.close()
        self._socket.close()

    def send(self, talk: Conversation[T], number: int, data: bytes) -> None:
        """One more try of a conversation. Raises OSError where we cannot send there at all."""
        talk.numbers.append(number)
        talk.refusal = 0
        known = cast("Conversation[object]", talk)
        self._waiting[number] = self._talking[talk.address] = known
        self._unasked.setdefault(talk.address, -math.inf)
        failed = 0
        while True:
            try:
                self._socket.sendto(data, talk.address)
            except BlockingIOError:
                return  # our own buffer is full: as if lost on the way, and tried again
            except OSError:
                failed += not self._refusals()  # where it was an earlier datagram's, this one was not sent yet
                if failed == _SENDS:
                    raise
            else:
                return

    def end(self, talk: Conversation[T]) -> None:
        for number in talk.numbers:
            self._waiting.pop(number, None)
        if self._talking.get(talk.address) is talk:
            del self._talking[talk.address]

    def was_heard(self, address: Address, since: float) -> bool:
        """Whether anything came from there since then (time.monotonic), though nothing that was waited for."""
        return self._unasked.get(address, -math.inf) >= since

    def number(self) -> int:
        """An id that nobody waits for yet and nobody can guess."""
        while (drawn := randbits(_ID_BITS)) in self._waiting:
            continue
        return drawn

    def datagram_received(self, data: bytes, addr: Address) -> None:
        try:
            talk = self._waiting.get(_number(data))
            taken = talk is not None and talk.take(_message(data), addr[0])
        except SnmpError:
            taken = False
        self.dropped += not taken
        if not taken and addr in self._unasked:
            self._unasked[addr] = time.monotonic()

    def _receive(self) -> None:
        for _ in range(_AT_ONCE):
            try:
                data, address = self._socket.recvfrom(_LONGEST)
            except OSError:
                break  # nothing more, or an error that stands in the queue
            self.datagram_received(data, address)
        self._refusals()

    def _refusals(self) -> bool:
        """Tell each conversation what ICMP said of it, under the address that was asked. Whether it said anything."""
        told = False
        while hasattr(socket, "MSG_ERRQUEUE"):
            try:
                _, ancillary, _, address = self._socket.recvmsg(0, _ERROR_QUEUE_OCTETS, socket.MSG_ERRQUEUE)
            except OSError:
                break
            number, origin, kind, code = struct.unpack_from("=IBBB", ancillary[0][2]) if ancillary else (0, 0, 0, 0)
            if origin != _BY_ICMP:
                continue
            told = True
            if (talk := self._talking.get(address)) is not None:
                talk.refuse(FORBIDDEN if kind == _UNREACHABLE and code in _FORBIDDEN else number)
        return told


def _watched(sock: socket.socket) -> "select.epoll | socket.socket":
    """What the loop watches: an epoll of our own around the socket, so that it sees datagrams and never errors.

    libuv, under uvloop, reads a socket's queue of errors itself, and its 1.52 dies of it: it takes an error's
    number for the length of a datagram.
    """
    if not hasattr(select, "epoll"):
        return sock
    around = select.epoll()
    around.register(sock, select.EPOLLIN)
    return around


def _number(data: bytes) -> int:
    """The id of a message: of v3 the message's, of v2c the request's. Raises SnmpError."""
    return v2c.request_id(data) if v2c.version(data) in v2c.READ else v3.read(data).message_id


def _message(data: bytes) -> Message:
    return v2c.decode(data) if v2c.version(data) in v2c.READ else v3.read(data)
