"""A broker that takes a client (MQTT 3.1.1, 3.1 and 3.2): `{mqtt: 8883, user: probe, password: file:/etc/asty/mqtt}`.

Over TLS, unless `tls: false`. Nothing is published.
"""

from dataclasses import dataclass
from secrets import token_hex

from city.load.kinds import PORT, SECRET_REF, TEXT, TRUTH
from city.load.record import Record
from monitoring.probing.credentials import secret
from monitoring.probing.failure import Failed, Failure
from monitoring.probing.names import addresses
from monitoring.probing.probe import Good, Probe
from monitoring.probing.trip import Address, Trip
from monitoring.probing.wire import Wire, connected

_CONNECT, _CONNACK, _PINGREQ, _PINGRESP, _DISCONNECT = 0x10, 0x20, b"\xc0\0", b"\xd0\0", b"\xe0\0"
_CLEAN, _HAS_PASSWORD, _HAS_USER = 0x02, 0x40, 0x80
_LEVEL, _KEEP_ALIVE_S = 4, 30
_REFUSED = {1: "its protocol is another", 2: "it refuses the client's id", 3: "it is not available"}
_BAD_USER, _NOT_ALLOWED = 4, 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Broker:
    """`password` says where it is kept; both are empty for a client without a name."""

    port: int
    tls: bool = True
    user: str = ""
    password: str = ""


def read(record: Record) -> Broker:
    return Broker(
        port=record.get("mqtt", PORT),
        tls=record.get("tls", TRUTH, default=True),
        user=record.get("user", TEXT, default=""),
        password=str(record.get("password", SECRET_REF)) if record.has("password") else "",
    )


async def ask(broker: Broker, trip: Trip) -> Good:
    hello = _connect(broker)
    servers = [Address(address, broker.port) for address in await addresses(trip)]
    async with connected(trip, *servers) as wire:
        chain = await wire.start_tls(trip.host) if broker.tls else ""
        wire.send(hello)
        await _accepted(wire)
        wire.send(_PINGREQ)
        if await wire.exactly(2) != _PINGRESP:
            raise Failed(Failure.WRONG_ANSWER, "no answer to a ping")
        wire.send(_DISCONNECT)
        return Good("; ".join(filter(None, (f"MQTT from {wire.address}", chain))))


def _connect(broker: Broker) -> bytes:
    flags = _CLEAN | (_HAS_USER if broker.user else 0) | (_HAS_PASSWORD if broker.password else 0)
    body = _text(b"MQTT") + bytes([_LEVEL, flags]) + _KEEP_ALIVE_S.to_bytes(2) + _text(b"asty-" + token_hex(8).encode())
    if broker.user:
        body += _text(broker.user.encode())
    if broker.password:
        body += _text(secret(broker.password))
    return bytes([_CONNECT]) + _length(len(body)) + body


def _text(data: bytes) -> bytes:
    return len(data).to_bytes(2) + data


def _length(octets: int) -> bytes:
    """MQTT 3.1.1, 2.2.3: seven bits an octet, the least first."""
    written = b""
    while True:
        octets, seven = divmod(octets, 128)
        written += bytes([seven | (0x80 if octets else 0)])
        if not octets:
            return written


async def _accepted(wire: Wire) -> None:
    kind, length, _, code = await wire.exactly(4)
    if (kind, length) != (_CONNACK, 2):
        raise Failed(Failure.WRONG_ANSWER, "no MQTT")
    if code in {_BAD_USER, _NOT_ALLOWED}:
        raise Failed(Failure.NOT_LET_IN)
    if code:
        raise Failed(Failure.WRONG_ANSWER, _REFUSED.get(code, f"it answers {code}"))


PROBE = Probe(name="mqtt", protocol="tcp", spec=Broker, read=read, ask=ask)
