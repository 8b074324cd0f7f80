import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyasn1.codec.ber import decoder, encoder
from pyasn1.type.univ import Integer, ObjectIdentifier, OctetString

from snmp import ber
from snmp.errors import Malformed

ARCS = st.lists(st.integers(0, 2**32 - 1), max_size=20)
OIDS = st.builds(
    lambda first, second, rest: ".".join(map(str, (first, second, *rest))), st.integers(0, 2), st.integers(0, 39), ARCS
)


@given(OIDS)
def test_an_oid_is_encoded_as_pyasn1_does(dotted: str) -> None:
    assert ber.tlv(ber.OID, ber.oid_content(dotted)) == encoder.encode(ObjectIdentifier(dotted))
    assert ber.oid_text(ber.oid_content(dotted)) == dotted


@given(st.integers(-(2**31), 2**31 - 1))
def test_an_integer_is_encoded_as_pyasn1_does(value: int) -> None:
    encoded = ber.integer(value)
    assert ber.read_integer(encoded, 0)[0] == value
    assert decoder.decode(encoded)[0] == value
    # pyasn1 spends an octet too many on -128, -32768 and so on, against X.690, 8.3.2.
    assert encoded == encoder.encode(Integer(value)) or value in {-(2**bits) for bits in (7, 15, 23, 31)}


@given(st.binary(max_size=70000))
def test_octets_of_any_length(content: bytes) -> None:
    encoded = ber.tlv(ber.OCTETS, content)
    assert decoder.decode(encoded)[0] == OctetString(content)
    assert ber.read_octets(encoded, 0) == (content, len(encoded))


@pytest.mark.parametrize(
    "dotted", ["", "1", "x.y", "3.1", "1.40", "1.3.-1", "1.3.4294967296", "1.3." + ".".join("1" * 130)]
)
def test_what_is_no_oid_is_refused(dotted: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        ber.oid_content(dotted)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\x04", id="no length"),
        pytest.param(b"\x04\x05ab", id="longer than the message"),
        pytest.param(b"\x04\x80ab", id="an indefinite length"),
        pytest.param(b"\x04\x85\x00\x00\x00\x00\x01a", id="a length of five octets"),
        pytest.param(b"\x02\x00", id="an integer of nothing"),
        pytest.param(b"\x02\x06\x01\x01\x01\x01\x01\x01", id="an integer too long"),
    ],
)
def test_malformed_elements(data: bytes) -> None:
    with pytest.raises(Malformed):
        ber.read_octets(data, 0)
    with pytest.raises(Malformed):
        ber.read_integer(data, 0)
