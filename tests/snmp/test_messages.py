"""Our messages beside pysnmp's, both ways; and any bytes at all."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyasn1.codec.ber import decoder, encoder
from pysnmp.proto import api
from pysnmp.proto import rfc1902 as smi
from pysnmp.proto.rfc1905 import EndOfMibView, NoSuchInstance, NoSuchObject

from snmp import pdu, v2c, v3
from snmp.errors import Malformed, SnmpError
from snmp.pdu import Kind, Pdu, PduKind, Value

V2 = api.PROTOCOL_MODULES[api.SNMP_VERSION_2C]
NAMES = st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=12).map(
    lambda arcs: "1.3.6." + ".".join(map(str, arcs))
)
# pyasn1 spends an octet too many on -128, -32768 and so on, against X.690, 8.3.2.
MINIMAL = st.integers(-(2**31), 2**31 - 1).filter(lambda n: n not in {-(2**bits) for bits in (7, 15, 23, 31)})
BITS32, BITS64 = st.integers(0, 2**32 - 1), st.integers(0, 2**64 - 1)
VALUES = st.one_of(
    MINIMAL.map(lambda n: Value(Kind.INTEGER, n)),
    st.binary(max_size=300).map(lambda b: Value(Kind.OCTETS, b)),
    NAMES.map(lambda oid: Value(Kind.OID, oid)),
    st.binary(min_size=4, max_size=4).map(lambda b: Value(Kind.IP_ADDRESS, b)),
    BITS32.map(lambda n: Value(Kind.COUNTER32, n)),
    BITS32.map(lambda n: Value(Kind.GAUGE32, n)),
    BITS32.map(lambda n: Value(Kind.TIMETICKS, n)),
    BITS64.map(lambda n: Value(Kind.COUNTER64, n)),
    st.sampled_from([pdu.NULL, pdu.NO_SUCH_OBJECT, pdu.NO_SUCH_INSTANCE, pdu.END_OF_MIB_VIEW]),
)
PDUS = st.builds(
    Pdu,
    kind=st.sampled_from([PduKind.GET, PduKind.GET_NEXT, PduKind.RESPONSE]),
    request_id=st.integers(0, 2**31 - 1),
    varbinds=st.lists(st.tuples(NAMES, VALUES), max_size=8),
    first=st.integers(0, 18),
    second=st.integers(0, 2**31 - 1),
)
TYPES: dict[Kind, type[Any]] = {
    Kind.INTEGER: smi.Integer32,
    Kind.OCTETS: smi.OctetString,
    Kind.OID: smi.ObjectName,
    Kind.IP_ADDRESS: smi.IpAddress,
    Kind.COUNTER32: smi.Counter32,
    Kind.GAUGE32: smi.Gauge32,
    Kind.TIMETICKS: smi.TimeTicks,
    Kind.COUNTER64: smi.Counter64,
}
NONE = {Kind.NULL: V2.Null(""), Kind.NO_SUCH_OBJECT: NoSuchObject(""), Kind.NO_SUCH_INSTANCE: NoSuchInstance("")}
NONE[Kind.END_OF_MIB_VIEW] = EndOfMibView("")
THEIRS = {PduKind.GET: V2.GetRequestPDU, PduKind.GET_NEXT: V2.GetNextRequestPDU, PduKind.RESPONSE: V2.ResponsePDU}


def theirs(ours: Pdu) -> Any:  # noqa: ANN401 - pysnmp is untyped
    """The same message, made by pysnmp."""
    body = THEIRS[ours.kind]()
    V2.apiPDU.set_defaults(body)
    V2.apiPDU.set_request_id(body, ours.request_id)
    V2.apiPDU.set_varbinds(body, [(oid, their_value(value)) for oid, value in ours.varbinds])
    body.setComponentByPosition(1, ours.first)
    body.setComponentByPosition(2, ours.second)
    message = V2.Message()
    V2.apiMessage.set_defaults(message)
    V2.apiMessage.set_community(message, "city")
    V2.apiMessage.set_pdu(message, body)
    return message


def their_value(value: Value) -> Any:  # noqa: ANN401 - as above
    return NONE[value.kind] if value.content is None else TYPES[value.kind](value.content)


@given(PDUS)
def test_our_octets_are_pysnmps(ours: Pdu) -> None:
    assert v2c.encode(b"city", pdu.encode(ours)) == encoder.encode(theirs(ours))


@given(PDUS)
def test_we_read_what_pysnmp_writes(ours: Pdu) -> None:
    read = v2c.decode(encoder.encode(theirs(ours)))
    assert read.community == b"city"
    assert read.pdu == ours
    assert "city" not in repr(read)


@given(PDUS)
def test_pysnmp_reads_what_we_write(ours: Pdu) -> None:
    read, rest = decoder.decode(v2c.encode(b"city", pdu.encode(ours)), asn1Spec=V2.Message())
    assert not rest
    found = V2.apiPDU.get_varbinds(V2.apiMessage.get_pdu(read))
    assert [str(oid) for oid, _ in found] == [oid for oid, _ in ours.varbinds]


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        pytest.param(b"\x41\x04\xff\xff\xff\xff", 2**32 - 1, id="a counter that forgot its leading zero"),
        pytest.param(b"\x02\x01\xff", -1, id="an integer below zero"),
        pytest.param(b"\x46\x09\x00" + b"\xff" * 8, 2**64 - 1, id="the greatest counter of 64 bits"),
    ],
)
def test_numbers(octets: bytes, expected: int) -> None:
    bound = b"\x30" + bytes((len(octets) + 3,)) + b"\x06\x01\x2b" + octets
    body = b"\x02\x01\x01\x02\x01\x00\x02\x01\x00\x30" + bytes((len(bound),)) + bound
    assert pdu.decode(b"\xa2" + bytes((len(body),)) + body).varbinds[0][1].content == expected


@pytest.mark.slow
@settings(max_examples=1500)
@given(st.binary(max_size=200))
def test_any_bytes_raise_nothing_but_our_errors(data: bytes) -> None:
    for read in (v2c.version, v2c.decode, v3.read, pdu.decode):
        with suppress(SnmpError):
            read(data)


@pytest.mark.slow
@settings(max_examples=500)
@given(PDUS, st.data())
def test_a_message_with_a_wrong_octet_raises_nothing_but_our_errors(ours: Pdu, data: st.DataObject) -> None:
    whole = bytearray(v2c.encode(b"city", pdu.encode(ours)))
    whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(whole[: data.draw(st.integers(0, len(whole)))])
    for candidate in (bytes(whole), cut):
        with suppress(Malformed):
            v2c.decode(candidate)
