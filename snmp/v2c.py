"""Messages of SNMPv2c (RFC 1901): a community and a PDU, both readable by anybody on the path.

A message of SNMPv1 is read as well: there are agents that answer in the one version which they speak, and their
responses have the same form (RFC 1157, 4.1.3).
"""

from typing import NamedTuple

from snmp import ber, pdu
from snmp.errors import Malformed

VERSION = 1
READ = frozenset({0, VERSION})
"""The versions that are read: SNMPv1 and SNMPv2c."""


class Message(NamedTuple):
    community: bytes
    pdu: pdu.Pdu

    def __repr__(self) -> str:
        return f"Message(community=***, pdu={self.pdu!r})"


def version(data: bytes) -> int:
    """The message's version: 0 for v1, 1 for v2c, 3 for v3. Raises Malformed."""
    start, _ = ber.expect(data, 0, ber.SEQUENCE)
    return ber.read_integer(data, start)[0]


def encode(community: bytes, encoded_pdu: bytes) -> bytes:
    return ber.tlv(ber.SEQUENCE, ber.integer(VERSION) + ber.tlv(ber.OCTETS, community) + encoded_pdu)


def decode(data: bytes) -> Message:
    """Raises Malformed, also for other versions."""
    community, at = _envelope(data)
    return Message(community, pdu.decode(data, at))


def request_id(data: bytes) -> int:
    """Of the message's PDU, without reading its bindings: whether anybody waits for it. Raises Malformed."""
    return pdu.request_id(data, _envelope(data)[1])


def _envelope(data: bytes) -> tuple[bytes, int]:
    """The community, and where the PDU begins."""
    start, _ = ber.expect(data, 0, ber.SEQUENCE)
    found, at = ber.read_integer(data, start)
    if found not in READ:
        raise Malformed(f"version {found} where {VERSION} belongs")
    return ber.read_octets(data, at)
