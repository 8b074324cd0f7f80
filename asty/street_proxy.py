"""A way into the street for a browser: a proxy for HTTPS (RFC 9110, 9.3.6) on a socket that somebody else opened.

`python -m asty.street_proxy ADDRESS:PORT...` stands where it is started, listens on the socket that it has as standard
input, and asks these resolvers for names, in order. As root it becomes nobody before it takes a connection.

What passes is not looked into: TLS is between the browser and the service, whose certificate the browser checks.
"""

import asyncio
import contextlib
import os
import re
import socket
import sys
from collections.abc import AsyncIterator, Sequence
from ipaddress import IPv4Address

from drs.outside.dns import NoAnswer, ask

NOBODY = 65_534
_LARGEST = 16 * 1024
_PATIENCE_S = 10.0
_PIECE = 64 * 1024
_REQUEST = re.compile(rb"CONNECT ([A-Za-z0-9.-]{1,253}):([0-9]{1,5}) HTTP/1\.[01]\r\n")
Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Resolver = tuple[str, int]


class Refused(Exception):  # noqa: N818 - a sentence with its subject
    """Why no way is opened; `code` is HTTP's."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code


async def serve(listening: socket.socket, resolvers: Sequence[Resolver]) -> None:
    """Lead each client to the name that it wants, as the resolvers have it, until somebody cancels it."""
    clients = set[asyncio.Task[None]]()

    async def lead(*client: asyncio.StreamReader | asyncio.StreamWriter) -> None:
        task = asyncio.create_task(_lead(client, resolvers))  # type: ignore[arg-type]  # a reader and its writer
        clients.add(task)
        task.add_done_callback(clients.discard)

    server = await asyncio.start_server(lead, sock=listening, limit=_LARGEST)
    try:
        await server.serve_forever()
    finally:
        for task in clients:
            task.cancel()
        await asyncio.gather(*clients, return_exceptions=True)


async def _lead(client: Line, resolvers: Sequence[Resolver]) -> None:
    async with _closing(client):
        try:
            async with asyncio.timeout(2 * _PATIENCE_S):
                there = await _opened(client[0], resolvers)
        except Refused as refused:
            await _say(client, refused.code, f"{refused}\n")
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError):
            return
        else:
            async with _closing(there):
                client[1].write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                await asyncio.gather(_carry(client, there), _carry(there, client))


@contextlib.asynccontextmanager
async def _closing(line: Line) -> AsyncIterator[None]:
    """A line that breaks is no event: whoever stands at its other end sees it."""
    with contextlib.suppress(OSError):
        try:
            yield
        finally:
            line[1].close()
            await line[1].wait_closed()


async def _opened(reader: asyncio.StreamReader, resolvers: Sequence[Resolver]) -> Line:
    asked = _REQUEST.match(await reader.readuntil(b"\r\n\r\n"))
    if asked is None:
        raise Refused("501 Not Implemented", "this way leads to https:// alone")
    name, port = asked[1].decode(), int(asked[2])
    address = await asyncio.to_thread(_resolved, name, resolvers)
    try:
        return await asyncio.wait_for(asyncio.open_connection(address, port), _PATIENCE_S)
    except (OSError, OverflowError, TimeoutError) as error:
        reason = f"{name} ({address}) port {port} does not answer: {error or 'in time'}"
        raise Refused("504 Gateway Timeout", reason) from error


def _resolved(name: str, resolvers: Sequence[Resolver]) -> str:
    """Of several addresses the first one."""
    with contextlib.suppress(ValueError):
        return str(IPv4Address(name))
    reason = "no resolver is known"
    for resolver in resolvers:
        try:
            found = ask(resolver, name)
        except (NoAnswer, UnicodeError) as error:
            reason = f"the resolver {resolver[0]} does not answer ({error})"
            continue
        if found.values:
            return found.values[0]
        raise Refused("502 Bad Gateway", f"there is no {name}")
    raise Refused("502 Bad Gateway", f"{name} was not found: {reason}")


async def _carry(source: Line, goal: Line) -> None:
    """Until one side says its last word."""
    with contextlib.suppress(OSError):
        while piece := await source[0].read(_PIECE):
            goal[1].write(piece)
            await goal[1].drain()
    goal[1].close()


async def _say(client: Line, code: str, text: str) -> None:
    head = f"HTTP/1.1 {code}\r\nContent-Type: text/plain\r\nContent-Length: {len(text.encode())}\r\n"
    client[1].write(f"{head}Connection: close\r\n\r\n{text}".encode())
    await client[1].drain()


def _become_nobody() -> None:
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)


def main(words: Sequence[str]) -> None:
    resolvers = [(address, int(port)) for address, _, port in (word.rpartition(":") for word in words)]
    with socket.socket(fileno=os.dup(0)) as listening, contextlib.suppress(KeyboardInterrupt):
        _become_nobody()
        asyncio.run(serve(listening, resolvers))


if __name__ == "__main__":
    main(sys.argv[1:])
