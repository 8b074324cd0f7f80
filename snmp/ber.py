"""Basic Encoding Rules (ITU-T X.690), the part that SNMP uses (RFC 3417, section 8).

Definite lengths, tags of one octet. An OID is dotted text outside and its encoded content inside. Both ways are
remembered for short ones, since a poller asks the same few thousands forever. Long ones are worked out each time:
what is remembered is bounded in number and in size, whatever devices send.
"""

from functools import lru_cache

from snmp.errors import Malformed

INTEGER, OCTETS, NULL, OID, SEQUENCE = 0x02, 0x04, 0x05, 0x06, 0x30

LONG = 0x80
"""A length octet from here on says how many octets the length has."""
_SEVEN_BITS = 0x7F
_MOST_LENGTH_OCTETS = 4
_SUBIDENTIFIERS, _MOST_SUBIDENTIFIER = 128, 0xFFFFFFFF
_FIRST_ARCS = 40
_JOINT = 2
MOST_OID_OCTETS = 5 * _SUBIDENTIFIERS
"""No OID of SNMP is longer (RFC 2578, 3.5): refused by its length, before a single octet of it is worked on."""
_REMEMBERED_OCTETS, _REMEMBERED = 48, 8192
_DECIMAL = tuple(map(str, range(LONG)))
_FIRST_TWO = tuple(f"{min(arc // 40, 2)}.{arc - 40 * min(arc // 40, 2)}" for arc in range(LONG))


def length(size: int) -> bytes:
    """The length octets of a content of `size` octets."""
    if size < LONG:
        return bytes((size,))
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((LONG | len(octets),)) + octets


def tlv(tag: int, content: bytes) -> bytes:
    return bytes((tag,)) + length(len(content)) + content


def integer(value: int, tag: int = INTEGER) -> bytes:
    """Two's complement in the fewest octets; unsigned types get the octet that keeps them positive."""
    size = (value if value >= 0 else ~value).bit_length() // 8 + 1
    return bytes((tag, size)) + value.to_bytes(size, "big", signed=True)


def oid_content(dotted: str) -> bytes:
    """Raises ValueError where the text is no OID of at least two arcs."""
    return _remembered_content(dotted) if len(dotted) <= 2 * _REMEMBERED_OCTETS else _oid_content(dotted)


def _oid_content(dotted: str) -> bytes:
    arcs = [int(arc) for arc in dotted.split(".")]
    first, second, *rest = arcs
    if not (0 <= first <= _JOINT and second >= 0 and (first == _JOINT or second < _FIRST_ARCS)):
        raise ValueError(f"{dotted} is not an object identifier")
    if len(arcs) > _SUBIDENTIFIERS or not all(0 <= arc <= _MOST_SUBIDENTIFIER for arc in (second, *rest)):
        raise ValueError(f"{dotted} is not an object identifier of SNMP")
    return b"".join(_base128(arc) for arc in (first * _FIRST_ARCS + second, *rest))


_remembered_content = lru_cache(maxsize=_REMEMBERED)(_oid_content)


def _base128(arc: int) -> bytes:
    octets = [arc & _SEVEN_BITS]
    while arc := arc >> 7:
        octets.append(arc & _SEVEN_BITS | LONG)
    return bytes(reversed(octets))


def oid_text(content: bytes) -> str:
    """Raises Malformed where the octets are no OID."""
    return _remembered_text(content) if len(content) <= _REMEMBERED_OCTETS else _oid_text(content)


def _oid_text(content: bytes) -> str:
    if not content or content[-1] & LONG:
        raise Malformed("an object identifier without an end")
    if len(content) > MOST_OID_OCTETS:
        raise Malformed("an object identifier longer than SNMP's longest")
    if content.isascii() and len(content) < _SUBIDENTIFIERS:  # every arc is one octet
        return ".".join((_FIRST_TWO[content[0]], *map(_DECIMAL.__getitem__, content[1:])))
    arcs, arc = [], 0
    for octet in content:
        arc = arc << 7 | octet & _SEVEN_BITS
        if not octet & LONG:
            arcs.append(arc)
            arc = 0
        elif arc > _MOST_SUBIDENTIFIER:
            raise Malformed("an arc beyond 32 bits")
    first = min(arcs[0] // _FIRST_ARCS, _JOINT)
    arcs[:1] = [first, arcs[0] - first * _FIRST_ARCS]
    if len(arcs) > _SUBIDENTIFIERS or max(arcs) > _MOST_SUBIDENTIFIER:
        raise Malformed("an object identifier beyond SNMP's bounds")
    return ".".join(map(str, arcs))


_remembered_text = lru_cache(maxsize=_REMEMBERED)(_oid_text)


def header(data: bytes, at: int) -> tuple[int, int, int]:
    """Tag, start and end of the content of the element at `at`. Raises Malformed where it does not fit in."""
    try:
        tag, size = data[at], data[at + 1]
    except IndexError:
        raise Malformed("the message ends in the middle of an element") from None
    start = at + 2
    if size & LONG:
        octets = size & _SEVEN_BITS
        if not 1 <= octets <= _MOST_LENGTH_OCTETS:
            raise Malformed("a length that SNMP does not use")
        size = int.from_bytes(data[start : start + octets], "big")
        start += octets
    end = start + size
    if end > len(data):
        raise Malformed("an element that reaches beyond the message")
    return tag, start, end


def expect(data: bytes, at: int, wanted: int) -> tuple[int, int]:
    """Start and end of the content of an element that must have this tag."""
    tag, start, end = header(data, at)
    if tag != wanted:
        raise Malformed(f"element {tag:#04x} where {wanted:#04x} belongs")
    return start, end


def read_integer(data: bytes, at: int) -> tuple[int, int]:
    """A signed integer of at most 32 bits and where it ends."""
    start, end = expect(data, at, INTEGER)
    if not 1 <= end - start <= 5:  # noqa: PLR2004 - 32 bits, or unsigned ones with their leading zero
        raise Malformed("an integer of a size that SNMP does not use")
    return int.from_bytes(data[start:end], "big", signed=True), end


def read_octets(data: bytes, at: int) -> tuple[bytes, int]:
    start, end = expect(data, at, OCTETS)
    return data[start:end], end
