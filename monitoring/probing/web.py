"""What a web server answers to one GET (RFC 9110, RFC 9112): status, expected text; no redirection is followed."""

import re
from dataclasses import dataclass

from city.load.kinds import PORT, TEXT, Kind, Unreadable, whole
from city.load.record import Record
from monitoring.probing.failure import Failed, Failure
from monitoring.probing.names import addresses
from monitoring.probing.probe import Good
from monitoring.probing.trip import Address, Trip
from monitoring.probing.wire import Wire, connected

_MOST_HEADERS = 100
_STATUS = re.compile(rb"HTTP/1\.[01] ([1-5][0-9][0-9])(?: (.*))?")
_SIZE = re.compile(rb"([0-9A-Fa-f]{1,8})\s*(?:;.*)?")
_PATH = re.compile(r"/[!-~]{0,400}")
_INFORMATIONAL, _OK = 200, 200
_STATUS_CODE = whole(200, 599)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """`expect` are the statuses that are good, `text` what the body has to hold."""

    path: str
    port: int
    expect: tuple[int, ...] = (_OK,)
    text: str = ""


def _path(text: str) -> str:
    if not _PATH.fullmatch(text):
        raise Unreadable(f"{text[:60]!r} is no path", "Write one that begins with /, as in `/healthz`.")
    return text


PATH = Kind(_path, "/")


def read(record: Record, key: str, port: int) -> Page:
    """`https: /healthz, expect: 200, text: ready, port: 443`."""
    return Page(
        path=record.get(key, PATH),
        port=record.get("port", PORT, default=port),
        expect=record.list("expect", _STATUS_CODE) or (_OK,),
        text=record.get("text", TEXT, default=""),
    )


async def get(page: Page, trip: Trip, *, tls: bool) -> Good:
    servers = [Address(address, page.port) for address in await addresses(trip)]
    async with connected(trip, *servers) as wire:
        chain = await wire.start_tls(trip.host) if tls else ""
        wire.send(_request(page, trip.host, tls=tls))
        status, reason = await _status(wire)
        headers = await _headers(wire)
        told = f"HTTP {status} {reason}".strip()
        if status not in page.expect:
            raise Failed(Failure.WRONG_ANSWER, told)
        if page.text and page.text.encode() not in await _body(wire, headers):
            raise Failed(Failure.WRONG_ANSWER, f"{told} without the text {page.text!r}")
        return Good("; ".join(filter(None, (f"{told} from {wire.address}", chain))))


def _request(page: Page, host: str, *, tls: bool) -> bytes:
    usual = page.port == (443 if tls else 80)
    named = host if usual else f"{host}:{page.port}"
    lines = (
        f"GET {page.path} HTTP/1.1",
        f"Host: {named}",
        "User-Agent: asty",
        "Accept: */*",
        "Accept-Encoding: identity",
        "Connection: close",
    )
    return "\r\n".join((*lines, "", "")).encode("ascii")


async def _status(wire: Wire) -> tuple[int, str]:
    """Of the final answer: what comes before it (RFC 9110, 15.2) is left aside."""
    for _ in range(_MOST_HEADERS):
        line = await wire.line()
        found = _STATUS.fullmatch(line)
        if found is None:
            raise Failed(Failure.WRONG_ANSWER, f"no HTTP: {_shown(line)}")
        if int(found[1]) >= _INFORMATIONAL:
            return int(found[1]), _shown(found[2] or b"")
        await _headers(wire)
    raise Failed(Failure.WRONG_ANSWER, "no final status")


async def _headers(wire: Wire) -> dict[bytes, bytes]:
    headers: dict[bytes, bytes] = {}
    for _ in range(_MOST_HEADERS):
        line = await wire.line()
        if not line:
            return headers
        name, _, value = line.partition(b":")
        headers[name.strip().lower()] = value.strip().lower()
    raise Failed(Failure.WRONG_ANSWER, f"more than {_MOST_HEADERS} headers")


async def _body(wire: Wire, headers: dict[bytes, bytes]) -> bytes:
    if headers.get(b"transfer-encoding", b"") == b"chunked":
        return await _chunks(wire)
    length = headers.get(b"content-length", b"")
    if length.isdigit():
        return await wire.exactly(int(length[:10]))
    return await _rest(wire)


async def _rest(wire: Wire) -> bytes:
    body = b""
    while some := await wire.some():
        body += some
    return body


async def _chunks(wire: Wire) -> bytes:
    body = b""
    while True:
        size = _SIZE.fullmatch(await wire.line())
        if size is None:
            raise Failed(Failure.WRONG_ANSWER, "a chunk without its size")
        if not int(size[1], 16):
            return body
        body += await wire.exactly(int(size[1], 16))
        await wire.line()


def _shown(data: bytes) -> str:
    text = data[:60].decode("ascii", errors="replace")
    return "".join(letter if letter.isprintable() else "?" for letter in text)
