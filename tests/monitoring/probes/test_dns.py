from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.probing import names
from monitoring.probing.failure import Failed, Failure
from monitoring.probing.trip import Address, Way
from tests.monitoring.asked import asked
from tests.monitoring.paper_servers import LOOPBACK, Reader, Writer, answering, name_server, saying, serving

pytestmark = pytest.mark.slow
BOTH = 11_053
"""A port over UDP and TCP at once: no system gives it to a client."""

# What Knot 3.2.6 answered to a query with id 7
KNOT = {
    ("www.example.test", "A"): "0007840000010002000000000377777707"
    "6578616d706c6504746573740000010001c00c000100010000000500040a01010ac00c000100010000000500040a02010a",
    ("www.example.test", "AAAA"): "0007840000010001000000000377777707"
    "6578616d706c65047465737400001c0001c00c001c000100000005001020010db8000000000000000000000010",
    ("example.test", "MX"): "000784000001000100000001076578616d706c65047465737400000f0001"
    "c00c000f0001000000050009000a046d61696cc00cc02c000100010000000500040a01010b",
    ("example.test", "TXT"): "000784000001000100000000076578616d706c6504746573740000100001"
    "c00c001000010000000500130b763d73706631202d616c6c067365636f6e64",
    ("example.test", "SOA"): "000784000001000100000000076578616d706c6504746573740000060001c00c000600010000"
    "00050027036e7331c00c0a686f73746d6173746572c00c0000000700000e100000038400093a800000003c",
    ("alias.example.test", "A"): "00078400000100030000000005616c696173076578616d706c6504746573740000010001"
    "c00c0005000100000005000603777777c012c030000100010000000500040a01010ac030000100010000000500040a02010a",
    ("alias.example.test", "CNAME"): "00078400000100010000000005616c696173076578616d706c6504746573740000050001"
    "c00c0005000100000005000603777777c012",
    ("_mqtt._tcp.example.test", "SRV"): "000784000001000100000000055f6d717474045f746370076578616d706c650474657374"
    "0000210001c00c0021000100000005001c0000000522b30773656e736f7273076578616d706c65047465737400",
    ("none.example.test", "A"): "000784030001000000010000046e6f6e65076578616d706c6504746573740000010001c01100060001"
    "000000050027036e7331c0110a686f73746d6173746572c0110000000700000e100000038400093a800000003c",
    ("www.other.test", "A"): "00078005000100000000000003777777056f7468657204746573740000010001",
}
SAID = {
    ("www.example.test", "A"): (0, True, ("10.1.1.10", "10.2.1.10")),
    ("www.example.test", "AAAA"): (0, True, ("2001:db8::10",)),
    ("example.test", "MX"): (0, True, ("10 mail.example.test",)),
    ("example.test", "TXT"): (0, True, ("v=spf1 -allsecond",)),
    ("example.test", "SOA"): (0, True, ("ns1.example.test hostmaster.example.test 7",)),
    ("alias.example.test", "A"): (0, True, ("10.1.1.10", "10.2.1.10")),
    ("alias.example.test", "CNAME"): (0, True, ("www.example.test",)),
    ("_mqtt._tcp.example.test", "SRV"): (0, True, ("0 5 8883 sensors.example.test",)),
    ("none.example.test", "A"): (3, True, ()),
    ("www.other.test", "A"): (5, False, ()),
}


@pytest.mark.parametrize(("name", "kind"), KNOT)
def test_what_a_real_name_server_answers_is_read(name: str, kind: str) -> None:
    asked_for, message = names.question(name, kind, 7, recursion=False), bytes.fromhex(KNOT[name, kind])
    assert names.is_answer_to(asked_for, message)
    found = names.answer(asked_for, message)
    assert (found.rcode, found.authoritative, found.values) == SAID[name, kind]


@given(message=st.binary(max_size=300), counts=st.integers(0, 0xFFFF))
def test_no_message_is_too_odd_to_be_a_wrong_answer(message: bytes, counts: int) -> None:
    asked_for = names.question("www.example.test", "A", 7, recursion=True)
    whole = b"\0\7\x81\x80\0\1" + counts.to_bytes(2) + bytes(4) + asked_for[12:] + message
    try:
        names.answer(asked_for, whole)
    except Failed as failed:
        assert failed.failure is Failure.WRONG_ANSWER  # noqa: PT017 - a message that can be read is as good


def test_a_name_that_points_at_itself_has_no_end() -> None:
    asked_for = names.question("www.example.test", "NS", 7, recursion=True)
    at = len(asked_for)
    record = (0xC000 | at).to_bytes(2) + bytes.fromhex("000200010000000500020000")
    with pytest.raises(Failed, match="no DNS message"):
        names.answer(asked_for, asked_for[:2] + bytes.fromhex("81800001000100000000") + asked_for[12:] + record)


async def knot(tmp_path: Path, declared: str) -> Failure | None:
    def reply(question: bytes) -> list[bytes]:
        for message in map(bytes.fromhex, KNOT.values()):
            if names.is_answer_to(message[:2] + question[2:], message):
                return [question[:2] + message[2:]]
        return []

    async with answering(reply) as (port, _):
        return (await asked(tmp_path, f"{{{declared}, port: {port}}}")).failure


@pytest.mark.parametrize(
    ("declared", "failure"),
    [
        ("dns: www.example.test", None),
        ("dns: WWW.example.test., values: [10.2.1.10, 10.1.1.10], authoritative: true", None),
        ("dns: www.example.test, values: [10.1.1.10]", Failure.WRONG_ANSWER),
        ("dns: alias.example.test, type: CNAME, values: [www.example.test.]", None),
        ("dns: none.example.test", Failure.WRONG_ANSWER),
        ("dns: www.other.test, authoritative: true", Failure.WRONG_ANSWER),
    ],
)
async def test_a_name_server_is_good_where_it_says_what_is_declared(
    tmp_path: Path, declared: str, failure: Failure | None
) -> None:
    assert await knot(tmp_path, declared) is failure


async def test_a_resolver_that_claims_no_authority_is_no_authoritative_server(tmp_path: Path) -> None:
    async with answering(name_server({"www.example.test": "10.1.1.10"})) as (port, asked_for):
        good = await asked(tmp_path, f"{{dns: www.example.test, port: {port}}}")
        wrong = await asked(tmp_path, f"{{dns: www.example.test, port: {port}, authoritative: true}}")
    assert (good.failure, wrong.failure) == (None, Failure.WRONG_ANSWER)
    assert [message[2] & 1 for message in asked_for] == [1, 0], "only a resolver is asked for recursion"


async def test_a_lost_datagram_is_asked_for_again(tmp_path: Path) -> None:
    known, lost = name_server({"www.example.test": "10.1.1.10"}), [True]

    async with answering(lambda question: [] if lost and lost.pop() else known(question)) as (port, asked_for):
        found = await asked(tmp_path, f"{{dns: www.example.test, port: {port}}}")
    assert (found.failure, len(asked_for)) == (None, 2)
    assert asked_for[0] == asked_for[1]


async def test_an_answer_to_another_question_is_none(tmp_path: Path) -> None:
    known = name_server({"www.example.test": "10.1.1.10"})
    async with answering(lambda question: [b"\0\0" + known(question)[0][2:], b"?"]) as (port, _):
        found = await asked(tmp_path, f"{{dns: www.example.test, port: {port}}}", deadline_s=1.5)
    assert (found.failure, found.heard) == (Failure.WRONG_ANSWER, True)


async def test_an_answer_that_was_cut_is_asked_for_over_tcp(tmp_path: Path) -> None:
    known = name_server({"www.example.test": "10.1.1.10"})

    async def serve(reader: Reader, writer: Writer) -> None:
        question = await reader.readexactly(int.from_bytes(await reader.readexactly(2)))
        whole = known(question)[0]
        writer.write(len(whole).to_bytes(2) + whole)
        await reader.read()

    def cut(question: bytes) -> list[bytes]:
        return [question[:2] + b"\x83\x80" + question[4:]]

    async with serving(serve, port=BOTH), answering(cut, BOTH):
        found = await asked(tmp_path, f"{{dns: www.example.test, port: {BOTH}, values: [10.1.1.10]}}")
    assert found.failure is None, found.detail


async def test_a_host_is_asked_for_at_the_vantage_points_own_resolver(tmp_path: Path) -> None:
    async with (
        answering(name_server({"www.example.test": LOOPBACK})) as (resolver, asked_for),
        saying(b"") as port,
    ):
        way = Way(resolvers=(Address(LOOPBACK, resolver),))
        good = await asked(tmp_path, f"{{tcp: {port}}}", host="www.example.test", way=way)
        lost = await asked(tmp_path, f"{{tcp: {port}}}", host="nobody.example.test", way=way)
    assert (good.failure, good.detail) == (None, "connected to 127.0.0.1")
    assert (lost.failure, lost.heard) == (Failure.NO_NAME, True)
    assert len(asked_for) == 2


async def test_a_resolver_that_says_nothing_or_is_away_is_the_cause(tmp_path: Path) -> None:
    async with answering(lambda _: []) as (silent, _):
        way = Way(resolvers=(Address(LOOPBACK, silent),))
        late = await asked(tmp_path, "{tcp: 1}", host="www.example.test", way=way, deadline_s=0.2)
    gone = await asked(tmp_path, "{tcp: 1}", host="www.example.test", way=way)
    assert (late.failure, late.heard) == (Failure.NO_RESOLVER, False)
    assert (gone.failure, gone.heard) == (Failure.NO_RESOLVER, True)
    async with answering(lambda q: [q[:2] + b"\x81\x82" + q[4:]]) as (broken, _):
        way = Way(resolvers=(Address(LOOPBACK, broken),))
        refused = await asked(tmp_path, "{tcp: 1}", host="www.example.test", way=way)
    assert (refused.failure, refused.detail) == (Failure.NO_RESOLVER, "127.0.0.1: it answers with code 2")
