"""A device that answers is never down: one contract for both engines, over agents as they are met."""

import asyncio
from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from city.inventory import Endpoint, SnmpV2c
from city.secrets import SecretRef
from monitoring.snmp.client import Answers, NoAnswer, Patience, PortClosed, Question, RefusedByAgent, SnmpClient
from monitoring.snmp.engine import Engine
from monitoring.snmp.pysnmp import PySnmp
from monitoring.snmp.walk import MOST_ROWS, SMALL
from snmp import pdu
from snmp.pdu import ErrorStatus, Kind, PduKind, Value
from tests.monitoring.engines import BRISK
from tests.monitoring.odd_agent import (
    COMMUNITY,
    IN,
    OUT,
    STATUS,
    UPTIME,
    OddAgent,
    arcs,
    bulk_as_next,
    end_as,
    end_as_error,
    interfaces,
    listen,
    no_bulk_by_error,
    one_column_more,
    without_octets,
)

pytestmark = pytest.mark.slow

EVERYTHING = Question(scalars=(UPTIME,), columns=(STATUS, IN, OUT))
FOUR = interfaces(4)


@pytest.fixture
def community(tmp_path: Path) -> SnmpV2c:
    (tmp_path / "community").write_bytes(COMMUNITY)
    return SnmpV2c(community=SecretRef("file", str(tmp_path / "community")))


def at(port: int, access: SnmpV2c, host: str = "127.0.0.1") -> Endpoint:
    return Endpoint(
        device=f"ap-{port}",
        address=IPv4Address(host),
        ssh_port=22,
        snmp_port=port,
        user="admin",
        password=SecretRef("env", "NONE"),
        host_key="",
        snmp=access,
    )


async def read(client: SnmpClient, agent: OddAgent, access: SnmpV2c, question: Question = EVERYTHING) -> Answers:
    try:
        return await client.read(at(agent.port, access), question)
    finally:
        agent.asked.append(pdu.Pdu(PduKind.SET, 0, []))  # where one reading ends


@pytest.mark.parametrize(
    "agent",
    [
        pytest.param(OddAgent(FOUR), id="it is as the standard has it"),
        pytest.param(OddAgent(FOUR, most_octets=450), id="what exceeds the path is lost"),
        pytest.param(OddAgent(interfaces(40), most_octets=1472), id="large tables over a path of one frame"),
        pytest.param(OddAgent(FOUR, bulk=False), id="it leaves GETBULK unanswered"),
        pytest.param(OddAgent(FOUR, odd=no_bulk_by_error), id="it answers GETBULK with an error"),
        pytest.param(OddAgent(FOUR, odd=bulk_as_next), id="it takes GETBULK for GETNEXT"),
        pytest.param(OddAgent(FOUR, odd=end_as(pdu.NO_SUCH_OBJECT)), id="it ends with noSuchObject"),
        pytest.param(OddAgent(FOUR, odd=end_as(pdu.NO_SUCH_INSTANCE)), id="it ends with noSuchInstance"),
        pytest.param(OddAgent(FOUR, odd=end_as_error), id="it ends with noSuchName"),
        pytest.param(OddAgent(FOUR, odd=one_column_more), id="it adds a column that nobody asked for"),
    ],
)
async def test_an_agent_with_one_oddity_is_read_whole(client: SnmpClient, community: SnmpV2c, agent: OddAgent) -> None:
    made = await listen(replace(agent, asked=[]))
    for _ in range(2):
        found = await read(client, made, community)
        assert sorted(found.varbinds) == sorted(made.mib.items())
        assert (found.cut, found.left_out) == ((), 0)
    made.close()
    await asyncio.sleep(0)


async def test_what_fits_the_path_is_remembered_and_asked_at_once(client: SnmpClient, community: SnmpV2c) -> None:
    agent = await listen(OddAgent(interfaces(12), most_octets=1472))
    await read(client, agent, community)
    agent.asked.clear()
    await read(client, agent, community)
    assert all(asked.kind is PduKind.GET_BULK and asked.second <= SMALL for asked in agent.asked[:-1])
    assert len({asked.request_id for asked in agent.asked}) == len(agent.asked), "nothing was asked twice"
    agent.close()


async def test_a_table_out_of_order_costs_that_table_alone(client: SnmpClient, community: SnmpV2c) -> None:
    order = sorted(FOUR, key=arcs)
    at_4, at_2 = order.index(f"{IN}.4"), order.index(f"{IN}.2")
    order[at_2], order[at_4] = order[at_4], order[at_2]
    agent = await listen(OddAgent(FOUR, order=order))
    found = await read(client, agent, community)
    seen = dict(found.varbinds)
    assert {f"{UPTIME}.0", *(f"{column}.{n}" for column in (STATUS, OUT) for n in (1, 2, 3, 4))} <= seen.keys()
    assert [column for column, _ in found.cut] == [IN] and "do not increase" in found.cut[0][1]
    agent.close()


@pytest.mark.slow
async def test_a_table_longer_than_the_limit_is_cut_and_the_others_are_whole(
    client: SnmpClient, community: SnmpV2c
) -> None:
    endless = {f"{STATUS}.{n}": Value(Kind.INTEGER, 1) for n in range(1, MOST_ROWS + 40)}
    agent = await listen(OddAgent(interfaces(3) | endless))
    found = await read(client, agent, community)
    assert found.cut == ((STATUS, f"more than {MOST_ROWS} rows"),)
    assert {f"{OUT}.{n}" for n in (1, 2, 3)} <= {oid for oid, _ in found.varbinds}
    agent.close()


@pytest.mark.slow
async def test_a_column_that_is_never_answered_costs_itself_alone(client: SnmpClient, community: SnmpV2c) -> None:
    class Hanging(OddAgent):
        def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
            if b"\x2b\x06\x01\x02\x01\x1f\x01\x01\x01\x06" not in data:  # its counters of what came in
                super().datagram_received(data, addr)

    agent = await listen(Hanging(FOUR))
    found = await read(client, agent, community)
    assert [column for column, _ in found.cut] == [IN]
    assert {f"{STATUS}.4", f"{OUT}.4"} <= {oid for oid, _ in found.varbinds}
    agent.close()


async def test_a_column_that_is_missing_is_read_in_its_narrow_form(client: SnmpClient, community: SnmpV2c) -> None:
    narrow = {f"1.3.6.1.2.1.2.2.1.10.{n}": Value(Kind.COUNTER32, n) for n in (1, 2)}
    mib = {oid: value for oid, value in FOUR.items() if not oid.startswith(f"{IN}.")} | narrow
    question = replace(EVERYTHING, instead=((IN, "1.3.6.1.2.1.2.2.1.10"), (OUT, "1.3.6.1.2.1.2.2.1.16")))
    agent = await listen(OddAgent(mib))
    found = await read(client, agent, community, question)
    assert sorted(found.varbinds) == sorted(mib.items())
    agent.close()


async def test_an_answer_from_another_address_of_the_device_counts(client: SnmpClient, community: SnmpV2c) -> None:
    agent = await listen(OddAgent(FOUR), "127.0.0.31", elsewhere="127.0.0.32")
    found = await client.read(at(agent.port, community, "127.0.0.31"), EVERYTHING)
    assert sorted(found.varbinds) == sorted(FOUR.items())
    if isinstance(client, Engine):
        assert found.source == "127.0.0.32"
    agent.close()


async def test_a_closed_port_on_a_host_that_lives_has_its_own_cause(client: SnmpClient, community: SnmpV2c) -> None:
    agent = await listen(OddAgent(FOUR))
    port = agent.port
    agent.close()
    await asyncio.sleep(0)
    with pytest.raises(PortClosed, match="nothing listens"):
        await client.read(at(port, community), EVERYTHING)


async def test_an_error_to_everything_is_told(client: SnmpClient, community: SnmpV2c) -> None:
    agent = await listen(
        OddAgent(FOUR, odd=lambda asked, _: (ErrorStatus.AUTHORIZATION_ERROR, 0, list(asked.varbinds)))
    )
    with pytest.raises(RefusedByAgent, match="16"):
        await read(client, agent, community)
    agent.close()


@pytest.mark.slow
async def test_who_was_silent_is_asked_once_and_cheaply_and_read_whole_when_it_answers(
    client: SnmpClient, community: SnmpV2c
) -> None:
    agent = await listen(OddAgent(FOUR, silent=True))
    for _ in range(2):
        with pytest.raises(NoAnswer):
            await read(client, agent, community)
    first, second = split(agent)
    knocks = 0 if isinstance(client, Engine) else 1
    assert [asked.kind for asked in second] == [PduKind.GET] * (1 + knocks) and len(second[0].varbinds) == 1
    assert len(first) == 1 + BRISK.retries + knocks
    agent.silent = False
    assert sorted((await read(client, agent, community)).varbinds) == sorted(FOUR.items())
    agent.close()


def split(agent: OddAgent) -> list[list[pdu.Pdu]]:
    readings: list[list[pdu.Pdu]] = [[]]
    for asked in agent.asked:
        if asked.kind is PduKind.SET:
            readings.append([])
        else:
            readings[-1].append(asked)
    return readings[:-1]


async def test_what_is_not_read_in_time_is_cut_and_its_rows_are_remembered(community: SnmpV2c) -> None:
    client = await Engine.open(Patience(timeout_s=1, retries=1, whole_s=0.1))
    agent = await listen(OddAgent(interfaces(30), latency_s=0.15))
    found = await read(client, agent, community)
    assert dict(found.varbinds)[f"{UPTIME}.0"].content == 4200
    assert {why for _, why in found.cut} == {"not read within 0.1 s"}
    await read(client, agent, community)
    assert [asked.second for asked in agent.asked if asked.kind is PduKind.GET_BULK] == [8, 9]
    await client.close()
    agent.close()


async def test_an_integer_of_no_octets_is_left_out_and_counted(community: SnmpV2c) -> None:
    client = await Engine.open(BRISK)
    agent = await listen(OddAgent(FOUR, encoded=without_octets(f"{STATUS}.2")))
    found = await read(client, agent, community)
    assert found.left_out == 1
    assert sorted(found.varbinds) == sorted((oid, value) for oid, value in FOUR.items() if oid != f"{STATUS}.2")
    await client.close()
    agent.close()


async def test_an_integer_of_no_octets_is_up_for_the_other_engine_too(community: SnmpV2c) -> None:
    client = PySnmp(BRISK)
    agent = await listen(OddAgent(FOUR, encoded=without_octets(f"{STATUS}.2")))
    assert f"{STATUS}.3" in dict((await read(client, agent, community)).varbinds)
    await client.close()
    agent.close()


@pytest.mark.slow
async def test_time_that_is_spent_waiting_for_a_turn_is_not_the_devices(community: SnmpV2c) -> None:
    client = await Engine.open(Patience(timeout_s=4, retries=0, whole_s=0.8), in_flight=1)
    agents = [await listen(OddAgent(interfaces(20), latency_s=0.05)) for _ in range(16)]
    found = await asyncio.gather(*(read(client, agent, community) for agent in agents))
    assert [answers.cut for answers in found] == [()] * len(agents), "sixteen take turns for longer than any is given"
    await client.close()
    for agent in agents:
        agent.close()
