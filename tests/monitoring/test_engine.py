"""The engine against agents that misbehave, on loopback and without a lab."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any, cast

import pytest
import pytest_asyncio
import uvloop
from hypothesis import given
from hypothesis import strategies as st

from city.errors import InvalidInput
from city.inventory import Endpoint, SnmpV2c, SnmpV3
from city.secrets import SecretRef
from monitoring.snmp.client import (
    BadAgent,
    NoAnswer,
    NotHeard,
    Patience,
    PortClosed,
    Question,
    RefusedByAgent,
    WrongKey,
)
from monitoring.snmp.engine import Engine
from monitoring.snmp.mailbox import Address, Conversation, Mailbox, Message
from snmp import pdu, usm, v2c, v3
from snmp.errors import SecurityError
from snmp.pdu import ErrorStatus, Kind, Pdu, PduKind, Value

pytestmark = pytest.mark.slow

SYS_NAME = Question(scalars=("1.3.6.1.2.1.1.5",))
FOUND = [("1.3.6.1.2.1.1.5.0", Value(Kind.OCTETS, b"ap-1"))]
BRISK = Patience(timeout_s=0.6, retries=2)
USER = usm.User(name="asty", auth=usm.Auth.SHA256, auth_password="maplesyrup", priv_password="mapletree")  # noqa: S106 - the RFC's
STATS = "1.3.6.1.6.3.15.1.1"
ONE = v3.Engine(b"\x80\x00\x1f\x88\x04one", 3, 1000)


@dataclass
class Agent(asyncio.DatagramProtocol):
    """Answers as RFC 3414 has it, except for what is set here."""

    engine: v3.Engine = ONE
    latency_s: float = 0.0
    silent: bool = False
    deaf: bool = False
    """Answers discovery, but no question."""
    in_the_open: bool = False
    reports_in_the_open: bool = False
    other_request_id: bool = False
    speaks_as: v3.Engine | None = None
    """The boots and time of its sealed answers, where they are not its own."""
    status: int = ErrorStatus.NO_ERROR
    most_rows: int = 99
    asked: list[Pdu] = field(default_factory=list)
    elsewhere: asyncio.DatagramTransport | None = None
    """Another socket that the answers come from."""
    transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: Address) -> None:
        found = None if self.silent else self.answer(data)
        sender = self.elsewhere or self.transport
        if found is not None and sender is not None:
            asyncio.get_running_loop().call_later(self.latency_s, sender.sendto, found, addr)

    def answer(self, data: bytes) -> bytes | None:
        if v2c.version(data) == v2c.VERSION:
            return v2c.encode(b"city", self.response(v2c.decode(data).pdu))
        sealed = v3.read(data)
        if sealed.engine.id != self.engine.id:
            return self.report(sealed, 4)
        if self.deaf:
            return None
        keys = usm.keys(USER, self.engine.id)
        try:
            question = sealed.open(keys).pdu
        except SecurityError:
            return self.report(sealed, 5)
        if sealed.engine.boots != self.engine.boots:
            return self.report(sealed, 2, None if self.reports_in_the_open else keys)
        return self.write(sealed, self.response(question), None if self.in_the_open else keys)

    def response(self, question: Pdu) -> bytes:
        self.asked.append(question)
        status = ErrorStatus.TOO_BIG if question.second > self.most_rows else self.status
        return pdu.encode(
            Pdu(PduKind.RESPONSE, question.request_id + self.other_request_id, [] if status else FOUND, status)
        )

    def report(self, asked: v3.Sealed, counter: int, keys: usm.Keys | None = None) -> bytes:
        said = [(f"{STATS}.{counter}.0", Value(Kind.COUNTER32, 1))]
        return self.write(asked, pdu.encode(Pdu(PduKind.REPORT, 0, said)), keys)

    def write(self, asked: v3.Sealed, encoded: bytes, keys: usm.Keys | None) -> bytes:
        return v3.write(
            message_id=asked.message_id,
            engine=self.speaks_as if keys and self.speaks_as else self.engine,
            user=asked.user,
            encoded_pdu=encoded,
            keys=keys,
            salt=1,
        )

    @property
    def port(self) -> int:
        assert self.transport is not None
        return int(self.transport.get_extra_info("sockname")[1])


async def listen(agent: Agent, host: str = "127.0.0.1") -> Agent:
    await asyncio.get_running_loop().create_datagram_endpoint(lambda: agent, local_addr=(host, 0))
    return agent


@pytest_asyncio.fixture
async def agent() -> AsyncIterator[Agent]:
    made = await listen(Agent())
    yield made
    assert made.transport is not None
    made.transport.close()


@pytest_asyncio.fixture
async def engine() -> AsyncIterator[Engine]:
    made = await Engine.open(BRISK)
    yield made
    await made.close()


@pytest.fixture
def access(tmp_path: Path) -> SnmpV3:
    for name, password in (("auth", USER.auth_password), ("priv", USER.priv_password), ("community", "city")):
        (tmp_path / name).write_text(password)
    return SnmpV3(
        user=USER.name, auth=SecretRef("file", f"{tmp_path}/auth"), priv=SecretRef("file", f"{tmp_path}/priv")
    )


def at(port: int, access: SnmpV3 | SnmpV2c) -> Endpoint:
    return Endpoint(
        device="ap-1",
        address=IPv4Address("127.0.0.1"),
        ssh_port=22,
        snmp_port=port,
        user="admin",
        password=SecretRef("env", "NONE"),
        host_key="",
        snmp=access,
    )


async def test_an_answer_slower_than_the_patience_for_one_try_counts(
    agent: Agent, engine: Engine, access: SnmpV3
) -> None:
    agent.latency_s = 0.8
    assert (await engine.read(at(agent.port, access), SYS_NAME)).varbinds == FOUND


async def test_a_device_that_is_there_but_takes_no_question_is_not_silent(
    agent: Agent, engine: Engine, access: SnmpV3
) -> None:
    agent.deaf = True
    with pytest.raises(NotHeard):
        await engine.read(at(agent.port, access), SYS_NAME)
    agent.deaf, agent.silent = False, True
    with pytest.raises(NoAnswer, match="no answer"):
        await engine.read(at(agent.port, access), SYS_NAME)


WAITED_FOR_BY_NOBODY_S = 600.0


async def refused_then_answered(access: SnmpV3) -> None:
    agent, gone, engine = (
        await listen(Agent()),
        await listen(Agent()),
        await Engine.open(Patience(timeout_s=WAITED_FOR_BY_NOBODY_S)),
    )
    port = gone.port
    assert gone.transport is not None and agent.transport is not None
    gone.transport.close()
    await asyncio.sleep(0)  # the socket is closed in the loop's next turn
    for _ in range(3):
        with pytest.raises(PortClosed, match="connection refused"):
            await engine.read(at(port, access), SYS_NAME)
        assert (await engine.read(at(agent.port, access), SYS_NAME)).varbinds == FOUND, (
            "the socket goes on after an error"
        )
    await engine.close()
    agent.transport.close()
    await asyncio.sleep(0)


@pytest.mark.slow
@pytest.mark.parametrize("run", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
def test_a_closed_port_is_told_at_once(run: Callable[[Coroutine[Any, Any, None]], None], access: SnmpV3) -> None:
    run(refused_then_answered(access))


async def test_an_answer_from_elsewhere_counts_where_the_keys_prove_it(
    agent: Agent, engine: Engine, access: SnmpV3
) -> None:
    await engine.read(at(agent.port, access), SYS_NAME)
    other = await listen(Agent(), "127.0.0.8")
    agent.elsewhere = other.transport
    found = await engine.read(at(agent.port, access), SYS_NAME)
    assert (found.varbinds, found.source) == (FOUND, "127.0.0.8")
    assert other.transport is not None
    other.transport.close()


async def test_an_answer_with_another_id_than_was_asked_is_not_believed(
    agent: Agent, engine: Engine, access: SnmpV3, tmp_path: Path
) -> None:
    agent.other_request_id = True
    plain = SnmpV2c(community=SecretRef("file", f"{tmp_path}/community"))
    with pytest.raises(NotHeard):
        await engine.read(at(agent.port, access), SYS_NAME)
    with pytest.raises(BadAgent, match="nothing that was asked"):
        await engine.read(at(agent.port, plain), SYS_NAME)
    assert engine.dropped > 0


@pytest.mark.parametrize(
    "speaks_as",
    [
        pytest.param(v3.Engine(ONE.id, 2, 9000), id="before its last boot"),
        pytest.param(v3.Engine(ONE.id, 3, 800), id="earlier than the window"),
    ],
)
async def test_an_answer_that_was_sealed_long_ago_is_a_replay(
    agent: Agent, engine: Engine, access: SnmpV3, speaks_as: v3.Engine
) -> None:
    await engine.read(at(agent.port, access), SYS_NAME)
    agent.speaks_as = speaks_as
    with pytest.raises(NotHeard):
        await engine.read(at(agent.port, access), SYS_NAME)


async def test_a_report_in_the_open_after_a_reboot_is_followed_in_the_same_look(
    agent: Agent, engine: Engine, access: SnmpV3
) -> None:
    await engine.read(at(agent.port, access), SYS_NAME)
    agent.engine, agent.reports_in_the_open = v3.Engine(ONE.id, 4, 0), True
    assert (await engine.read(at(agent.port, access), SYS_NAME)).varbinds == FOUND


async def test_an_answer_in_the_open_to_a_sealed_question_is_not_believed(
    agent: Agent, engine: Engine, access: SnmpV3
) -> None:
    agent.in_the_open = True
    with pytest.raises(NotHeard):
        await engine.read(at(agent.port, access), SYS_NAME)


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param(v3.Engine(b"\x80\x00\x1f\x88\x04two", 1, 5), id="another device in its place"),
        pytest.param(v3.Engine(ONE.id, 4, 0), id="it was rebooted"),
        pytest.param(v3.Engine(ONE.id, 1, 0), id="it was reset and counts boots anew"),
    ],
)
async def test_a_changed_engine_is_followed(agent: Agent, engine: Engine, access: SnmpV3, changed: v3.Engine) -> None:
    await engine.read(at(agent.port, access), SYS_NAME)
    agent.engine = changed
    assert (await engine.read(at(agent.port, access), SYS_NAME)).varbinds == FOUND


async def test_a_password_changed_while_we_run_is_read_anew(
    agent: Agent, engine: Engine, access: SnmpV3, tmp_path: Path
) -> None:
    (tmp_path / "auth").write_text("an old password")
    with pytest.raises(WrongKey):
        await engine.read(at(agent.port, access), SYS_NAME)
    (tmp_path / "auth").write_text(USER.auth_password)
    assert (await engine.read(at(agent.port, access), SYS_NAME)).varbinds == FOUND


async def test_what_we_lack_to_ask_is_our_own_fault(
    agent: Agent, engine: Engine, access: SnmpV3, tmp_path: Path
) -> None:
    with pytest.raises(InvalidInput, match=r"ap-1.*'md5' is not supported"):
        await engine.read(at(agent.port, replace(access, auth_protocol="md5")), SYS_NAME)
    (tmp_path / "priv").write_text("")
    with pytest.raises(InvalidInput, match="it is empty"):
        await engine.read(at(agent.port, access), SYS_NAME)


@pytest.mark.slow
async def test_the_silent_give_way_to_those_who_answer(agent: Agent, access: SnmpV3) -> None:
    dead = [await listen(Agent(silent=True)) for _ in range(3)]
    engine = await Engine.open(Patience(timeout_s=3, retries=0), in_flight=1)
    waiting = [asyncio.create_task(engine.read(at(one.port, access), SYS_NAME)) for one in dead]
    assert (await engine.read(at(agent.port, access), SYS_NAME)).varbinds == FOUND
    assert not any(task.done() for task in waiting), "they are still waited for"
    assert [type(end) for end in await asyncio.gather(*waiting, return_exceptions=True)] == [NoAnswer] * 3
    await engine.close()
    for one in dead:
        assert one.transport is not None
        one.transport.close()


async def test_an_answer_that_would_be_too_big_is_asked_for_in_halves(
    agent: Agent, engine: Engine, tmp_path: Path, access: SnmpV3
) -> None:
    assert access.user
    agent.most_rows = 3
    plain = SnmpV2c(community=SecretRef("file", f"{tmp_path}/community"))
    table = Question(scalars=SYS_NAME.scalars, columns=("1.3.6.1.2.1.2.2.1.8",))
    assert (await engine.read(at(agent.port, plain), table)).varbinds == FOUND
    rows = [question.second for question in agent.asked if question.kind is PduKind.GET_BULK]
    assert rows == sorted(rows, reverse=True) and 3 in range(rows[-1], rows[0])


async def test_an_error_of_the_agent_is_told(agent: Agent, engine: Engine, access: SnmpV3) -> None:
    agent.status = ErrorStatus.AUTHORIZATION_ERROR
    with pytest.raises(RefusedByAgent, match="16"):
        await engine.read(at(agent.port, access), SYS_NAME)


@given(st.lists(st.binary(max_size=120), max_size=5))
def test_noise_on_the_socket_is_dropped_and_counted(noise: list[bytes]) -> None:
    async def received() -> int:
        box = await Mailbox.open()
        for data in noise:
            box.datagram_received(data, ("127.0.0.1", 161))
        box.close()
        await asyncio.sleep(0)
        return box.dropped

    assert asyncio.run(received()) == len(noise)


async def test_a_conversation_ends_once() -> None:
    def understood(message: Message) -> str | None:
        return "yes" if isinstance(message, v2c.Message) else None

    message = v2c.Message(b"city", Pdu(PduKind.RESPONSE, 1, []))
    talk = Conversation(("127.0.0.1", 161), understood)
    assert talk.take(message) and talk.answered and talk.result() == "yes"
    assert not talk.take(message), "a second answer is one too many"
    await talk.wait(60)
