"""One question for the addresses of a name, with how long each may be kept (RFC 1035, 4.1; over UDP).

Whoever measures when resolvers follow asks each server itself, and wants to know for how long it would be believed.
"""

import socket
import struct
from dataclasses import dataclass
from ipaddress import IPv4Address
from secrets import randbits

_HEADER, _RECORD = struct.Struct("!6H"), struct.Struct("!2HIH")
_A, _IN, _RECURSION_WANTED, _IS_ANSWER, _NO_ERROR, _NO_SUCH_NAME = 1, 1, 0x0100, 0x8000, 0, 3
_POINTER = 0xC0
_LARGEST = 4096


class NoAnswer(Exception):  # noqa: N818 - a sentence with its subject: "no answer came"
    """A server said nothing, or nothing that is an answer to what was asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """`ttl_s` is the shortest of the records', 0 where there is none."""

    values: tuple[str, ...]
    ttl_s: int


def ask(server: tuple[str, int], name: str, timeout_s: float = 2.0) -> Addresses:
    """The A records of a name; none where it does not exist. Raises NoAnswer."""
    number = randbits(16)
    question = _question(name, number)
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
            line.settimeout(timeout_s)
            line.connect(server)
            line.send(question)
            message = line.recv(_LARGEST)
            while message[:2] != question[:2]:
                message = line.recv(_LARGEST)
    except OSError as error:
        raise NoAnswer(str(error) or type(error).__name__) from error
    try:
        return _answer(question, message)
    except (struct.error, IndexError, ValueError) as nonsense:
        raise NoAnswer(f"it answers nonsense ({nonsense})") from nonsense


def _question(name: str, number: int) -> bytes:
    labels = [label.encode("ascii") for label in name.rstrip(".").split(".")]
    written = b"".join(bytes([len(label)]) + label for label in labels) + b"\0"
    return _HEADER.pack(number, _RECURSION_WANTED, 1, 0, 0, 0) + written + struct.pack("!2H", _A, _IN)


def _answer(question: bytes, message: bytes) -> Addresses:
    _, flags, _, count, _, _ = _HEADER.unpack_from(message)
    if not flags & _IS_ANSWER or flags & 0xF not in {_NO_ERROR, _NO_SUCH_NAME}:
        raise NoAnswer(f"it answers with code {flags & 0xF}")
    found, at = list[tuple[str, int]](), len(question)
    for _ in range(count):
        at = _past_name(message, at)
        kind, klass, ttl, length = _RECORD.unpack_from(message, at)
        at += _RECORD.size
        if (kind, klass) == (_A, _IN):
            found.append((str(IPv4Address(message[at : at + length])), ttl))
        at += length
    return Addresses(values=tuple(sorted(one for one, _ in found)), ttl_s=min((ttl for _, ttl in found), default=0))


def _past_name(message: bytes, at: int) -> int:
    while length := message[at]:
        if length & _POINTER == _POINTER:
            return at + 2
        at += 1 + length
    return at + 1
