"""Both engines over agents as people reported them: whoever says anything is never down, and no value is made up."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from ipaddress import IPv4Address

import pytest

from city.inventory import Endpoint, SnmpV2c
from city.secrets import SecretRef
from monitoring.snmp.client import Answers, BadAgent, Question, SnmpClient, Trouble
from monitoring.snmp.engine import Engine
from snmp import ber, pdu
from tests.monitoring import nasty_agents as nasty
from tests.monitoring.engines import BRISK
from tests.monitoring.nasty_agents import STATUS_2, Spoken, in_place_of, name_in_place_of, saying
from tests.monitoring.odd_agent import COMMUNITY, IN, OUT, STATUS, UPTIME, interfaces, listen

pytestmark = pytest.mark.slow

NOT_IN_ORDER = Question(scalars=(UPTIME,), columns=(OUT, STATUS, IN))
"""A profile's columns come in the order in which it needs them, which is not that of the MIB."""
FOUR = interfaces(4)


async def read(client: SnmpClient, agent: Spoken, monkeypatch: pytest.MonkeyPatch, times: int = 2) -> list[Answers]:
    """What each of these readings gives, by an agent of its own."""
    monkeypatch.setenv("ASTY_TEST_COMMUNITY", COMMUNITY.decode())
    secret = SecretRef("env", "ASTY_TEST_COMMUNITY")
    made = await listen(replace(agent, asked=[]))
    endpoint = Endpoint(
        device=f"ap-{made.port}",
        address=IPv4Address("127.0.0.1"),
        ssh_port=22,
        snmp_port=made.port,
        user="admin",
        password=secret,
        host_key="",
        snmp=SnmpV2c(community=secret),
    )
    try:
        return [await client.read(endpoint, NOT_IN_ORDER) for _ in range(times)]
    finally:
        made.close()
        await asyncio.sleep(0)


@pytest.mark.parametrize(
    "agent",
    [
        pytest.param(Spoken(FOUR, odd=nasty.at_most_bindings(6)), id="its answers end in the middle of a row"),
        pytest.param(Spoken(FOUR, odd=nasty.at_most_bindings(1)), id="it gives one binding"),
        pytest.param(Spoken(FOUR, odd=nasty.at_most_rows(2)), id="it gives two rows, whatever is asked for"),
        pytest.param(Spoken(FOUR, odd=nasty.column_by_column), id="it gives column after column"),
        pytest.param(
            Spoken(FOUR, odd=lambda q, a: nasty.at_most_bindings(7)(q, nasty.column_by_column(q, a))),
            id="it gives column after column, as far as they fit",
        ),
        pytest.param(Spoken(FOUR, odd=nasty.sorted_in_each_row), id="it sorts each row"),
        pytest.param(Spoken(FOUR, odd=nasty.backwards), id="it answers from the last to the first"),
        pytest.param(Spoken(FOUR, odd=nasty.once_as_often_as_the_others), id="it repeats what is asked for once"),
        pytest.param(
            Spoken(FOUR, odd=lambda q, a: nasty.at_most_bindings(11)(q, nasty.once_as_often_as_the_others(q, a))),
            id="it repeats what is asked for once, as far as it fits",
        ),
        pytest.param(Spoken(FOUR, odd=nasty.wraps_around), id="after the end it begins again"),
        pytest.param(Spoken(FOUR, odd=nasty.says_the_same_again), id="it gives the last row of a column for ever"),
        pytest.param(Spoken(FOUR, odd=nasty.too_big_above(5, empty=True)), id="tooBig, and no bindings"),
        pytest.param(Spoken(FOUR, odd=nasty.too_big_above(5, empty=False)), id="tooBig, and the question's bindings"),
        pytest.param(Spoken(FOUR, odd=nasty.too_big_above(1, empty=True)), id="more than one value is tooBig"),
        pytest.param(Spoken(FOUR, odd=nasty.error_above_names(2, 5)), id="genErr for more than two names"),
        pytest.param(Spoken(FOUR, odd=nasty.error_above_names(1, 5)), id="genErr for more than one name"),
        pytest.param(Spoken(FOUR, odd=nasty.nothing_in_bulk), id="GETBULK has no bindings, and no error"),
        pytest.param(Spoken(FOUR, say=saying(nasty.long_lengths)), id="long lengths for short contents"),
        pytest.param(Spoken(FOUR, say=lambda _, answer: [answer, answer]), id="everything comes twice"),
        pytest.param(Spoken(FOUR, say=lambda _, answer: [b"hello", answer]), id="nonsense comes first"),
    ],
)
async def test_an_agent_that_says_everything_its_own_way_is_read_whole(
    client: SnmpClient, agent: Spoken, monkeypatch: pytest.MonkeyPatch
) -> None:
    for found in await read(client, agent, monkeypatch):
        assert sorted(found.varbinds) == sorted(FOUR.items())
        assert found.left_out == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    "say",
    [
        pytest.param(in_place_of(STATUS_2, b"\x40\x08" + bytes(8)), id="an address of eight octets"),
        pytest.param(in_place_of(STATUS_2, b"\x04\x05abcd"), id="a text that says to be longer by one"),
        pytest.param(in_place_of(STATUS_2, b"\x44\x07\x9f\x78\x04\x41\x20\x00\x00"), id="a float in Opaque"),
        pytest.param(
            name_in_place_of(STATUS_2, ber.oid_content(STATUS) + b"\x81\xff\xff\xff\xff\xff\xff\xff\x7f"),
            id="an index of 64 bits",
        ),
        pytest.param(name_in_place_of(STATUS_2, b""), id="a name of no octets"),
    ],
)
async def test_what_makes_no_sense_costs_its_own_column_at_most_and_is_told(
    client: SnmpClient, say: Callable[[bytes, bytes], list[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Our own engine leaves the value alone out where only the value is wrong; pysnmp understands no part of it."""
    [found] = await read(client, Spoken(FOUR, say=say), monkeypatch, times=1)
    seen = {oid: value for oid, value in found.varbinds if value.kind != pdu.Kind.OPAQUE}
    assert {oid: FOUR.get(oid) for oid in seen if oid in FOUR} == {oid: seen[oid] for oid in seen if oid in FOUR}
    assert {oid for oid in FOUR if not oid.startswith(STATUS)} <= seen.keys()
    assert found.left_out or [column for column, _ in found.cut] == [STATUS] or STATUS_2 in dict(found.varbinds)


@pytest.mark.parametrize(
    "raw",
    [
        b"\x40\x08" + bytes(8),
        b"\x40\x00",
        b"\x04\x05abcd",
        b"\x04\x7fabcd",
        b"\x02\x14" + bytes(20),
        b"\x4a\x01\x00",
        b"\x02\x01\x01\x02\x01\x01",
        b"",
        b"\x24\x80\x04\x01a\x00\x00",
    ],
)
async def test_our_own_engine_leaves_one_value_out_and_keeps_the_rest(
    raw: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await Engine.open(BRISK)
    [found] = await read(client, Spoken(FOUR, say=in_place_of(STATUS_2, raw)), monkeypatch, times=1)
    await client.close()
    assert sorted(found.varbinds) == sorted((oid, value) for oid, value in FOUR.items() if oid != STATUS_2)
    assert (found.left_out, found.cut) == (1, ())


SAYS_SOMETHING = [
    pytest.param(nasty.with_version(0), id="it answers in SNMPv1"),
    pytest.param(nasty.of_community(b"city@10"), id="it names another community"),
    pytest.param(nasty.of_community(b""), id="it names no community"),
    pytest.param(nasty.with_id(lambda number: number & 0xFFFF), id="its request ids have 16 bits"),
    pytest.param(nasty.with_id(lambda number: number + 1), id="its request ids are others"),
    pytest.param(lambda question, _answer: [question], id="it gives the question back"),
    pytest.param(lambda _question, answer: [answer[:-3]], id="its answers lack their end"),
    pytest.param(lambda _question, answer: [answer + b"\0"], id="an octet comes after the end of its answers"),
    pytest.param(lambda _question, _answer: [b"\x00\x01\x02hello"], id="it speaks another language"),
]


@pytest.mark.slow
@pytest.mark.parametrize("say", SAYS_SOMETHING)
async def test_who_says_anything_at_all_is_not_taken_for_silent(
    client: SnmpClient, say: Callable[[bytes, bytes], list[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Read, or known to be there and not understood: both are an answer. Down is neither."""
    for _ in range(2):
        try:
            found = await read(client, Spoken(FOUR, say=say), monkeypatch)
        except BadAgent:
            continue
        assert sorted(found[-1].varbinds) == sorted(FOUR.items())


async def test_an_agent_of_snmpv1_is_read_by_our_own_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    client = await Engine.open(BRISK)
    agent = Spoken(FOUR, say=nasty.with_version(0), odd=nasty.error_above_names(4, 2))
    for found in await read(client, agent, monkeypatch):
        assert sorted(found.varbinds) == sorted(FOUR.items())
    await client.close()


@pytest.mark.slow
async def test_who_answers_too_late_is_not_taken_for_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """What came since the reading before is of a device that is there, however slow it is."""
    client = await Engine.open(replace(BRISK, timeout_s=0.05))
    monkeypatch.setenv("ASTY_TEST_COMMUNITY", COMMUNITY.decode())
    secret = SecretRef("env", "ASTY_TEST_COMMUNITY")
    agent = await listen(Spoken(FOUR, after_s=0.6))
    endpoint = Endpoint(
        device="ap-1",
        address=IPv4Address("127.0.0.1"),
        ssh_port=22,
        snmp_port=agent.port,
        user="admin",
        password=secret,
        host_key="",
        snmp=SnmpV2c(community=secret),
    )
    with pytest.raises(Trouble):
        await client.read(endpoint, NOT_IN_ORDER)
    await asyncio.sleep(1)
    with pytest.raises(BadAgent, match="too late"):
        await client.read(endpoint, NOT_IN_ORDER)
    await client.close()
    await asyncio.sleep(1)
    agent.close()


async def test_a_column_that_ends_where_another_begins_is_no_disorder(
    client: SnmpClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Columns of different lengths, side by side in the MIB, one of them missing."""
    mib = {
        oid: value
        for oid, value in FOUR.items()
        if oid not in {f"{IN}.3", f"{IN}.4"} and not oid.startswith(f"{STATUS}.")
    }
    for found in await read(client, Spoken(mib), monkeypatch):
        assert (sorted(found.varbinds), found.cut) == (sorted(mib.items()), ())
