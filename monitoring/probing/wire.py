"""One conversation over TCP, bounded in what it takes in; over TLS where it is asked to.

A server may send without end, one octet a second, or nothing. How much is taken in is bounded here; how long it takes
is bounded by whoever sets the deadline over everything.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from monitoring.probing import trust
from monitoring.probing.failure import Failed, Failure
from monitoring.probing.trip import Address, Trip, unasked

MOST_OCTETS = 1 << 18
LONGEST_LINE = 1 << 13


class Wire:
    """Raises Failed for whatever goes wrong."""

    def __init__(self, trip: Trip, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._trip, self._reader, self._writer = trip, reader, writer
        self._taken = 0

    @property
    def address(self) -> str:
        """Whom it speaks with."""
        return str((self._writer.get_extra_info("peername") or ("?",))[0])

    def send(self, data: bytes) -> None:
        self._writer.write(data)

    async def line(self) -> bytes:
        """Up to a line feed, without it and a carriage return before it."""
        try:
            line = await self._reader.readuntil(b"\n")
        except asyncio.LimitOverrunError as error:
            raise Failed(Failure.WRONG_ANSWER, "a line without an end") from error
        except asyncio.IncompleteReadError as error:
            raise Failed(Failure.CUT_OFF) from error
        except OSError as error:
            raise unasked(error) from error
        return self._counted(line).removesuffix(b"\n").removesuffix(b"\r")

    async def exactly(self, octets: int) -> bytes:
        if self._taken + octets > MOST_OCTETS:
            raise Failed(Failure.WRONG_ANSWER, f"it announces {octets} octets")
        try:
            return self._counted(await self._reader.readexactly(octets))
        except asyncio.IncompleteReadError as error:
            raise Failed(Failure.CUT_OFF) from error
        except OSError as error:
            raise unasked(error) from error

    async def some(self) -> bytes:
        """What comes next, of any length; empty at the end."""
        try:
            return self._counted(await self._reader.read(LONGEST_LINE))
        except OSError as error:
            raise unasked(error) from error

    async def start_tls(self, name: str) -> str:
        """From now on over TLS with the server of this name; the chain's subject, issuer and days, as evidence."""
        self._trip.late = Failure.NO_TLS
        context = trust.context(self._trip.way.trust)
        try:
            await self._writer.start_tls(context, server_hostname=name)
        except ssl.SSLCertVerificationError as error:
            raise trust.failed(error) from error
        except ssl.SSLError as error:
            raise Failed(Failure.NO_TLS, error.reason or "") from error
        except (OSError, EOFError) as error:
            raise Failed(Failure.CUT_OFF, "in the middle of TLS") from error
        self._trip.late = Failure.NO_ANSWER
        chain = trust.chain(self._writer.get_extra_info("ssl_object"))
        self._trip.certificate_ends = chain.ends.timestamp()
        return chain.evidence

    def _counted(self, data: bytes) -> bytes:
        self._taken += len(data)
        if self._taken > MOST_OCTETS:
            raise Failed(Failure.WRONG_ANSWER, f"more than {MOST_OCTETS} octets")
        return data

    def abort(self) -> None:
        self._writer.transport.abort()


@asynccontextmanager
async def connected(trip: Trip, *servers: Address) -> AsyncIterator[Wire]:
    """A conversation with the first of these that takes one, aborted at the end. Raises Failed."""
    reader, writer = await _open(trip, servers)
    wire = Wire(trip, reader, writer)
    try:
        yield wire
    finally:
        wire.abort()


async def _open(trip: Trip, servers: Sequence[Address]) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    is_for_a_name = trip.late is Failure.NO_RESOLVER
    said = Failed(Failure.NO_NAME)
    for server in servers:
        try:
            found = await asyncio.open_connection(server.host, server.port, local_addr=trip.local, limit=LONGEST_LINE)
        except OSError as error:
            said = unasked(error)
            trip.heard |= said.failure in {Failure.REFUSED, Failure.CUT_OFF}
            continue
        trip.heard = True
        if not is_for_a_name:
            trip.late = Failure.NO_ANSWER
        return found
    raise said
