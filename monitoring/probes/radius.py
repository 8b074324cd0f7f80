"""A RADIUS server that answers (RFC 2865, RFC 5997): `{radius: 1812, secret: file:/etc/asty/radius}`.

Asked with Status-Server, or with an Access-Request where a `user` and its `password` are declared; then only an
acceptance is good. Both directions are signed with Message-Authenticator (RFC 3579, 3.2); an answer that is not signed
with our secret is no answer.
"""

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from secrets import randbits, token_bytes

from city.load.kinds import PORT, SECRET_REF, TEXT
from city.load.record import Record
from monitoring.probing.credentials import secret
from monitoring.probing.datagram import exchange
from monitoring.probing.failure import Failed, Failure
from monitoring.probing.names import addresses
from monitoring.probing.probe import Good, Probe
from monitoring.probing.trip import Address, Trip

_REQUEST, _ACCEPT, _REJECT, _CHALLENGE, _STATUS = 1, 2, 3, 11, 12
_USER_NAME, _USER_PASSWORD, _NAS_IDENTIFIER, _SIGNATURE = 1, 2, 32, 80
_HEADER, _BLOCK = 20, 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """`secret` and `password` say where they are kept; `user` is empty for Status-Server."""

    port: int
    secret: str
    user: str = ""
    password: str = ""


def read(record: Record) -> Server:
    server = Server(
        port=record.get("radius", PORT),
        secret=str(record.get("secret", SECRET_REF)),
        user=record.get("user", TEXT, default=""),
        password=str(record.get("password", SECRET_REF)) if record.has("password") else "",
    )
    if bool(server.user) != bool(server.password) and record.is_good("user", "password"):
        record.defect("user", "a user and its password belong together", "Give both, or neither for Status-Server.")
    return server


async def ask(server: Server, trip: Trip) -> Good:
    shared = secret(server.secret)
    request = _request(server, shared)
    address = Address((await addresses(trip))[0], server.port)
    reply = await exchange(trip, address, request, lambda data: _is_reply(request, data, shared))
    if reply[0] in {_REJECT, _CHALLENGE} and server.user:
        raise Failed(Failure.NOT_LET_IN)
    if reply[0] != _ACCEPT:
        raise Failed(Failure.WRONG_ANSWER, f"code {reply[0]}")
    return Good(f"Access-Accept from {address.host}")


def _request(server: Server, shared: bytes) -> bytes:
    authenticator = token_bytes(_BLOCK)
    attributes = _attribute(_NAS_IDENTIFIER, b"asty")
    if server.user:
        attributes += _attribute(_USER_NAME, server.user.encode())
        attributes += _attribute(_USER_PASSWORD, _hidden(secret(server.password), shared, authenticator))
    length = _HEADER + len(attributes) + 2 + _BLOCK
    code = _REQUEST if server.user else _STATUS
    head = bytes([code, randbits(8)]) + length.to_bytes(2) + authenticator + attributes
    unsigned = head + _attribute(_SIGNATURE, bytes(_BLOCK))
    return head + _attribute(_SIGNATURE, _signed(shared, unsigned))


def _attribute(kind: int, value: bytes) -> bytes:
    return bytes([kind, 2 + len(value)]) + value


def _signed(shared: bytes, packet: bytes) -> bytes:
    return hmac.new(shared, packet, "md5").digest()


def _hidden(password: bytes, shared: bytes, authenticator: bytes) -> bytes:
    """RFC 2865, 5.2."""
    padded = password + bytes(-len(password) % _BLOCK or (0 if password else _BLOCK))
    hidden, before = b"", authenticator
    for at in range(0, len(padded), _BLOCK):
        mask = _digest(shared + before)
        before = bytes(a ^ b for a, b in zip(padded[at : at + _BLOCK], mask, strict=True))
        hidden += before
    return hidden


def _digest(data: bytes) -> bytes:
    return hashlib.md5(data, usedforsecurity=False).digest()


def _is_reply(request: bytes, data: bytes, shared: bytes) -> bool:
    """Whether it is to this request, and whoever sent it knows our secret (RFC 2865, 3; RFC 3579, 3.2)."""
    length = int.from_bytes(data[2:4])
    if len(data) < _HEADER or data[1] != request[1] or not _HEADER <= length <= len(data):
        return False
    reply, ours = data[:length], request[4:_HEADER]
    proof = _digest(reply[:4] + ours + reply[_HEADER:] + shared)
    return hmac.compare_digest(proof, reply[4:_HEADER]) and _is_signed(reply, ours, shared)


def _is_signed(reply: bytes, ours: bytes, shared: bytes) -> bool:
    """By its Message-Authenticator, where it has one: FreeRADIUS before 3.0.27 sends none in some answers."""
    for kind, at, end in _attributes(reply):
        if kind == _SIGNATURE:
            blank = reply[:4] + ours + reply[_HEADER:at] + bytes(end - at) + reply[end:]
            return hmac.compare_digest(_signed(shared, blank), reply[at:end])
    return True


def _attributes(reply: bytes) -> Iterator[tuple[int, int, int]]:
    """Kind, and where its value begins and ends, of each attribute that is whole."""
    at = _HEADER
    while at + 2 <= len(reply) and reply[at + 1] >= 2 and at + reply[at + 1] <= len(reply):  # noqa: PLR2004 - kind and length
        yield reply[at], at + 2, at + reply[at + 1]
        at += reply[at + 1]


PROBE = Probe(name="radius", protocol="udp", spec=Server, read=read, ask=ask)
