"""Small servers on loopback that do what a test tells them, in the test's own loop."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import TypeAlias, cast

Reader: TypeAlias = asyncio.StreamReader
Writer: TypeAlias = asyncio.StreamWriter
Serve = Callable[[Reader, Writer], Awaitable[None]]
LOOPBACK = "127.0.0.1"


@asynccontextmanager
async def serving(serve: Serve, tls: ssl.SSLContext | None = None, port: int = 0) -> AsyncIterator[int]:
    """The port, a free one where 0; each connection is given to `serve`, and closed after it. All end with the test."""
    open_now: set[asyncio.Task[None]] = set()

    async def connection(reader: Reader, writer: Writer) -> None:
        task = asyncio.current_task()
        assert task is not None
        open_now.add(task)
        with suppress(OSError, EOFError, asyncio.CancelledError, ssl.SSLError):
            await serve(reader, writer)
        open_now.discard(task)
        writer.transport.abort()

    server = await asyncio.start_server(connection, LOOPBACK, port, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in open_now:
            task.cancel()
        await asyncio.gather(*open_now, return_exceptions=True)
        await asyncio.sleep(0)


@asynccontextmanager
async def saying(*answers: bytes) -> AsyncIterator[int]:
    """Sends the first of these at once, each other after something came."""

    async def serve(reader: Reader, writer: Writer) -> None:
        for place, answer in enumerate(answers):
            if place:
                await reader.read(1 << 16)
            writer.write(answer)
            await writer.drain()
        await reader.read(1 << 16)

    async with serving(serve) as port:
        yield port


Reply = Callable[[bytes], list[bytes]]


class _Answering(asyncio.DatagramProtocol):
    def __init__(self, reply: Reply) -> None:
        self._reply = reply
        self.asked: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: object) -> None:
        self.asked.append(data)
        for answer in self._reply(data):
            self._transport.sendto(answer, addr)  # type: ignore[arg-type]  # as it came


@asynccontextmanager
async def answering(reply: Reply, port: int = 0) -> AsyncIterator[tuple[int, list[bytes]]]:
    """A UDP port, a free one where 0, that answers with what `reply` makes of a datagram; and what came so far."""
    transport, protocol = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: _Answering(reply), local_addr=(LOOPBACK, port)
    )
    try:
        yield transport.get_extra_info("sockname")[1], protocol.asked
    finally:
        transport.abort()
        await asyncio.sleep(0)


def name_server(addresses: dict[str, str]) -> Reply:
    """Knows these names' addresses and no other (RFC 1035, 4.1): as resolvers write it, the name by a pointer."""

    def reply(question: bytes) -> list[bytes]:
        name, at = [], 12
        while length := question[at]:
            name.append(question[at + 1 : at + 1 + length].decode())
            at += 1 + length
        asked, address = question[12 : at + 5], addresses.get(".".join(name).lower())
        if address is None:
            return [question[:2] + bytes.fromhex("81830001000000000000") + asked]
        record = bytes.fromhex("c00c00010001000000050004") + bytes(map(int, address.split(".")))
        return [question[:2] + bytes.fromhex("81800001000100000000") + asked + record]

    return reply
