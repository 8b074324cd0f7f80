"""One question to a name server, and the serial in its answer (RFC 1035 4): the proof that a zone is served.

The name server's own word over its control socket would not do: what residents are told comes over this way.
"""

import secrets
import socket
import struct

from lab.names.endpoint import Endpoint
from lab.net.kernel import inside
from lab.net.machine import ROOT

_SOA, _IN, _UDP_LARGEST = 6, 1, 4096
_HEADER = struct.Struct("!6H")
_AUTHORITATIVE, _ERROR = 0x0400, 0x000F
_POINTER = 0xC0


def serial(endpoint: Endpoint, zone: str, patience_s: float = 1.0) -> int | None:
    """The serial with which `zone` is served there, authoritatively; None where it is not."""
    number = secrets.randbelow(1 << 16)
    datagram = _asked(endpoint, question(number, zone), patience_s)
    return None if datagram is None else answer(datagram, number)


def answers(endpoint: Endpoint, patience_s: float = 1.0) -> bool:
    """Whether anybody answers there at all, whatever it is."""
    return _asked(endpoint, question(0, "."), patience_s) is not None


def _asked(endpoint: Endpoint, datagram: bytes, patience_s: float) -> bytes | None:
    try:
        with inside(endpoint.namespace or ROOT):
            client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    except OSError:  # there is no such namespace just now
        return None
    with client:
        client.settimeout(patience_s)
        try:
            client.connect((str(endpoint.address), endpoint.port))
            client.send(datagram)
            return client.recv(_UDP_LARGEST)
        except OSError:
            return None


def question(number: int, zone: str) -> bytes:
    labels = b"".join(bytes([len(label)]) + label.encode("ascii") for label in zone.split(".") if label)
    return _HEADER.pack(number, 0, 1, 0, 0, 0) + labels + b"\0" + struct.pack("!2H", _SOA, _IN)


def answer(datagram: bytes, number: int) -> int | None:
    """The serial of the first answer, where it is an authoritative SOA to our question; None else."""
    try:
        got, flags, _, answers, _, _ = _HEADER.unpack_from(datagram)
        if got != number or flags & _ERROR or not flags & _AUTHORITATIVE or not answers:
            return None
        at = _after_name(datagram, _after_name(datagram, _HEADER.size) + 4)
        kind, _, _, _ = struct.unpack_from("!2HIH", datagram, at)
        if kind != _SOA:
            return None
        at = _after_name(datagram, _after_name(datagram, at + 10))
        return int(struct.unpack_from("!I", datagram, at)[0])
    except (struct.error, IndexError):
        return None


def _after_name(datagram: bytes, at: int) -> int:
    """Where a name that begins at `at` ends; it may end in a pointer (RFC 1035 4.1.4)."""
    while length := datagram[at]:
        if length & _POINTER == _POINTER:
            return at + 2
        at += 1 + length
    return at + 1
