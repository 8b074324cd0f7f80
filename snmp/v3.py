"""Messages of SNMPv3 (RFC 3412) under the user-based security model (RFC 3414), for both ends.

A message is read in two steps: `read` tells who speaks to whom, at what level; `Sealed.open` with the keys
of that user verifies and decrypts. Nothing of its content is to be believed before.
"""

import hmac
from enum import IntEnum
from typing import NamedTuple

from snmp import ber, pdu
from snmp.errors import DecryptionFailed, Malformed, NotInTimeWindow, SnmpError, UnsupportedLevel, WrongDigest
from snmp.usm import Keys

VERSION = 3
USM = 3
MAX_SIZE = 65507
WINDOW_S = 150
"""How far a message's time may be from the engine's (RFC 3414, 2.2.3)."""
LAST_BOOTS = 2_147_483_647

_REPORTABLE = 0x04


class Level(IntEnum):
    """Security levels, as the two lower flags of a message."""

    NO_AUTH = 0
    AUTH = 1
    AUTH_PRIV = 3


class Engine(NamedTuple):
    """An authoritative engine as a message names it: its id, how often it booted, seconds since."""

    id: bytes
    boots: int
    time: int


class Scoped(NamedTuple):
    context_engine: bytes
    context_name: bytes
    pdu: pdu.Pdu


class Sealed(NamedTuple):
    """A message whose envelope was read; its content is still unproven."""

    data: bytes
    message_id: int
    level: Level
    reportable: bool
    engine: Engine
    user: bytes
    digest_at: int
    digest_octets: int
    salt: bytes
    content_at: int

    def open(self, keys: Keys | None) -> Scoped:
        """The content, proven and decrypted as its level asks. Raises SecurityError or Malformed."""
        if self.level is Level.NO_AUTH:
            return _scoped(self.data, self.content_at)
        if keys is None:
            raise UnsupportedLevel("the message is authenticated, but there are no keys")
        self._prove(keys)
        if self.level is Level.AUTH:
            return _scoped(self.data, self.content_at)
        secret, _ = ber.read_octets(self.data, self.content_at)
        plain = keys.decrypt(secret, self.engine.boots, self.engine.time, self.salt)
        try:
            return _scoped(plain, 0)
        except SnmpError as error:
            raise DecryptionFailed("what was decrypted is not a message") from error

    def _prove(self, keys: Keys) -> None:
        end = self.digest_at + self.digest_octets
        blank = self.data[: self.digest_at] + bytes(self.digest_octets) + self.data[end:]
        if not hmac.compare_digest(keys.digest(blank), self.data[self.digest_at : end]):
            raise WrongDigest("the digest is not that of the message")


def read(data: bytes) -> Sealed:
    """The envelope. Raises Malformed, also for other versions and security models."""
    start, _ = ber.expect(data, 0, ber.SEQUENCE)
    version, at = ber.read_integer(data, start)
    if version != VERSION:
        raise Malformed(f"version {version} where {VERSION} belongs")
    start, at = ber.expect(data, at, ber.SEQUENCE)
    message_id, flags = _header(data, start)
    start, content_at = ber.expect(data, at, ber.OCTETS)
    start, _ = ber.expect(data, start, ber.SEQUENCE)
    engine_id, at = ber.read_octets(data, start)
    boots, at = _unsigned(data, at)
    time, at = _unsigned(data, at)
    user, at = ber.read_octets(data, at)
    digest_at, digest_end = ber.expect(data, at, ber.OCTETS)
    salt, _ = ber.read_octets(data, digest_end)
    return Sealed(
        data=data,
        message_id=message_id,
        level=_level(flags),
        reportable=bool(flags & _REPORTABLE),
        engine=Engine(engine_id, boots, time),
        user=user,
        digest_at=digest_at,
        digest_octets=digest_end - digest_at,
        salt=salt,
        content_at=content_at,
    )


def _header(data: bytes, start: int) -> tuple[int, int]:
    """Message id and flags."""
    message_id, at = ber.read_integer(data, start)
    _, at = ber.read_integer(data, at)
    flags, at = ber.read_octets(data, at)
    model, _ = ber.read_integer(data, at)
    if len(flags) != 1 or model != USM:
        raise Malformed("a security model that is not the user-based one")
    return message_id, flags[0]


def _unsigned(data: bytes, at: int) -> tuple[int, int]:
    value, end = ber.read_integer(data, at)
    if not 0 <= value <= LAST_BOOTS:
        raise Malformed("boots or time out of their range")
    return value, end


def _level(flags: int) -> Level:
    try:
        return Level(flags & 0x03)
    except ValueError:
        raise Malformed("privacy without authentication") from None


def _scoped(data: bytes, at: int) -> Scoped:
    start, _ = ber.expect(data, at, ber.SEQUENCE)
    engine, at = ber.read_octets(data, start)
    name, at = ber.read_octets(data, at)
    return Scoped(engine, name, pdu.decode(data, at))


def write(  # noqa: PLR0913 - the fields of a message
    *,
    message_id: int,
    engine: Engine,
    user: bytes,
    encoded_pdu: bytes,
    keys: Keys | None = None,
    salt: int = 0,
    reportable: bool = False,
    context_name: bytes = b"",
) -> bytes:
    """A message: authenticated and encrypted with `keys`, else in the open (discovery and its reports).

    No two messages of one key may have the same `salt` (RFC 3826, 3.1.2.1).
    """
    level = Level.NO_AUTH if keys is None else Level.AUTH_PRIV
    flags = level | (_REPORTABLE if reportable else 0)
    scoped = ber.tlv(ber.SEQUENCE, ber.tlv(ber.OCTETS, engine.id) + ber.tlv(ber.OCTETS, context_name) + encoded_pdu)
    head = ber.integer(VERSION) + ber.tlv(
        ber.SEQUENCE,
        ber.integer(message_id) + ber.integer(MAX_SIZE) + ber.tlv(ber.OCTETS, bytes((flags,))) + ber.integer(USM),
    )
    speaker = (
        ber.tlv(ber.OCTETS, engine.id)
        + ber.integer(engine.boots)
        + ber.integer(engine.time)
        + ber.tlv(ber.OCTETS, user)
    )
    if keys is None:
        security = ber.tlv(ber.SEQUENCE, speaker + b"\x04\x00\x04\x00")
        return ber.tlv(ber.SEQUENCE, head + ber.tlv(ber.OCTETS, security) + scoped)
    grain = salt.to_bytes(8, "big")
    secret = ber.tlv(ber.OCTETS, keys.encrypt(scoped, engine.boots, engine.time, grain))
    return _sealed(head, speaker, secret, grain, keys)


def _sealed(head: bytes, speaker: bytes, secret: bytes, salt: bytes, keys: Keys) -> bytes:
    blank = bytes(keys.auth.digest_octets)
    tail = ber.tlv(ber.OCTETS, salt)
    security = ber.tlv(ber.SEQUENCE, speaker + ber.tlv(ber.OCTETS, blank) + tail)
    message = ber.tlv(ber.SEQUENCE, head + ber.tlv(ber.OCTETS, security) + secret)
    at = len(message) - len(secret) - len(tail) - len(blank)
    return message[:at] + keys.digest(message) + message[at + len(blank) :]


def check_time(mine: Engine, message: Engine) -> None:
    """What an authoritative engine asks of a message's boots and time (RFC 3414, 3.2, 7a)."""
    late = abs(message.time - mine.time) > WINDOW_S
    if mine.boots == LAST_BOOTS or message.boots != mine.boots or late:
        raise NotInTimeWindow("the message's boots or time are not those of this engine")


def check_fresh(known: Engine, message: Engine) -> None:
    """What the other end asks (7b): not from before the last boot, nor older than the window."""
    old = message.boots == known.boots and message.time < known.time - WINDOW_S
    if known.boots == LAST_BOOTS or message.boots < known.boots or old:
        raise NotInTimeWindow("the answer is older than what this engine said before")
