"""Decoding is bounded before it is trusted: counted work, for datagrams as large as UDP's."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from types import FrameType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snmp import ber, pdu, v2c, v3
from snmp.errors import Malformed, SnmpError
from snmp.pdu import Kind, PduKind, Value

DATAGRAM = 65_000
MOST_LINES = 40_000
"""Lines of ours that may run for one datagram; a line takes some twenty nanoseconds."""


def bound(name: bytes, value: bytes = b"\x05\x00") -> bytes:
    return ber.tlv(ber.SEQUENCE, ber.tlv(ber.OID, name) + value)


def message(varbinds: bytes) -> bytes:
    return v2c.encode(b"city", pdu.encode_pdu(PduKind.RESPONSE, 7, ber.tlv(ber.SEQUENCE, varbinds)))


def filled(one: bytes) -> bytes:
    return message(one * ((DATAGRAM - 60) // len(one)))


ARC = b"\x8f\x8f\x8f\x8f\x01"
"""The longest arc of SNMP's: five octets."""
WIDE = b"\x2b" + bytes(n * 37 % 128 for n in range(21))
DATAGRAMS = {
    "one name of 60 kB": message(bound(b"\x2b" + b"\x81" * 60_000 + b"\x01")),
    "a first arc of 2,100 octets": message(bound(b"\x81" * 2_100 + b"\x01")),
    "a first arc of 60 kB": message(bound(b"\x81" * 60_000 + b"\x01")),
    "bindings as short as can be": filled(bound(b"\x2b")),
    "names of 128 arcs": filled(bound(b"\x2b" + b"\x01" * 120)),
    "names of 128 long arcs": filled(bound(b"\x2b" + ARC * 127)),
    "values that are long names": filled(bound(b"\x2b\x01", ber.tlv(ber.OID, b"\x2b" + ARC * 126))),
    "as many as are taken, all unknown": message(
        b"".join(bound(WIDE + bytes((n // 100, n % 100)), b"\x46\x09\x00" + b"\xff" * 8) for n in range(320))
    ),
    "one string of 60 kB": message(bound(b"\x2b\x01", ber.tlv(ber.OCTETS, b"x" * 60_000))),
    "one number of 60 kB": message(bound(b"\x2b\x01", ber.tlv(ber.INTEGER, b"\x7f" * 60_000))),
    "elements in elements": (b"\x30\x82\xff\x00" * (DATAGRAM // 4))[:DATAGRAM],
    "nothing but one octet": b"\x30" * DATAGRAM,
}


def lines_run(work: Callable[[], object]) -> int:
    """How many lines of Python the work runs, its own and what it calls."""
    import sys  # noqa: PLC0415 - only here is the interpreter looked into

    count = 0

    def trace(_frame: FrameType, event: str, _argument: Any) -> Any:  # noqa: ANN401 - the interpreter's signature
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
    ber._remembered_text.cache_clear()
    yield
    ber._remembered_text.cache_clear()


@pytest.mark.parametrize("data", DATAGRAMS.values(), ids=DATAGRAMS)
def test_no_datagram_costs_more_than_a_bounded_number_of_steps_or_raises_what_is_not_ours(data: bytes) -> None:
    def work() -> None:
        for read in (v2c.decode, v2c.request_id, v3.read):
            with suppress(SnmpError):
                read(data)

    assert len(data) <= 65_507
    assert lines_run(work) < MOST_LINES


def test_the_id_of_a_message_is_read_without_its_bindings() -> None:
    whole = DATAGRAMS["as many as are taken, all unknown"]
    assert v2c.request_id(whole) == v2c.decode(whole).pdu.request_id == 7
    assert lines_run(lambda: v2c.request_id(whole)) < 100
    assert ber._remembered_text.cache_info().currsize > 0
    ber._remembered_text.cache_clear()
    v2c.request_id(whole)
    assert ber._remembered_text.cache_info().currsize == 0, "what nobody asked for stays nowhere"


def test_what_is_remembered_is_bounded_in_number_and_size() -> None:
    limit = ber._remembered_text.cache_info().maxsize
    assert limit is not None and limit <= 8192
    for n in range(limit + 100):
        ber.oid_text(b"\x2b" + bytes((n >> 7, n & 0x7F)))
    assert ber._remembered_text.cache_info().currsize == limit
    ber._remembered_text.cache_clear()
    ber.oid_text(b"\x2b" + b"\x01" * 100)
    ber.oid_content("1.3" + ".1" * 100)
    assert ber._remembered_text.cache_info().currsize == 0


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(b"\x02\x00", pdu.NULL, id="an integer of no octets"),
        pytest.param(b"\x41\x05\x01\x00\x00\x00\x00", pdu.NULL, id="a counter beyond its 32 bits"),
        pytest.param(b"\x02\x0a" + b"\x01" * 10, pdu.NULL, id="an integer of ten octets"),
        pytest.param(b"\x77\x01\x00", pdu.NULL, id="an unknown type"),
        pytest.param(b"\x06\x01\x80", pdu.NULL, id="a name without an end"),
        pytest.param(b"\x40\x02\x7f\x00", pdu.NULL, id="an address of two octets"),
        pytest.param(b"\x41\x04\xff\xff\xff\xff", Value(Kind.COUNTER32, 2**32 - 1), id="the greatest counter"),
    ],
)
def test_a_value_that_makes_no_sense_costs_itself_alone(value: bytes, expected: Value) -> None:
    rest = bound(b"\x2b\x06\x01", b"\x02\x01\x07")
    read = v2c.decode(message(bound(b"\x2b\x06", value) + rest)).pdu.varbinds
    assert read == [("1.3.6", expected), ("1.3.6.1", Value(Kind.INTEGER, 7))]


def test_bindings_that_reach_beyond_their_pdu_are_refused() -> None:
    inside = ber.integer(7) + b"\x02\x01\x00\x02\x01\x00"
    bindings = ber.tlv(ber.SEQUENCE, bound(b"\x2b\x06"))
    short = bytes((PduKind.RESPONSE, len(inside) + len(bindings) - 4)) + inside + bindings
    with pytest.raises(Malformed, match="beyond their PDU"):
        pdu.decode(short)


def test_a_binding_that_reaches_beyond_its_list_is_refused() -> None:
    one = bound(b"\x2b\x06", ber.tlv(ber.OCTETS, b"x" * 200))
    listed = b"\x30" + ber.length(len(one) - 10) + one
    with pytest.raises(Malformed):
        pdu.decode(ber.tlv(PduKind.RESPONSE, ber.integer(7) + b"\x02\x01\x00\x02\x01\x00" + listed))


PIECES = st.recursive(
    st.binary(max_size=30) | st.sampled_from([b"\x05\x00", b"\x02\x00", b"\x2b" + ARC * 3, b"\x81" * 20]),
    lambda inner: st.builds(
        lambda tag, parts, extra: bytes((tag,)) + ber.length(max(0, len(b"".join(parts)) + extra)) + b"".join(parts),
        st.sampled_from([0x02, 0x04, 0x06, 0x30, 0x41, 0x46, 0x80, 0xA2, 0xA8]),
        st.lists(inner, max_size=6),
        st.sampled_from([0, 0, 0, 0, 1, -1]),
    ),
    max_leaves=40,
)


@pytest.mark.slow
@settings(max_examples=600)
@given(PIECES, st.booleans())
def test_whatever_is_nested_how_raises_nothing_but_our_errors(data: bytes, whole: bool) -> None:  # noqa: FBT001 - hypothesis
    candidate = message(data) if whole else data
    for read in (v2c.version, v2c.decode, v2c.request_id, v3.read, pdu.decode):
        with suppress(SnmpError):
            read(candidate)
