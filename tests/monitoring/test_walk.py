import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.snmp.client import Question
from monitoring.snmp.walk import LARGE, MOST_ROWS, Request, Walk
from snmp import pdu
from snmp.pdu import ErrorStatus, Kind, Pdu, PduKind, Value, VarBind

NAME, STATUS, OCTETS = "1.3.6.1.2.1.1.5", "1.3.6.1.2.1.2.2.1.8", "1.3.6.1.2.1.31.1.1.1.6"
Mib = dict[str, Value]


def arcs(oid: str) -> tuple[int, ...]:
    return tuple(map(int, oid.split(".")))


def agent(mib: Mib, request: Request) -> Pdu:
    """What RFC 3416 says that an agent with these objects answers."""

    def after(oid: str) -> VarBind:
        later = sorted((o for o in mib if arcs(o) > arcs(oid)), key=arcs)
        return (later[0], mib[later[0]]) if later else (oid, pdu.END_OF_MIB_VIEW)

    if request.kind is PduKind.GET:
        return Pdu(PduKind.RESPONSE, 1, [(name, mib.get(name, pdu.NO_SUCH_OBJECT)) for name in request.once])
    bound = [after(name) for name in request.once]
    row = list(request.repeated)
    for _ in range(request.rows):
        found = [after(name) for name in row]
        bound += found
        row = [oid for oid, _ in found]
    return Pdu(PduKind.RESPONSE, 1, bound)


def read(mib: Mib, question: Question, rows: int = 4) -> tuple[list[VarBind], int]:
    """Everything found, and in how many messages."""
    walk, messages = Walk(question, rows), 0
    while (request := walk.next()) is not None:
        walk.take(request, agent(mib, request))
        messages += 1
    return walk.found, messages


def number(n: int) -> Value:
    return Value(Kind.INTEGER, n)


@given(
    st.dictionaries(st.integers(1, 300), st.integers(1, 7), max_size=20),
    st.dictionaries(st.integers(1, 300), st.integers(0, 99), max_size=20),
    st.integers(1, 30),
)
def test_every_instance_and_nothing_else(statuses: dict[int, int], octets: dict[int, int], rows: int) -> None:
    wanted = {f"{STATUS}.{n}": number(v) for n, v in statuses.items()}
    wanted |= {f"{OCTETS}.{n}": number(v) for n, v in octets.items()}
    wanted[f"{NAME}.0"] = Value(Kind.OCTETS, b"ap-1")
    others = {"1.3.6.1.2.1.2.2.1.9.1": number(5), "1.3.6.1.2.1.1.6.0": number(6)}
    found, _ = read(wanted | others, Question(scalars=(NAME,), columns=(STATUS, OCTETS)), rows)
    assert sorted(found) == sorted(wanted.items())


def test_a_device_of_known_length_is_read_in_one_message() -> None:
    mib = {f"{STATUS}.{n}": number(1) for n in range(1, 5)} | {f"{NAME}.0": number(1)}
    walk = Walk(Question(scalars=(NAME,), columns=(STATUS,)), 5)
    request = walk.next() or pytest.fail("nothing to ask")
    walk.take(request, agent(mib, request))
    assert walk.next() is None
    assert walk.longest == 4
    assert walk.rows_next_time == 5


def test_a_scalar_that_the_device_lacks_is_left_out() -> None:
    assert read({"1.3.6.1.2.1.1.6.0": number(1)}, Question(scalars=(NAME,)))[0] == []


def taken(walk: Walk, answers: list[VarBind], status: int = 0) -> Request | None:
    """What is asked next, after this answer."""
    walk.take(walk.next() or pytest.fail("nothing to ask"), Pdu(PduKind.RESPONSE, 1, answers, status))
    return walk.next()


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        pytest.param([(f"{STATUS}.2", number(1)), (f"{STATUS}.1", number(1))], "do not increase", id="going back"),
        pytest.param([(f"{STATUS}.2", number(1)), (f"{STATUS}.2", number(1))], "do not increase", id="standing still"),
    ],
)
def test_a_column_that_makes_no_sense_is_cut(answers: list[VarBind], said: str) -> None:
    walk = Walk(Question(scalars=(), columns=(STATUS,)))
    assert taken(walk, answers) is None
    assert said in walk.cut[STATUS] and walk.found == answers[:1]


@pytest.mark.slow
@pytest.mark.parametrize("columns", [(STATUS, OCTETS), (OCTETS, STATUS)], ids=["the first", "the last"])
def test_no_column_may_be_longer_than_others_would_let_it(columns: tuple[str, ...]) -> None:
    allowed = {f"{STATUS}.{n}": number(1) for n in range(1, MOST_ROWS + 1)} | {f"{OCTETS}.1": number(1)}
    for mib in (allowed, allowed | {f"{STATUS}.{MOST_ROWS + 1}": number(1)}):
        assert len(read(mib, Question(scalars=(), columns=columns), 64)[0]) == MOST_ROWS + 1


def test_after_silence_a_frame_is_asked_for_then_by_getnext_then_by_halves_until_one_is_given_up() -> None:
    walk = Walk(Question(scalars=(), columns=(STATUS, OCTETS)), 40)
    asked = []
    while (request := walk.next()) is not None:
        asked.append((request.kind, len(request.repeated), request.rows))
        walk.ask_less(request, reason="no answer to it")
    bulk, following = PduKind.GET_BULK, PduKind.GET_NEXT
    assert asked == [(bulk, 2, 40), (bulk, 2, 16), (following, 2, 1), (following, 1, 1), (following, 1, 1)]
    assert walk.cut == {STATUS: "no answer to it", OCTETS: "no answer to it"}


def test_too_big_halves_until_one_value_which_is_given_up() -> None:
    walk = Walk(Question(scalars=(), columns=(STATUS,)), 5)
    sizes = []
    while (request := walk.next()) is not None:
        sizes.append(request.rows)
        walk.take(request, Pdu(PduKind.RESPONSE, 1, [], ErrorStatus.TOO_BIG))
    assert sizes == [5, 2, 1]
    assert walk.cut == {STATUS: "its answer is too big"}


def test_an_answer_without_what_was_asked_for_is_like_none() -> None:
    after = taken(Walk(Question(scalars=(), columns=(STATUS,)), 5), [])
    assert after is not None and after.kind is PduKind.GET_NEXT


def test_no_request_is_for_more_than_one_message_may_hold() -> None:
    columns = tuple(f"1.3.6.1.4.1.{n}" for n in range(1, 18))
    request = Walk(Question(scalars=(NAME,), columns=columns), 64).next()
    assert request is not None and request.values <= LARGE < pdu.MOST_VARBINDS


SIDE_BY_SIDE = ("1.3.6.1.2.1.2.2.1.8", "1.3.6.1.2.1.2.2.1.9", "1.3.6.1.2.1.2.2.1.10", "1.3.6.1.2.1.2.2.1.11")


@given(
    columns=st.permutations(SIDE_BY_SIDE),
    rows=st.dictionaries(st.sampled_from(SIDE_BY_SIDE), st.sets(st.integers(1, 40), max_size=12)),
    at_once=st.integers(1, 20),
    most=st.integers(1, 60),
)
def test_no_agent_that_answers_as_the_standard_has_it_is_taken_for_disordered(
    columns: list[str], rows: dict[str, set[int]], at_once: int, most: int
) -> None:
    """Whatever columns lie beside it, are missing or end early, and wherever its answers are cut off."""
    mib = {f"{column}.{row}": number(row) for column, there in rows.items() for row in there}
    mib |= {f"{NAME}.0": number(1), "1.3.6.1.2.1.2.2.1.12.1": number(1)}
    walk = Walk(Question(scalars=(NAME,), columns=tuple(columns)), at_once)
    while (request := walk.next()) is not None:
        answer = agent(mib, request)
        walk.take(request, answer._replace(varbinds=answer.varbinds[: len(request.once) + max(most, 1)]))
    assert not walk.one_by_one
    assert sorted(walk.found) == sorted((oid, value) for oid, value in mib.items() if not oid.endswith(".12.1"))
    assert walk.cut == {}
