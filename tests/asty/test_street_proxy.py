"""A browser's way into the street: real connections, and a real process that stands where it is started."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from asty import street_proxy
from drs.outside.dns import Addresses, NoAnswer

SERVICE = "127.94.1.1"
FIRST, SECOND = ("127.94.1.53", 53), ("127.94.1.54", 53)
Asked = list[tuple[tuple[str, int], str]]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """What resolvers were asked: the first one is silent, the second one knows one name."""
    said: Asked = []

    def ask(server: tuple[str, int], name: str) -> Addresses:
        said.append((server, name))
        if server == FIRST:
            raise NoAnswer("timed out")
        return Addresses(values=(SERVICE,) if name == "www.example.test" else (), ttl_s=60)

    monkeypatch.setattr(street_proxy, "ask", ask)
    return said


@asynccontextmanager
async def proxy(*resolvers: tuple[str, int]) -> AsyncIterator[int]:
    listening = socket.create_server(("127.0.0.1", 0))
    serving = asyncio.create_task(street_proxy.serve(listening, resolvers or (FIRST, SECOND)))
    yield listening.getsockname()[1]
    serving.cancel()
    with suppress(asyncio.CancelledError):
        await serving


@asynccontextmanager
async def echo() -> AsyncIterator[int]:
    """A service that says everything back, and ends when its client has said all."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await reader.read(1024):
            writer.write(piece)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, SERVICE, 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def said(port: int, request: bytes) -> bytes:
    """All that comes back for a request, until the proxy closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        return await asyncio.wait_for(reader.read(), 20)
    finally:
        writer.close()


async def test_what_a_browser_and_a_service_say_passes_as_it_is(asked: Asked) -> None:
    async with echo() as there, proxy() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"CONNECT www.example.test:{there} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 200 Connection established\r\n\r\n"
        sent = os.urandom(100_000)
        writer.write(sent)
        assert await asyncio.wait_for(reader.readexactly(len(sent)), 20) == sent
        writer.close()
    assert asked == [(FIRST, "www.example.test"), (SECOND, "www.example.test")], "in order, until one answers"


async def test_an_address_is_asked_of_nobody(asked: Asked) -> None:
    async with echo() as there, proxy() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"CONNECT {SERVICE}:{there} HTTP/1.1\r\n\r\n".encode())
        assert (await reader.readline()).startswith(b"HTTP/1.1 200 ")
        writer.close()
    assert asked == []


@pytest.mark.parametrize(
    ("request_line", "code", "reason"),
    [
        ("GET http://www.example.test/ HTTP/1.1", "501", "this way leads to https:// alone"),
        ("CONNECT www.example.test HTTP/1.1", "501", "this way leads to https:// alone"),
        ("CONNECT nobody.example.test:443 HTTP/1.1", "502", "there is no nobody.example.test"),
        ("CONNECT a..b:443 HTTP/1.1", "502", "there is no a..b"),
        ("CONNECT www.example.test:1 HTTP/1.1", "504", f"www.example.test ({SERVICE}) port 1 does not answer"),
        ("CONNECT www.example.test:99999 HTTP/1.1", "504", f"www.example.test ({SERVICE}) port 99999 does not answer"),
    ],
)
@pytest.mark.usefixtures("asked")
async def test_what_leads_nowhere_is_told_with_the_reason(request_line: str, code: str, reason: str) -> None:
    async with proxy() as port:
        told = (await said(port, f"{request_line}\r\n\r\n".encode())).decode()
    assert told.startswith(f"HTTP/1.1 {code} ")
    assert reason in told.partition("\r\n\r\n")[2]


@pytest.mark.usefixtures("asked")
async def test_where_no_resolver_answers_the_last_one_is_named() -> None:
    async with proxy(FIRST) as port:
        told = await said(port, b"CONNECT www.example.test:443 HTTP/1.1\r\n\r\n")
    assert b"www.example.test was not found: the resolver 127.94.1.53 does not answer (timed out)" in told


async def test_whoever_says_too_much_or_goes_at_once_disturbs_nobody() -> None:
    async with echo() as there, proxy() as port:
        assert await said(port, b"CONNECT " + b"a" * 40_000) == b""
        _, gone = await asyncio.open_connection("127.0.0.1", port)
        gone.close()
        told = asyncio.create_task(said(port, f"CONNECT {SERVICE}:{there} HTTP/1.0\r\n\r\n".encode()))
        await asyncio.sleep(0.1)
        told.cancel()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"CONNECT {SERVICE}:{there} HTTP/1.1\r\n\r\n".encode())
        assert (await reader.readline()).startswith(b"HTTP/1.1 200 ")
        writer.close()


@pytest.mark.slow
def test_as_a_process_it_listens_on_the_socket_that_it_was_given_and_is_nobody() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening, socket.create_server((SERVICE, 0)) as service:
        command = (sys.executable, "-m", street_proxy.__name__, "127.94.1.53:53")
        with subprocess.Popen(command, stdin=listening.fileno()) as standing:
            with socket.create_connection(listening.getsockname(), 20) as client:
                client.sendall(f"CONNECT {SERVICE}:{service.getsockname()[1]} HTTP/1.1\r\n\r\n".encode())
                assert client.recv(99).startswith(b"HTTP/1.1 200 ")
                user = Path(f"/proc/{standing.pid}").stat().st_uid
            standing.send_signal(signal.SIGTERM)
    assert user == (street_proxy.NOBODY if os.geteuid() == 0 else os.geteuid())
