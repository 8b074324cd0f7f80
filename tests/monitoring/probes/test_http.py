import asyncio
from pathlib import Path

import pytest

from monitoring.probing.failure import Failure
from monitoring.probing.wire import MOST_OCTETS
from tests.monitoring.asked import asked
from tests.monitoring.paper_servers import LOOPBACK, Reader, Writer, saying, serving

HEAD = b"HTTP/1.1 200 OK\r\nServer: x\r\n"


def page(declared: str, port: int) -> str:
    return f"{{http: /healthz, {declared}port: {port}}}"


@pytest.mark.parametrize(
    ("declared", "answer", "failure"),
    [
        ("", HEAD + b"\r\n", None),
        ("", b"HTTP/1.0 200\r\n\r\n", None),
        ("", b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + HEAD + b"\r\n", None),
        ("", b"HTTP/1.1 503 Service Unavailable\r\n\r\n", Failure.WRONG_ANSWER),
        ("", b"HTTP/1.1 301 Moved\r\nLocation: /\r\n\r\n", Failure.WRONG_ANSWER),
        ("expect: [200, 301], ", b"HTTP/1.1 301 Moved\r\nLocation: /\r\n\r\n", None),
        ("text: ready, ", HEAD + b"Content-Length: 6\r\n\r\nready!", None),
        ("text: ready, ", HEAD + b"Content-Length: 5\r\n\r\nready and waiting", None),
        ("text: ready, ", HEAD + b"Content-Length: 4\r\n\r\nready", Failure.WRONG_ANSWER),
        ("text: ready, ", HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\nrea\r\n2;x=y\r\ndy\r\n0\r\n\r\n", None),
        ("text: ready, ", HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nready\r\n0\r\n\r\n", Failure.WRONG_ANSWER),
        ("text: ready, ", HEAD + b"Content-Length: 999999999999\r\n\r\nready", Failure.WRONG_ANSWER),
        ("", b"SSH-2.0-OpenSSH_9.2\r\n", Failure.WRONG_ANSWER),
        ("", b"\x00\xff" * 9 + b"\n", Failure.WRONG_ANSWER),
        ("", b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n", Failure.WRONG_ANSWER),
        ("", b"HTTP/1.1 200 OK\r\nX: " + b"y" * 20_000 + b"\r\n\r\n", Failure.WRONG_ANSWER),
        ("", b"HTTP/1.1 100 Continue\r\n\r\n" * 200, Failure.WRONG_ANSWER),
    ],
)
async def test_what_a_web_server_says_is_good_or_the_cause(
    tmp_path: Path, declared: str, answer: bytes, failure: Failure | None
) -> None:
    async with saying(b"", answer) as port:
        found = await asked(tmp_path, page(declared, port))
    assert (found.failure, found.heard) == (failure, True), found.detail


async def test_the_request_names_the_host_and_asks_for_a_body_as_it_is(tmp_path: Path) -> None:
    heard: list[bytes] = []

    async def serve(reader: Reader, writer: Writer) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(HEAD + b"\r\n")
        await writer.drain()

    async with serving(serve) as port:
        found = await asked(tmp_path, page("", port))
    assert found.failure is None
    assert heard[0].startswith(b"GET /healthz HTTP/1.1\r\n")
    assert f"\r\nHost: {LOOPBACK}:{port}\r\n".encode() in heard[0]
    assert b"\r\nAccept-Encoding: identity\r\n" in heard[0]


@pytest.mark.slow
@pytest.mark.parametrize("text", ["", "text: ready, "])
async def test_a_server_that_sends_one_octet_at_a_time_is_cut_at_the_deadline(tmp_path: Path, text: str) -> None:
    async def serve(reader: Reader, writer: Writer) -> None:
        await reader.readuntil(b"\r\n\r\n")
        for octet in (b"" if not text else HEAD + b"\r\n") + b"H" * 1000:
            writer.write(bytes([octet]))
            await asyncio.sleep(0.01)

    async with serving(serve) as port:
        found = await asked(tmp_path, page(text, port), deadline_s=2)
    assert (found.failure, found.heard) == (Failure.NO_ANSWER, True)


async def test_a_body_without_an_end_costs_no_more_than_its_bound(tmp_path: Path) -> None:
    sent = 0

    async def serve(reader: Reader, writer: Writer) -> None:
        nonlocal sent
        await reader.readuntil(b"\r\n\r\n")
        writer.write(HEAD + b"\r\n")
        while True:
            writer.write(b"not yet " * 1000)
            await writer.drain()
            sent += 8000

    async with serving(serve) as port:
        found = await asked(tmp_path, page("text: ready, ", port))
    assert found.failure is Failure.WRONG_ANSWER
    assert f"more than {MOST_OCTETS} octets" in found.detail
    assert sent < 64 * MOST_OCTETS


async def test_a_server_that_ends_the_connection_in_the_middle_is_told_so(tmp_path: Path) -> None:
    async def serve(reader: Reader, writer: Writer) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 O")
        await writer.drain()

    async with serving(serve) as port:
        found = await asked(tmp_path, page("", port))
    assert (found.failure, found.heard) == (Failure.CUT_OFF, True)
