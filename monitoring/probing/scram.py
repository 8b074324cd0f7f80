"""SCRAM-SHA-256 as a client speaks it (RFC 5802, RFC 7677), without channel binding."""

import binascii
import hashlib
import hmac
from base64 import b64decode, b64encode
from secrets import token_urlsafe

from monitoring.probing.failure import Failed, Failure

_HEADER = b"n,,"
_MOST_ROUNDS = 200_000
"""A server that asks for more would have us compute for longer than the deadline."""


class Scram:
    """One login: `first`, then `final` of what the server sent, then `check` of its last word. Both raise Failed."""

    def __init__(self, password: bytes, nonce: str = "") -> None:
        self._password = password
        self._first = b"n=,r=" + (nonce or token_urlsafe(18)).encode()
        self._proof_of_server = b""

    def first(self) -> bytes:
        return _HEADER + self._first

    def final(self, challenge: bytes) -> bytes:
        nonce, salt, rounds = self._read(challenge)
        salted = hashlib.pbkdf2_hmac("sha256", self._password, salt, rounds)
        key = _keyed(salted, b"Client Key")
        without_proof = b"c=" + b64encode(_HEADER) + b",r=" + nonce
        said = b",".join((self._first, challenge, without_proof))
        signature = _keyed(hashlib.sha256(key).digest(), said)
        proof = bytes(a ^ b for a, b in zip(key, signature, strict=True))
        self._proof_of_server = _keyed(_keyed(salted, b"Server Key"), said)
        return without_proof + b",p=" + b64encode(proof)

    def check(self, last: bytes) -> None:
        """The server proves that it knows the password, too."""
        if not hmac.compare_digest(last, b"v=" + b64encode(self._proof_of_server)):
            raise Failed(Failure.WRONG_ANSWER, "the server does not know the password")

    def _read(self, challenge: bytes) -> tuple[bytes, bytes, int]:
        try:
            fields = dict(part.split(b"=", 1) for part in challenge.split(b","))
            nonce, salt, rounds = fields[b"r"], b64decode(fields[b"s"], validate=True), int(fields[b"i"])
        except (KeyError, ValueError, binascii.Error) as nonsense:
            raise Failed(Failure.WRONG_ANSWER, "no challenge of SCRAM") from nonsense
        if not nonce.startswith(self._first.removeprefix(b"n=,r=")) or not 0 < rounds <= _MOST_ROUNDS:
            raise Failed(Failure.WRONG_ANSWER, "a challenge that is not for us")
        return nonce, salt, rounds


def _keyed(key: bytes, data: bytes) -> bytes:
    return hmac.new(key, data, "sha256").digest()
