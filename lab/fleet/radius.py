"""What an access point says to a RADIUS server for a station, and what it takes for an answer. Pure.

RFC 2865, and RFC 3579 for EAP in it: each packet carries a Message-Authenticator, and an answer without one is none.
The station proves its password by EAP-MD5 (RFC 3748, 5.4), which agrees upon no keys: no air here is to be encrypted.
"""

import hashlib
import hmac
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

REQUEST, ACCEPT, REJECT, CHALLENGE = 1, 2, 3, 11
USER_NAME, STATE, CALLED, CALLING, NAS_IDENTIFIER, PORT_TYPE, EAP, SIGNATURE = 1, 24, 30, 31, 32, 61, 79, 80
WIRELESS = (19).to_bytes(4)
"""NAS-Port-Type of IEEE 802.11."""
_HEADER, _DIGEST, _MOST = 20, 16, 253
_EAP_REQUEST, _EAP_RESPONSE, _IDENTITY, _NAK, _MD5 = 1, 2, 1, 3, 4
_EAP_HEADER = 5

Attributes = Iterable[tuple[int, bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """`eap` is the whole EAP packet in it; `state` is to be sent back with the next request."""

    code: int
    eap: bytes
    state: bytes | None


def request(number: int, authenticator: bytes, secret: bytes, attributes: Attributes) -> bytes:
    """An Access-Request; `number` is its Identifier, `authenticator` 16 octets that nobody can foresee."""
    told = b"".join(_attribute(kind, value) for kind, value in attributes)
    length = _HEADER + len(told) + 2 + _DIGEST
    head = bytes([REQUEST, number]) + length.to_bytes(2) + authenticator + told
    return head + _attribute(SIGNATURE, _signed(secret, head + _attribute(SIGNATURE, bytes(_DIGEST))))


def answer(data: bytes, asked: bytes, secret: bytes) -> Answer | None:
    """None for what is no answer to the request `asked`, or comes from who does not know the secret."""
    length = int.from_bytes(data[2:4])
    if not _HEADER <= length <= len(data) or data[1] != asked[1]:
        return None
    data, authenticator = data[:length], asked[4:_HEADER]
    proof = hashlib.md5(data[:4] + authenticator + data[_HEADER:] + secret, usedforsecurity=False).digest()
    found = list(_attributes(data))
    if not hmac.compare_digest(proof, data[4:_HEADER]) or not _is_signed(data, found, authenticator, secret):
        return None
    states = [data[at:end] for kind, at, end in found if kind == STATE]
    eap = b"".join(data[at:end] for kind, at, end in found if kind == EAP)
    return Answer(code=data[0], eap=eap, state=states[0] if states else None)


def identity(name: bytes) -> bytes:
    """The station's first word, an EAP packet."""
    return _eap(0, bytes([_IDENTITY]) + name)


def proof(asked: bytes, password: bytes) -> bytes | None:
    """What the station answers to an EAP request: the digest that it asks for, or that it can do nothing but MD5.

    None where it is no request, or too short for one.
    """
    if len(asked) < _EAP_HEADER or asked[0] != _EAP_REQUEST:
        return None
    if asked[4] != _MD5:
        return _eap(asked[1], bytes([_NAK, _MD5]))
    size = asked[5] if len(asked) > _EAP_HEADER else 0
    challenge = asked[6 : 6 + size]
    digest = hashlib.md5(asked[1:2] + password + challenge, usedforsecurity=False).digest()
    return _eap(asked[1], bytes([_MD5, _DIGEST]) + digest)


def carried(eap: bytes) -> list[tuple[int, bytes]]:
    """An EAP packet as the attributes that carry it."""
    return [(EAP, eap[at : at + _MOST]) for at in range(0, len(eap), _MOST)]


def _eap(number: int, data: bytes) -> bytes:
    return bytes([_EAP_RESPONSE, number]) + (4 + len(data)).to_bytes(2) + data


def _attribute(kind: int, value: bytes) -> bytes:
    return bytes([kind, 2 + len(value)]) + value


def _signed(secret: bytes, packet: bytes) -> bytes:
    return hmac.new(secret, packet, "md5").digest()


def _is_signed(data: bytes, found: list[tuple[int, int, int]], authenticator: bytes, secret: bytes) -> bool:
    """RFC 3579, 3.2: with the request's authenticator in its place, and without the signature itself."""
    for kind, at, end in found:
        if kind == SIGNATURE:
            blank = data[:4] + authenticator + data[_HEADER:at] + bytes(end - at) + data[end:]
            return hmac.compare_digest(_signed(secret, blank), data[at:end])
    return False


def _attributes(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Kind, and where its value begins and ends, of each attribute that is whole."""
    at = _HEADER
    while at + 2 <= len(data) and data[at + 1] >= 2 and at + data[at + 1] <= len(data):  # noqa: PLR2004 - kind and length
        yield data[at], at + 2, at + data[at + 1]
        at += data[at + 1]
