"""Either engine that can be chosen, on loopback and without a lab."""

import asyncio
from collections.abc import AsyncIterator
from ipaddress import IPv4Address
from pathlib import Path
from typing import cast

import pytest
import pytest_asyncio
import uvloop

from city.inventory import Endpoint, SnmpV2c
from city.secrets import SecretRef
from monitoring.snmp.client import Patience, PortClosed, Question
from monitoring.snmp.engine import Engine
from monitoring.snmp.engines import EngineName, open_engine
from monitoring.snmp.pysnmp import PySnmp
from monitoring.snmp.walk import FIRST_ROWS
from snmp import pdu, v2c
from snmp.pdu import Kind, Pdu, PduKind, Value

pytestmark = pytest.mark.slow

SYS_NAME = Question(scalars=("1.3.6.1.2.1.1.5",))
STATUS = "1.3.6.1.2.1.2.2.1.8"
FOUND = [("1.3.6.1.2.1.1.5.0", Value(Kind.OCTETS, b"ap-1"))]


class Agent(asyncio.DatagramProtocol):
    """Answers every v2c question with its name, after a while; knows who asked what and how many waited at once."""

    def __init__(self) -> None:
        self.askers: set[str] = set()
        self.rows: list[int] = []
        self.waiting = self.most_waiting = 0
        self.transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.askers.add(addr[0])
        self.rows.append(v2c.decode(data).pdu.second)
        self.waiting += 1
        self.most_waiting = max(self.most_waiting, self.waiting)
        asyncio.get_running_loop().call_later(0.05, self._answer, data, addr)

    def _answer(self, data: bytes, addr: tuple[str, int]) -> None:
        self.waiting -= 1
        asked = v2c.decode(data).pdu
        table = [(f"{STATUS}.1", Value(Kind.INTEGER, 1)), ("1.3.6.1.2.1.2.2.1.9.1", Value(Kind.INTEGER, 1))]
        said = Pdu(PduKind.RESPONSE, asked.request_id, [*FOUND, *(table if asked.kind is PduKind.GET_BULK else [])])
        assert self.transport is not None
        self.transport.sendto(v2c.encode(b"city", pdu.encode(said)), addr)

    def endpoint(self, folder: Path) -> Endpoint:
        assert self.transport is not None
        community = folder / "community"
        community.write_text("city")
        return Endpoint(
            device="ap-1",
            address=IPv4Address("127.0.0.1"),
            ssh_port=1,
            snmp_port=int(self.transport.get_extra_info("sockname")[1]),
            user="admin",
            password=SecretRef("file", str(community)),
            host_key="",
            snmp=SnmpV2c(community=SecretRef("file", str(community))),
        )


async def listen() -> Agent:
    agent = Agent()
    await asyncio.get_running_loop().create_datagram_endpoint(lambda: agent, local_addr=("127.0.0.1", 0))
    return agent


@pytest_asyncio.fixture
async def agent() -> AsyncIterator[Agent]:
    made = await listen()
    yield made
    assert made.transport is not None
    made.transport.close()


@pytest.mark.parametrize("name", EngineName)
async def test_the_chosen_engine_asks_from_where_it_is_told(agent: Agent, name: EngineName, tmp_path: Path) -> None:
    client = await open_engine(name, "127.0.0.9")
    assert type(client) is {EngineName.OWN: Engine, EngineName.PYSNMP: PySnmp}[name]
    assert (await client.read(agent.endpoint(tmp_path), SYS_NAME)).varbinds == FOUND
    await client.close()
    assert agent.askers == {"127.0.0.9"}


@pytest.mark.parametrize("name", EngineName)
async def test_a_device_that_is_known_is_asked_for_as_many_rows_as_it_has(
    agent: Agent, name: EngineName, tmp_path: Path
) -> None:
    client = await open_engine(name)
    for _ in range(3):
        await client.read(agent.endpoint(tmp_path), Question(scalars=SYS_NAME.scalars, columns=(STATUS,)))
    await client.close()
    assert agent.rows == [FIRST_ROWS, 2, 2], "it has one, and one more shows that"


def test_pysnmp_reads_in_the_pollers_own_loop(tmp_path: Path) -> None:
    async def asked() -> None:
        agent, client = await listen(), await open_engine(EngineName.PYSNMP)
        assert (await client.read(agent.endpoint(tmp_path), SYS_NAME)).varbinds == FOUND
        await client.close()
        assert agent.transport is not None
        agent.transport.close()

    uvloop.run(asked())


async def test_pysnmp_keeps_few_questions_in_flight(agent: Agent, tmp_path: Path) -> None:
    client = PySnmp(in_flight=3)
    endpoint = agent.endpoint(tmp_path)
    answers = await asyncio.gather(*(client.read(endpoint, SYS_NAME) for _ in range(12)))
    await client.close()
    assert all(answer.varbinds == FOUND for answer in answers)
    assert agent.most_waiting == 3


async def test_pysnmp_tells_a_closed_port_as_such(tmp_path: Path) -> None:
    agent = await listen()
    endpoint = agent.endpoint(tmp_path)
    assert agent.transport is not None
    agent.transport.close()
    client = PySnmp(Patience(timeout_s=1, retries=0))
    with pytest.raises(PortClosed):
        await client.read(endpoint, SYS_NAME)
    await client.close()
