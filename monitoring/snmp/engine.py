"""Our own SNMP engine: thousands of agents in flight over one UDP socket.

What makes it quick: the variable bindings of a question are encoded once for all devices, keys are
localised once per engine, an answer is decoded in one pass. What keeps it honest: an answer counts only
from the address that was asked, with the id that was asked, from the engine that was asked, in time.

Sources: RFC 3414 (3.2 for answers and reports, 4 for discovery), RFC 3416 (GETBULK).
"""

import asyncio
import random
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from secrets import randbits
from typing import TypeVar

from city.inventory import Endpoint, SnmpV2c, SnmpV3
from city.secrets import SecretRef, resolve
from monitoring.snmp.client import (
    NoAnswer,
    OutOfWindow,
    Patience,
    Question,
    RefusedByAgent,
    Trouble,
    WrongKey,
    WrongPrivacyKey,
    WrongUser,
)
from monitoring.snmp.walk import FIRST_ROWS, Request, Walk, names
from snmp import pdu, usm, v2c, v3
from snmp.errors import NotInTimeWindow, SnmpError
from snmp.pdu import ErrorStatus, Pdu, PduKind, VarBind

_RECEIVE_BUFFER = 8 << 20
_JITTER = 0.1
_MOST_ROWS = 64
_IDS = 0x7FFFFFFF
_STATS = "1.3.6.1.6.3.15.1.1."
_REPORTS: dict[str, Callable[[], Trouble]] = {
    f"{_STATS}1.0": lambda: WrongUser("refused: security level"),
    f"{_STATS}3.0": lambda: WrongUser("refused: unknown user"),
    f"{_STATS}5.0": lambda: WrongKey("refused: wrong authentication key"),
    f"{_STATS}6.0": lambda: WrongPrivacyKey("refused: wrong privacy key"),
}
_NOT_IN_WINDOW, _UNKNOWN_ENGINE = f"{_STATS}2.0", f"{_STATS}4.0"

Address = tuple[str, int]
T = TypeVar("T")


@dataclass(slots=True)
class _Peer:
    """What is known of one agent: its engine as of a moment of our clock, and our keys there."""

    engine: v3.Engine
    at: float
    keys: usm.Keys

    def now(self) -> v3.Engine:
        return self.engine._replace(time=self.engine.time + int(time.monotonic() - self.at))

    def learn(self, engine: v3.Engine) -> None:
        self.engine, self.at = engine, time.monotonic()


class _Rediscover(Exception):  # noqa: N818 - a turn of the conversation
    """The agent is another engine than we thought."""


class _Resync(Exception):  # noqa: N818 - as above
    """The agent's boots or time are not what we thought; now they are."""


@dataclass(slots=True)
class _Socket(asyncio.DatagramProtocol):
    """Gives each datagram to whoever waits for that address and id; drops the rest."""

    waiting: dict[tuple[Address, int], asyncio.Future[bytes]] = field(default_factory=dict)
    dropped: int = 0

    def datagram_received(self, data: bytes, addr: Address) -> None:
        try:
            future = self.waiting.get((addr, _id_of(data)))
        except SnmpError:
            future = None
        if future is None or future.done():
            self.dropped += 1
        else:
            future.set_result(data)

    def error_received(self, exc: Exception) -> None:
        """An ICMP error names no request; the one concerned runs into its time-out."""


def _id_of(data: bytes) -> int:
    """The message id of v3, the request id of v2c."""
    if v2c.version(data) == v2c.VERSION:
        return v2c.decode(data).pdu.request_id
    return v3.read(data).message_id


class Engine:
    """Made with `await Engine.open()`; at most `in_flight` requests wait at a time."""

    def __init__(self, transport: asyncio.DatagramTransport, sock: _Socket, patience: Patience, in_flight: int) -> None:
        self._transport, self._socket, self._patience = transport, sock, patience
        self._turns = asyncio.Semaphore(in_flight)
        self._peers: dict[Address, _Peer] = {}
        self._rows: dict[tuple[Address, Question], int] = {}
        self._secrets: dict[SecretRef, str] = {}
        self._ids = count(random.randrange(_IDS))  # noqa: S311 - ids need to differ, not to be secret
        self._salts = count(randbits(63))

    @classmethod
    async def open(cls, patience: Patience | None = None, in_flight: int = 64) -> "Engine":
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.setblocking(False)  # noqa: FBT003 - the standard library's signature
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
        sock.bind(("", 0))
        transport, protocol = await asyncio.get_running_loop().create_datagram_endpoint(_Socket, sock=sock)
        return cls(transport, protocol, patience or Patience(), in_flight)

    @property
    def dropped(self) -> int:
        """Datagrams that nobody waited for: late, doubled, or not ours."""
        return self._socket.dropped

    async def close(self) -> None:
        self._transport.close()

    async def read(self, endpoint: Endpoint, question: Question) -> Sequence[VarBind]:
        """See SnmpClient.read."""
        address = _address(endpoint)
        walk = Walk(question, self._rows.get((address, question), FIRST_ROWS))
        async with self._turns:
            while (request := walk.next()) is not None:
                answer = await self._ask(endpoint, request)
                if answer.first == ErrorStatus.TOO_BIG and walk.smaller():
                    continue
                if answer.first != ErrorStatus.NO_ERROR:
                    raise RefusedByAgent(f"the agent answered with error status {answer.first}")
                walk.take(answer)
        self._rows[address, question] = min(_MOST_ROWS, walk.longest + 1)
        return walk.found

    async def _ask(self, endpoint: Endpoint, request: Request) -> Pdu:
        questions = pdu.encode_questions(names(request))
        if isinstance(endpoint.snmp, SnmpV2c):
            return await self._ask_v2c(endpoint, endpoint.snmp, request, questions)
        for _ in range(3):  # as known; with the engine found anew; with its time learnt
            try:
                return await self._ask_v3(endpoint, endpoint.snmp, request, questions)
            except _Rediscover:
                self._peers.pop(_address(endpoint), None)
            except _Resync:
                continue
        raise OutOfWindow("the agent's engine or clock cannot be agreed upon")

    async def _ask_v2c(self, endpoint: Endpoint, access: SnmpV2c, request: Request, questions: bytes) -> Pdu:
        community = self._secret(access.community).encode()

        def message(number: int) -> bytes:
            return v2c.encode(community, _bulk(number, request, questions))

        def understood(data: bytes, number: int) -> Pdu | None:
            answer = v2c.decode(data).pdu
            return answer if answer.kind is PduKind.RESPONSE and answer.request_id == number else None

        return await self._exchange(endpoint, message, understood)

    async def _ask_v3(self, endpoint: Endpoint, access: SnmpV3, request: Request, questions: bytes) -> Pdu:
        address = _address(endpoint)
        if address not in self._peers:
            self._peers[address] = await self._discover(endpoint, access)
        peer = self._peers[address]

        def message(number: int) -> bytes:
            return v3.write(
                message_id=number,
                engine=peer.now(),
                user=access.user.encode(),
                encoded_pdu=_bulk(number, request, questions),
                keys=peer.keys,
                salt=next(self._salts) & 0xFFFFFFFFFFFFFFFF,
                reportable=True,
            )

        return await self._exchange(endpoint, message, lambda data, number: _answered(data, number, peer))

    async def _discover(self, endpoint: Endpoint, access: SnmpV3) -> _Peer:
        """RFC 3414, 4: a message to nobody is answered by a report that names the engine."""
        nobody = v3.Engine(b"", 0, 0)

        def message(number: int) -> bytes:
            asked = pdu.encode_pdu(PduKind.GET, number, pdu.encode_questions(()))
            return v3.write(message_id=number, engine=nobody, user=b"", encoded_pdu=asked, reportable=True)

        def understood(data: bytes, number: int) -> v3.Engine | None:
            sealed = v3.read(data)
            return sealed.engine if sealed.message_id == number and sealed.engine.id else None

        engine = await self._exchange(endpoint, message, understood)
        user = usm.User(
            name=access.user,
            auth=usm.Auth(access.auth_protocol),
            auth_password=self._secret(access.auth),
            priv_password=self._secret(access.priv),
        )
        return _Peer(engine, time.monotonic(), usm.keys(user, engine.id))

    async def _exchange(
        self, endpoint: Endpoint, message: Callable[[int], bytes], understood: Callable[[bytes, int], T | None]
    ) -> T:
        """Ask until something understood comes back. Raises NoAnswer, and what `understood` raises of ours."""
        address = _address(endpoint)
        for _ in range(1 + self._patience.retries):
            number = next(self._ids) & _IDS
            self._transport.sendto(message(number), address)
            try:
                return await self._understood(address, number, understood)
            except TimeoutError:
                continue
        raise NoAnswer("no answer")

    async def _understood(self, address: Address, number: int, understood: Callable[[bytes, int], T | None]) -> T:
        """Raises TimeoutError. What is not understood is dropped, and the wait goes on."""
        patience = self._patience.timeout_s * (1 + random.uniform(-_JITTER, _JITTER))  # noqa: S311 - spreads retries
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(patience):
            while True:
                future = self._socket.waiting[address, number] = loop.create_future()
                try:
                    found = understood(await future, number)
                except SnmpError:
                    found = None
                finally:
                    del self._socket.waiting[address, number]
                if found is not None:
                    return found
                self._socket.dropped += 1

    def _secret(self, ref: SecretRef) -> str:
        """Read once: a poll of the whole fleet is not to open a thousand files."""
        if ref not in self._secrets:
            self._secrets[ref] = resolve(ref).reveal()
        return self._secrets[ref]


def _answered(data: bytes, number: int, peer: _Peer) -> Pdu | None:
    """The answer to our request, or what its report means. Raises Trouble, SnmpError and the turns above."""
    sealed = v3.read(data)
    if sealed.message_id != number:
        return None
    content = sealed.open(peer.keys if sealed.level is not v3.Level.NO_AUTH else None).pdu
    if content.kind is PduKind.REPORT:
        _reported(content, sealed, peer)
    if sealed.level is not v3.Level.AUTH_PRIV or sealed.engine.id != peer.engine.id:
        return None
    v3.check_fresh(peer.engine, sealed.engine)
    if sealed.engine.boots != peer.engine.boots or sealed.engine.time > peer.engine.time:
        peer.learn(sealed.engine)
    return content if content.kind is PduKind.RESPONSE and content.request_id == number else None


def _reported(report: Pdu, sealed: v3.Sealed, peer: _Peer) -> None:
    """Raise what the report says; return where it says nothing that we know."""
    said = report.varbinds[0][0] if report.varbinds else ""
    if said in _REPORTS:
        trouble = _REPORTS[said]()
        raise trouble
    if said == _UNKNOWN_ENGINE or sealed.engine.id != peer.engine.id:
        raise _Rediscover
    if said == _NOT_IN_WINDOW and sealed.level is not v3.Level.NO_AUTH:
        try:
            v3.check_fresh(peer.engine, sealed.engine)
        except NotInTimeWindow:
            # An engine that was reset begins again; its own keys prove that it is it.
            raise _Rediscover from None
        peer.learn(sealed.engine)
        raise _Resync


def _address(endpoint: Endpoint) -> Address:
    return str(endpoint.address), endpoint.snmp_port


def _bulk(number: int, request: Request, questions: bytes) -> bytes:
    return pdu.encode_pdu(PduKind.GET_BULK, number, questions, len(request.once), request.rows)
