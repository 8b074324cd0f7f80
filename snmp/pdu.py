"""Protocol data units of SNMP (RFC 3416): what is asked, what is answered.

Decoding is bounded before it is trusted: whatever a datagram holds, at most MOST_VARBINDS bindings and MOST_NAME_OCTETS
octets of names are worked on. A value that makes no sense costs itself alone: it is read as NULL, RFC 3416's
"unspecified", which no agent means by an answer without error. So is one that does not fit into its binding.
"""

from collections.abc import Iterable, Sequence
from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple

from snmp import ber
from snmp.errors import Malformed


class Kind(IntEnum):
    """Tags of values: SMIv2's types, and the three answers that say there is none."""

    INTEGER = 0x02
    OCTETS = 0x04
    NULL = 0x05
    OID = 0x06
    IP_ADDRESS = 0x40
    COUNTER32 = 0x41
    GAUGE32 = 0x42
    TIMETICKS = 0x43
    OPAQUE = 0x44
    COUNTER64 = 0x46
    NO_SUCH_OBJECT = 0x80
    NO_SUCH_INSTANCE = 0x81
    END_OF_MIB_VIEW = 0x82


class Value(NamedTuple):
    """`content` is an int for numbers, bytes for strings and addresses, dotted text for OIDs, None for none."""

    kind: Kind
    content: int | bytes | str | None

    @property
    def is_missing(self) -> bool:
        return self.kind >= Kind.NO_SUCH_OBJECT


NULL = Value(Kind.NULL, None)
NO_SUCH_OBJECT = Value(Kind.NO_SUCH_OBJECT, None)
NO_SUCH_INSTANCE = Value(Kind.NO_SUCH_INSTANCE, None)
END_OF_MIB_VIEW = Value(Kind.END_OF_MIB_VIEW, None)
_EMPTY = {tag: Value(tag, None) for tag in (Kind.NULL, *(kind for kind in Kind if kind >= Kind.NO_SUCH_OBJECT))}
_KINDS = {kind.value: kind for kind in Kind}
_NUMBERS = {Kind.INTEGER, Kind.COUNTER32, Kind.GAUGE32, Kind.TIMETICKS, Kind.COUNTER64}
_NO_TYPE = -1
_MOST_NUMBER_OCTETS = 9
_MOST_OF = {Kind.COUNTER64: 2**64 - 1, **dict.fromkeys((Kind.COUNTER32, Kind.GAUGE32, Kind.TIMETICKS), 2**32 - 1)}
_ADDRESS_OCTETS = 4
MOST_VARBINDS = 320
"""Bindings of one message: more than anybody here asks for at once, whose decoding is still under a millisecond."""
MOST_NAME_OCTETS = 8192
"""Octets of all names of one message: twenty-five for each of the most bindings."""

VarBind = tuple[str, Value]


class PduKind(IntEnum):
    GET = 0xA0
    GET_NEXT = 0xA1
    RESPONSE = 0xA2
    SET = 0xA3
    GET_BULK = 0xA5
    INFORM = 0xA6
    TRAP = 0xA7
    REPORT = 0xA8


class ErrorStatus(IntEnum):
    """RFC 3416, section 3; the ones that an agent of v2c or v3 answers to reads."""

    NO_ERROR = 0
    TOO_BIG = 1
    NO_SUCH_NAME = 2
    GEN_ERR = 5
    NO_ACCESS = 6
    RESOURCE_UNAVAILABLE = 13
    AUTHORIZATION_ERROR = 16
    NOT_WRITABLE = 17


class Pdu(NamedTuple):
    """`first` and `second` are error status and index; in GetBulk non-repeaters and max-repetitions."""

    kind: PduKind
    request_id: int
    varbinds: Sequence[VarBind]
    first: int = 0
    second: int = 0


def encode_value(value: Value) -> bytes:
    """Raises ValueError where the content does not fit its kind."""
    kind, content = value
    if kind in _NUMBERS and isinstance(content, int):
        return ber.integer(content, kind)
    if kind is Kind.OID and isinstance(content, str):
        return ber.tlv(kind, ber.oid_content(content))
    if content is None and kind in _EMPTY:
        return bytes((kind, 0))
    if isinstance(content, bytes):
        return ber.tlv(kind, content)
    raise ValueError(f"{content!r} is not a {kind.name}")


def encode_varbinds(varbinds: Iterable[VarBind]) -> bytes:
    bound = (
        ber.tlv(ber.SEQUENCE, ber.tlv(ber.OID, ber.oid_content(oid)) + encode_value(value)) for oid, value in varbinds
    )
    return ber.tlv(ber.SEQUENCE, b"".join(bound))


@lru_cache(maxsize=4096)
def encode_questions(oids: tuple[str, ...]) -> bytes:
    """The variable bindings that ask for `oids`: encoded once, asked of every device."""
    return encode_varbinds((oid, NULL) for oid in oids)


def encode_pdu(kind: PduKind, request_id: int, varbinds: bytes, first: int = 0, second: int = 0) -> bytes:
    return ber.tlv(kind, ber.integer(request_id) + ber.integer(first) + ber.integer(second) + varbinds)


def encode(pdu: Pdu) -> bytes:
    return encode_pdu(pdu.kind, pdu.request_id, encode_varbinds(pdu.varbinds), pdu.first, pdu.second)


_PDU_KINDS = {kind.value: kind for kind in PduKind}


def request_id(data: bytes, at: int = 0) -> int:
    """Of the PDU that begins at `at`, read without its bindings. Raises Malformed."""
    _, start, _ = ber.header(data, at)
    return ber.read_integer(data, start)[0]


def decode(data: bytes, at: int = 0) -> Pdu:
    """The PDU that begins at `at`. Raises Malformed."""
    tag, start, end = ber.header(data, at)
    kind = _PDU_KINDS.get(tag)
    if kind is None:
        raise Malformed(f"a PDU of unknown type {tag:#04x}")
    number, position = ber.read_integer(data, start)
    first, position = ber.read_integer(data, position)
    second, position = ber.read_integer(data, position)
    start, stop = ber.expect(data, position, ber.SEQUENCE)
    if stop > end:
        raise Malformed("variable bindings that reach beyond their PDU")
    return Pdu(kind, number, _varbinds(data, start, stop), first, second)


def _varbinds(data: bytes, at: int, end: int) -> list[VarBind]:
    """Nearly all have lengths of one octet each: those are read here, the others with care."""
    found: list[VarBind] = []
    left = MOST_NAME_OCTETS
    while at < end:
        try:
            stop, name_end = at + 2 + data[at + 1], at + 4 + data[at + 3]
            plain = data[at] == ber.SEQUENCE and data[at + 1] < ber.LONG and data[at + 2] == ber.OID
            plain = plain and stop <= end and name_end + 2 + data[name_end + 1] == stop
        except IndexError:
            plain = False
        name, tag, value = (at + 4, data[name_end], name_end + 2) if plain else (0, 0, 0)
        if not plain:
            name, name_end, tag, value, stop = _any_varbind(data, at, end)
        left -= name_end - name + (stop - value if tag == ber.OID else 0)
        if left < 0 or len(found) == MOST_VARBINDS:
            raise Malformed("more variable bindings, or longer names, than anybody asks for")
        found.append((ber.oid_text(data[name:name_end]), _value(tag, data[value:stop])))
        at = stop
    return found


def _any_varbind(data: bytes, at: int, end: int) -> tuple[int, int, int, int, int]:
    """Of one of any lengths: start and end of its name, tag and start of its value, and where it ends.

    The tag is that of no type where the value is none: it is missing, or shorter or longer than its binding.
    """
    start, stop = ber.expect(data, at, ber.SEQUENCE)
    name, name_end = ber.expect(data, start, ber.OID)
    if stop > end or name_end > stop:
        raise Malformed("a variable binding that reaches beyond its list, or a name beyond its binding")
    try:
        tag, value, value_end = ber.header(data, name_end)
    except Malformed:
        return name, name_end, _NO_TYPE, stop, stop
    return (name, name_end, tag, value, stop) if value_end == stop else (name, name_end, _NO_TYPE, stop, stop)


def _value(tag: int, content: bytes) -> Value:
    """NULL for what makes no sense: an unknown type, a number of no octets or beyond its type, an OID that is none."""
    kind = _KINDS.get(tag)
    if kind is None:
        return NULL
    if kind in _NUMBERS:
        return _number(kind, content)
    if kind is Kind.OID:
        try:
            return Value(kind, ber.oid_text(content))
        except Malformed:
            return NULL
    if kind is Kind.IP_ADDRESS and len(content) != _ADDRESS_OCTETS:
        return NULL
    return _EMPTY.get(kind) or Value(kind, content)


def _number(kind: Kind, content: bytes) -> Value:
    if not 1 <= len(content) <= _MOST_NUMBER_OCTETS:
        return NULL
    if kind is Kind.INTEGER:
        return Value(kind, int.from_bytes(content, "big", signed=True))
    # Agents that forget the leading zero of an unsigned number mean the unsigned one.
    number = int.from_bytes(content, "big")
    return Value(kind, number) if number <= _MOST_OF[kind] else NULL
