"""Our own SNMP engine: thousands of agents in flight over one UDP socket.

What makes it quick: the variable bindings of a question are encoded once for all devices, keys are
localised once per engine, an answer is decoded in one pass. What keeps it honest: an answer counts only
with an id that was asked, from the engine that was asked, in time; an answer to an earlier try counts too,
so that a slow device is not a dead one. An answer from another address of the device counts and is noted.

Sources: RFC 3414 (3.2 for answers and reports, 4 for discovery), RFC 3416 (GETBULK).
"""

import asyncio
import errno
import os
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import count
from secrets import randbits
from typing import TypeVar

from city.errors import InvalidInput
from city.inventory import Endpoint, SnmpV2c, SnmpV3
from city.secrets import SecretRef, resolve
from monitoring.snmp.client import (
    Answers,
    BadAgent,
    Forbidden,
    NoAnswer,
    NotHeard,
    OutOfWindow,
    Patience,
    PortClosed,
    Question,
    Refused,
    Trouble,
    WrongCredentials,
    WrongKey,
    WrongPrivacyKey,
    WrongUser,
)
from monitoring.snmp.mailbox import FORBIDDEN, Address, Conversation, Mailbox, Message
from monitoring.snmp.reading import Habits, Stopwatch, read
from monitoring.snmp.walk import Request, names
from snmp import pdu, usm, v2c, v3
from snmp.errors import NotInTimeWindow
from snmp.pdu import Pdu, PduKind

_JITTER = 0.1
_AFTER_REFUSAL_S = 0.3
_TURN_S, _LIGHT_TURN_S = 0.15, 0.02
"""How long a question may keep others waiting: then the agent is slow or gone, and burdens nobody. Questions whose
answer is small take turns of their own, so that who is silent delays nobody who answers."""
_STATS = "1.3.6.1.6.3.15.1.1."
_REPORTS: dict[str, Callable[[], Trouble]] = {
    f"{_STATS}1.0": lambda: WrongUser("refused: security level"),
    f"{_STATS}3.0": lambda: WrongUser("refused: unknown user"),
    f"{_STATS}5.0": lambda: WrongKey("refused: wrong authentication key"),
    f"{_STATS}6.0": lambda: WrongPrivacyKey("refused: wrong privacy key"),
}
_NOT_IN_WINDOW, _UNKNOWN_ENGINE = f"{_STATS}2.0", f"{_STATS}4.0"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Effort:
    """Whom to ask how often, whose waiting it is, where answers came from, and whether the answer will be small."""

    address: Address
    tries: int
    watch: Stopwatch
    sources: set[str]
    light: bool = False


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


class _Rediscover(Trouble):
    """The agent is another engine than we thought: a turn of the conversation, seen by nobody outside."""


class _Resync(Trouble):
    """The agent's boots or time are not what we thought; now they are."""


class Engine:
    """Made with `await Engine.open()`; at most `in_flight` agents are kept busy at a time."""

    def __init__(self, mailbox: Mailbox, patience: Patience, in_flight: int) -> None:
        self._mailbox, self._patience = mailbox, patience
        self._turns, self._light_turns = asyncio.Semaphore(in_flight), asyncio.Semaphore(in_flight)
        self._peers: dict[Address, _Peer] = {}
        self._habits: dict[Address, Habits] = {}
        self._begun: dict[Address, float] = {}
        """When each was asked last, time.monotonic: what came since then was of its own time."""
        self._secrets: dict[SecretRef, str] = {}
        self._salts = count(randbits(63))

    @classmethod
    async def open(cls, patience: Patience | None = None, in_flight: int = 64, source: str = "") -> "Engine":
        """Asks from the local address `source`, so that nobody elsewhere reaches its socket; from any where empty."""
        return cls(await Mailbox.open(source), patience or Patience(), in_flight)

    @property
    def dropped(self) -> int:
        """Datagrams that nobody waited for: late, doubled, or not ours."""
        return self._mailbox.dropped

    async def close(self) -> None:
        self._mailbox.close()

    async def read(self, endpoint: Endpoint, question: Question) -> Answers:
        """See SnmpClient.read."""
        address = _address(endpoint)
        habits, now = self._habits.setdefault(address, Habits()), time.monotonic()
        since, self._begun[address] = self._begun.get(address, now), now
        watch, sources, known_silent = Stopwatch(self._patience.whole_s), set[str](), habits.silent

        async def ask(request: Request, tries: int) -> Pdu:
            light = request.kind is PduKind.GET
            return await self._ask(endpoint, request, _Effort(address, tries, watch, sources, light))

        try:
            found = await read(ask, question, habits, self._patience, watch)
        except Refused:
            raise
        except NoAnswer:
            if known_silent or not isinstance(endpoint.snmp, SnmpV3) or address not in self._peers:
                if self._mailbox.was_heard(address, since):
                    raise BadAgent("it answers, but with nothing that was asked, or too late") from None
                raise
            await self._discover(_Effort(address, 1, watch, sources, light=True))
            habits.silent = False
            self._forget(endpoint, endpoint.snmp)
            raise NotHeard("it is there, but leaves our question unanswered (privacy key?)") from None
        return replace(found, source=", ".join(sorted(sources)))

    async def _ask(self, endpoint: Endpoint, request: Request, effort: "_Effort") -> Pdu:
        questions = pdu.encode_questions(names(request))
        if isinstance(endpoint.snmp, SnmpV2c):
            return await self._ask_v2c(endpoint.snmp, request, questions, effort)
        for _ in range(4):  # as known; with the engine found anew; with its time learnt; with both
            try:
                return await self._ask_v3(endpoint, endpoint.snmp, request, questions, effort)
            except _Rediscover:
                self._peers.pop(effort.address, None)
            except _Resync:
                continue
            except WrongCredentials:
                self._forget(endpoint, endpoint.snmp)
                raise
        raise OutOfWindow("the agent's engine or clock cannot be agreed upon")

    async def _ask_v2c(self, access: SnmpV2c, request: Request, questions: bytes, effort: "_Effort") -> Pdu:
        community = self._secret(access.community).encode()

        def message(number: int) -> bytes:
            return v2c.encode(community, _encoded(number, request, questions))

        def understood(answer: Message) -> Pdu | None:
            return answer.pdu if isinstance(answer, v2c.Message) and answer.pdu.kind is PduKind.RESPONSE else None

        return await self._exchange(message, understood, effort)

    async def _ask_v3(
        self, endpoint: Endpoint, access: SnmpV3, request: Request, questions: bytes, effort: "_Effort"
    ) -> Pdu:
        peer = await self._peer(endpoint, access, effort)

        def message(number: int) -> bytes:
            return v3.write(
                message_id=number,
                engine=peer.now(),
                user=access.user.encode(),
                encoded_pdu=_encoded(number, request, questions),
                keys=peer.keys,
                salt=next(self._salts) & 0xFFFFFFFFFFFFFFFF,
                reportable=True,
            )

        return await self._exchange(message, lambda answer: _answered(answer, peer), effort)

    async def _peer(self, endpoint: Endpoint, access: SnmpV3, effort: "_Effort") -> _Peer:
        if effort.address not in self._peers:
            user = self._user(endpoint, access)
            engine = await self._discover(effort)
            self._peers[effort.address] = _Peer(engine, time.monotonic(), usm.keys(user, engine.id))
        return self._peers[effort.address]

    async def _discover(self, effort: "_Effort") -> v3.Engine:
        """RFC 3414, 4: a message to nobody is answered by a report that names the engine."""
        nobody = v3.Engine(b"", 0, 0)

        def message(number: int) -> bytes:
            asked = pdu.encode_pdu(PduKind.GET, number, pdu.encode_questions(()))
            return v3.write(message_id=number, engine=nobody, user=b"", encoded_pdu=asked, reportable=True)

        def understood(answer: Message) -> v3.Engine | None:
            return answer.engine if isinstance(answer, v3.Sealed) and answer.engine.id else None

        return await self._exchange(message, understood, effort)

    async def _exchange(
        self,
        message: Callable[[int], bytes],
        understood: Callable[[Message], T | None],
        effort: "_Effort",
    ) -> T:
        """Ask until something understood comes back. Raises NoAnswer, PortClosed, Forbidden, OSError, and what
        `understood` raises of ours."""
        talk, refusal = Conversation(effort.address, understood), 0
        try:
            for _ in range(effort.tries):
                await self._try(talk, message, effort)
                if talk.answered:
                    effort.sources.update(filter(None, (talk.source,)))
                    return talk.result()
                refusal = talk.refusal or refusal
        finally:
            self._mailbox.end(talk)
        if refusal == FORBIDDEN:
            raise Forbidden("somebody on the way forbids the question (ICMP: administratively prohibited)")
        if refusal == errno.ECONNREFUSED:
            raise PortClosed("its host is there, but nothing listens at its SNMP port (connection refused)")
        raise Refused(f"no answer: {os.strerror(refusal).lower()}") if refusal else NoAnswer("no answer")

    async def _try(self, talk: Conversation[T], message: Callable[[int], bytes], effort: "_Effort") -> None:
        """Time that is spent waiting for our turn is not the device's."""
        patience = self._patience.timeout_s * (1 + random.uniform(-_JITTER, _JITTER))  # noqa: S311 - spreads retries
        turns, hold = (self._light_turns, _LIGHT_TURN_S) if effort.light else (self._turns, _TURN_S)
        async with turns:
            number = self._mailbox.number()
            self._mailbox.send(talk, number, message(number))
            with effort.watch:
                await talk.wait(min(hold, patience))
        with effort.watch:
            await talk.wait(_AFTER_REFUSAL_S if talk.refusal else patience - hold)

    def _user(self, endpoint: Endpoint, access: SnmpV3) -> usm.User:
        try:
            auth = usm.Auth(access.auth_protocol)
        except ValueError:
            raise InvalidInput(
                f"device {endpoint.device}",
                f"authentication {access.auth_protocol!r} is not supported",
                f"Use one of {', '.join(usm.Auth)}.",
            ) from None
        return usm.User(
            name=access.user,
            auth=auth,
            auth_password=self._secret(access.auth),
            priv_password=self._secret(access.priv),
        )

    def _secret(self, ref: SecretRef) -> str:
        """Read once, as a poll of the whole fleet is not to open a thousand files. Raises InvalidInput."""
        if ref not in self._secrets:
            found = resolve(ref).reveal()
            if not found:
                raise InvalidInput(f"secret {ref}", "it is empty", "Write the device's password there.")
            self._secrets[ref] = found
        return self._secrets[ref]

    def _forget(self, endpoint: Endpoint, access: SnmpV3) -> None:
        """What was refused is read anew the next time: passwords are changed while pollers run."""
        self._peers.pop(_address(endpoint), None)
        for ref in (access.auth, access.priv):
            self._secrets.pop(ref, None)


def _answered(sealed: Message, peer: _Peer) -> Pdu | None:
    """The answer to our request, or what its report means. Raises Trouble, SnmpError and the turns above."""
    if not isinstance(sealed, v3.Sealed):
        return None
    content = sealed.open(peer.keys if sealed.level is not v3.Level.NO_AUTH else None).pdu
    if content.kind is PduKind.REPORT:
        _reported(content, sealed, peer)
    if sealed.level is not v3.Level.AUTH_PRIV or sealed.engine.id != peer.engine.id:
        return None
    v3.check_fresh(peer.engine, sealed.engine)
    if sealed.engine.boots != peer.engine.boots or sealed.engine.time > peer.engine.time:
        peer.learn(sealed.engine)
    return content if content.kind is PduKind.RESPONSE and content.request_id == sealed.message_id else None


def _reported(report: Pdu, sealed: v3.Sealed, peer: _Peer) -> None:
    """Raise what the report says; return where it says nothing that we know."""
    said = report.varbinds[0][0] if report.varbinds else ""
    if said in _REPORTS:
        trouble = _REPORTS[said]()
        raise trouble
    if said == _UNKNOWN_ENGINE or sealed.engine.id != peer.engine.id:
        raise _Rediscover
    if said == _NOT_IN_WINDOW and sealed.level is v3.Level.NO_AUTH:
        raise _Rediscover  # not believed, as it is in the open: what its engine says now must prove itself by its keys
    if said == _NOT_IN_WINDOW:
        try:
            v3.check_fresh(peer.engine, sealed.engine)
        except NotInTimeWindow:
            # An engine that was reset begins again; its own keys prove that it is it.
            raise _Rediscover from None
        peer.learn(sealed.engine)
        raise _Resync


def _address(endpoint: Endpoint) -> Address:
    return str(endpoint.address), endpoint.snmp_port


def _encoded(number: int, request: Request, questions: bytes) -> bytes:
    if request.kind is PduKind.GET_BULK:
        return pdu.encode_pdu(request.kind, number, questions, len(request.once), request.rows)
    return pdu.encode_pdu(request.kind, number, questions)
