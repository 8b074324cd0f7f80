import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.snmp.client import BadAgent, Question
from monitoring.snmp.walk import MOST_ROWS, Request, Walk
from snmp import pdu
from snmp.pdu import Kind, Pdu, PduKind, Value, VarBind

NAME, STATUS, OCTETS = "1.3.6.1.2.1.1.5", "1.3.6.1.2.1.2.2.1.8", "1.3.6.1.2.1.31.1.1.1.6"
Mib = dict[str, Value]


def arcs(oid: str) -> tuple[int, ...]:
    return tuple(map(int, oid.split(".")))


def agent(mib: Mib, request: Request) -> Pdu:
    """What RFC 3416 says that an agent with these objects answers."""

    def after(oid: str) -> VarBind:
        later = sorted((o for o in mib if arcs(o) > arcs(oid)), key=arcs)
        return (later[0], mib[later[0]]) if later else (oid, pdu.END_OF_MIB_VIEW)

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
        walk.take(agent(mib, request))
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
    walk.take(agent(mib, walk.next() or pytest.fail("nothing to ask")))
    assert walk.next() is None
    assert walk.longest == 4
    assert walk.rows_next_time == 5


def test_a_scalar_that_the_device_lacks_is_left_out() -> None:
    assert read({"1.3.6.1.2.1.1.6.0": number(1)}, Question(scalars=(NAME,)))[0] == []


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        pytest.param([(f"{STATUS}.2", number(1)), (f"{STATUS}.1", number(1))], "do not increase", id="going back"),
        pytest.param([(f"{STATUS}.2", number(1)), (f"{STATUS}.2", number(1))], "do not increase", id="standing still"),
        pytest.param([], "without the columns", id="an empty answer"),
    ],
)
def test_an_agent_that_makes_no_sense_is_left(answers: list[VarBind], said: str) -> None:
    walk = Walk(Question(scalars=(), columns=(STATUS,)))
    walk.next()
    with pytest.raises(BadAgent, match=said):
        walk.take(Pdu(PduKind.RESPONSE, 1, answers))


def test_a_table_without_an_end_is_left() -> None:
    with pytest.raises(BadAgent, match=f"more than {MOST_ROWS} rows in {STATUS}"):
        walk_forever(Walk(Question(scalars=(), columns=(STATUS,)), 64))


def walk_forever(walk: Walk) -> None:
    for start in range(1, 10**6, 64):
        walk.take(Pdu(PduKind.RESPONSE, 1, [(f"{STATUS}.{n}", number(1)) for n in range(start, start + 64)]))


@pytest.mark.parametrize("columns", [(STATUS, OCTETS), (OCTETS, STATUS)], ids=["the first", "the last"])
def test_no_column_may_be_longer_than_others_would_let_it(columns: tuple[str, ...]) -> None:
    allowed = {f"{STATUS}.{n}": number(1) for n in range(1, MOST_ROWS + 1)} | {f"{OCTETS}.1": number(1)}
    found, _ = read(allowed, Question(scalars=(), columns=columns), 64)
    assert len(found) == MOST_ROWS + 1
    with pytest.raises(BadAgent, match="more than"):
        read(allowed | {f"{STATUS}.{MOST_ROWS + 1}": number(1)}, Question(scalars=(), columns=columns), 64)


def test_too_big_halves_until_one_row() -> None:
    walk = Walk(Question(scalars=(), columns=(STATUS,)), 5)
    sizes = []
    while walk.smaller():
        request = walk.next()
        assert request is not None
        sizes.append(request.rows)
    assert sizes == [2, 1]
