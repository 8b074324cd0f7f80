"""A database that answers a query: `{postgresql: registry, user: probe, password: file:/etc/asty/db, recovery: false}`.

PostgreSQL's protocol 3.0 over TLS, unless `tls: false`. The query asks whether the server is in recovery; where
`recovery` is declared, its answer has to be that: true for a standby, false for the one that takes writes.
"""

from dataclasses import dataclass

from city.load.kinds import PORT, SECRET_REF, TEXT, TRUTH
from city.load.record import Record
from monitoring.probing.credentials import secret
from monitoring.probing.failure import Failed, Failure
from monitoring.probing.names import addresses
from monitoring.probing.probe import Good, Probe
from monitoring.probing.scram import Scram
from monitoring.probing.trip import Address, Trip
from monitoring.probing.wire import Wire, connected

_PROTOCOL, _WANTS_TLS = 196_608, 80_877_103
_QUERY = b"select pg_is_in_recovery()\0"
_MOST_MESSAGES = 200
_OK, _CLEARTEXT, _SASL, _SASL_CONTINUE, _SASL_FINAL = 0, 3, 10, 11, 12
_REFUSED = (b"C28", b"C3D")
"""SQLSTATE classes of a login that is refused, and of a database that is not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """`password` says where it is kept, empty for a user that needs none; `recovery` is true, false or any."""

    database: str
    user: str
    port: int = 5432
    password: str = ""
    tls: bool = True
    recovery: str = "any"


def read(record: Record) -> Database:
    recovery = record.get("recovery", TRUTH) if record.has("recovery") else None
    return Database(
        database=record.get("postgresql", TEXT),
        user=record.get("user", TEXT),
        port=record.get("port", PORT, default=5432),
        password=str(record.get("password", SECRET_REF)) if record.has("password") else "",
        tls=record.get("tls", TRUTH, default=True),
        recovery="any" if recovery is None else str(recovery).lower(),
    )


async def ask(wanted: Database, trip: Trip) -> Good:
    servers = [Address(address, wanted.port) for address in await addresses(trip)]
    async with connected(trip, *servers) as wire:
        chain = await _start_tls(wire, trip.host) if wanted.tls else ""
        wire.send(_startup(wanted))
        await _let_in(wire, wanted)
        in_recovery = await _query(wire)
        wire.send(b"X" + (4).to_bytes(4))
        told = "in recovery" if in_recovery == "true" else "takes writes"
        if wanted.recovery not in {"any", in_recovery}:
            raise Failed(Failure.WRONG_ANSWER, told)
        return Good("; ".join(filter(None, (f"PostgreSQL at {wire.address} {told}", chain))))


async def _start_tls(wire: Wire, name: str) -> str:
    wire.send((8).to_bytes(4) + _WANTS_TLS.to_bytes(4))
    if await wire.exactly(1) != b"S":
        raise Failed(Failure.NO_TLS, "it does not offer TLS")
    return await wire.start_tls(name)


def _startup(wanted: Database) -> bytes:
    pairs = (b"user", wanted.user.encode(), b"database", wanted.database.encode(), b"application_name", b"asty", b"")
    body = _PROTOCOL.to_bytes(4) + b"".join(part + b"\0" for part in pairs)
    return (4 + len(body)).to_bytes(4) + body


def _message(kind: bytes, body: bytes) -> bytes:
    return kind + (4 + len(body)).to_bytes(4) + body


async def _next(wire: Wire) -> tuple[bytes, bytes]:
    """The next message, notices left aside. Raises Failed for an error of the server's."""
    for _ in range(_MOST_MESSAGES):
        head = await wire.exactly(5)
        kind, length = head[:1], int.from_bytes(head[1:])
        if length < 4:  # noqa: PLR2004 - the length counts itself
            raise Failed(Failure.WRONG_ANSWER, "no PostgreSQL")
        body = await wire.exactly(length - 4)
        if kind == b"E":
            raise _refusal(body)
        if kind not in {b"N", b"S"}:
            return kind, body
    raise Failed(Failure.WRONG_ANSWER, "notices without an end")


def _refusal(body: bytes) -> Failed:
    fields = body.split(b"\0")
    said = next((field[1:] for field in fields if field[:1] == b"M"), b"").decode(errors="replace")
    refused = any(field.startswith(_REFUSED) for field in fields)
    return Failed(Failure.NOT_LET_IN if refused else Failure.WRONG_ANSWER, said[:120])


async def _let_in(wire: Wire, wanted: Database) -> None:
    """Until it is ready for a query."""
    scram: Scram | None = None
    for _ in range(_MOST_MESSAGES):
        kind, body = await _next(wire)
        if kind == b"Z":
            return
        if kind != b"R":
            continue
        code, data = int.from_bytes(body[:4]), body[4:]
        if code == _SASL and b"SCRAM-SHA-256" in data.split(b"\0"):
            scram = Scram(_password(wanted))
            first = scram.first()
            wire.send(_message(b"p", b"SCRAM-SHA-256\0" + len(first).to_bytes(4) + first))
        elif code == _SASL_CONTINUE and scram is not None:
            wire.send(_message(b"p", scram.final(data)))
        elif code == _SASL_FINAL and scram is not None:
            scram.check(data)
        elif code == _CLEARTEXT and wanted.tls:
            wire.send(_message(b"p", _password(wanted) + b"\0"))
        elif code != _OK:
            raise Failed(Failure.NOT_LET_IN, f"it asks for a login that the probe does not give ({code})")
    raise Failed(Failure.WRONG_ANSWER, "it is never ready for a query")


def _password(wanted: Database) -> bytes:
    if not wanted.password:
        raise Failed(Failure.NOT_LET_IN, "it asks for a password, and none is declared")
    return secret(wanted.password)


async def _query(wire: Wire) -> str:
    """`true` where the server is in recovery."""
    wire.send(_message(b"Q", _QUERY))
    answer = b""
    for _ in range(_MOST_MESSAGES):
        kind, body = await _next(wire)
        if kind == b"D":
            answer = body[6:7]
        if kind == b"Z" and answer in {b"t", b"f"}:
            return "true" if answer == b"t" else "false"
        if kind == b"Z":
            break
    raise Failed(Failure.WRONG_ANSWER, "no answer to the query")


PROBE = Probe(name="postgresql", protocol="tcp", spec=Database, read=read, ask=ask)
